// Some rows on their way through the pipeline: what is to be done with each, and the texts to
// embed.
//
// A window is cut from a chunk of the input, sorted into rows to embed, to reuse and to leave out
// (sort_rows), filled with vectors (by the encoder), and judged (judge_rows): issues that only the
// encoder can see. Its memory is bounded by the cut.
//
// Thread-safety: thread-compatible; a window belongs to one stage at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/table_job.h"
#include "duck/chunk.h"
#include "job/recent_texts.h"

namespace colvec {

// Something to report about a row; the columns of the table of issues.
struct RowIssue {
  std::uint32_t row = 0;  // In the window.
  std::string_view kind;  // "null", "empty", "truncated", "repaired_utf8", "bad_vector".
  std::string text_hash;  // Of the raw bytes; empty for NULL.
  std::string detail;
  Policy policy = Policy::kKeep;
};

enum class RowAction { kWrite, kWriteNull, kLeaveOut };

struct WindowRow {
  std::uint32_t chunk_row = 0;
  RowAction action = RowAction::kWrite;
  bool changed = false;
  bool repaired = false;  // The text to write is not the raw one.
  VectorRef vector;       // For kWrite.
  std::string_view text;  // As embedded and written; for kWrite.
};

struct Window {
  std::shared_ptr<const DataChunk> chunk;  // Columns k0, ..., t, changed.
  std::size_t keys = 0;                    // Id columns; the text is column `keys`.
  std::vector<WindowRow> rows;
  std::vector<RowIssue> issues;
  std::deque<std::string> repaired;  // Texts after repair, for the views into them.

  std::vector<std::string_view> texts;     // Distinct ones, to embed.
  std::shared_ptr<WindowVectors> vectors;  // Of `texts`.
  bool is_encoded = true;                  // Whether the vectors are there.
  bool is_judged = false;                  // Whether it may be written.
  EncodeTimes times;
};

// The raw bytes of a row's text. REQUIRES: it is not NULL.
std::string_view raw_text(const Window& window, const WindowRow& row);

// How many rows of `chunk` from `begin` on make a window: up to about `bytes` of text, at least
// one.
std::size_t window_rows(const DataChunk& chunk, std::size_t text_column, std::size_t begin,
                        std::size_t bytes);

// Decides for rows [begin, begin + count) of the chunk: NULL and empty texts by the policies; texts
// that `recent` knows are reused, the others are listed to be embedded and made known.
void sort_rows(const TableJobConfig& config, bool text_is_blob, std::size_t begin,
               std::size_t count, std::size_t dimension, RecentTexts* recent, Window* window);

// After encoding: truncated texts and vectors with non-finite numbers, by the policies.
void judge_rows(const TableJobConfig& config, Window* window);

}  // namespace colvec
