// Lets one job of this process write an output. Jobs of two processes are kept apart by DuckDB's
// own lock on the file, which does not hold between two databases of one process: each would write
// over what the other has committed.
//
// Thread-safety: take() is thread-safe; an OutputClaim is thread-compatible.
#pragma once

#include <filesystem>
#include <string>

#include "colvec/error.h"

namespace colvec {

class OutputClaim {
 public:
  // kIo: another job has it.
  static Result<OutputClaim> take(const std::filesystem::path& output);

  OutputClaim(OutputClaim&& other) noexcept;
  OutputClaim& operator=(OutputClaim&& other) noexcept;
  OutputClaim(const OutputClaim&) = delete;
  OutputClaim& operator=(const OutputClaim&) = delete;
  ~OutputClaim();

 private:
  explicit OutputClaim(std::string path) : path_(std::move(path)) {}

  std::string path_;  // Without links; empty once it was moved from.
};

}  // namespace colvec
