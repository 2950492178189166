// Reads texts, with the prompts they ask for, from JSON lines.
//
// Thread-safety: thread-compatible. Errors: kInvalidArgument for a malformed line, with its number;
// files as LineReader says.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "colvec/error.h"

namespace colvec {

struct TextLine {
  std::string text;
  std::string prompt_name;  // "" where the line names none.
  std::string where;        // "FILE: line 3".
};

// A bound on what is in memory at once.
struct TextWindow {
  std::size_t rows_max = 8192;
  std::size_t bytes_max = 32u << 20;  // Of the texts; a single text may be longer.
};

class TextLines {
 public:
  static Result<TextLines> open(const std::string& path);

  // The next texts; empty at the end.
  Result<std::vector<TextLine>> next(const TextWindow& window);

 private:
  explicit TextLines(LineReader reader) : reader_(std::move(reader)) {}

  LineReader reader_;
};

}  // namespace colvec
