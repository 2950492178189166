#include "job/window.h"

#include "base/float_vectors.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace colvec {
namespace {

// What a policy makes of a row that would have been written.
RowAction action_of(Policy policy, RowAction kept) {
  return policy == Policy::kKeep ? kept : RowAction::kLeaveOut;
}

void add_issue(std::string_view kind, std::string detail, Policy policy, std::size_t row,
               Window* window) {
  const WindowRow& subject = window->rows[row];
  const bool is_null = window->chunk->is_null(window->keys, subject.chunk_row);
  window->issues.push_back({.row = static_cast<std::uint32_t>(row),
                            .kind = kind,
                            .text_hash = is_null ? "" : text_hash(raw_text(*window, subject)),
                            .detail = std::move(detail),
                            .policy = policy});
}

// The text as it will be embedded: BLOBs are repaired where they are not UTF-8 (VARCHAR always is).
std::string_view usable_text(std::string_view raw, bool is_blob, WindowRow* row, Window* window) {
  if (!is_blob || is_valid_utf8(raw)) return raw;
  row->repaired = true;
  return window->repaired.emplace_back(repair_utf8(raw));
}

}  // namespace

std::string_view raw_text(const Window& window, const WindowRow& row) {
  return window.chunk->text(window.keys, row.chunk_row);
}

std::size_t window_rows(const DataChunk& chunk, std::size_t text_column, std::size_t begin,
                        std::size_t bytes) {
  std::size_t taken = 0;
  std::size_t row = begin;
  for (; row < chunk.rows() && taken < bytes; ++row)
    if (!chunk.is_null(text_column, row)) taken += chunk.text(text_column, row).size() + 1;
  return row - begin;
}

void sort_rows(const TableJobConfig& config, bool text_is_blob, std::size_t begin,
               std::size_t count, std::size_t dimension, RecentTexts* recent, Window* window) {
  auto vectors = std::make_shared<WindowVectors>();
  vectors->dimension = dimension;
  std::unordered_map<Hash128, std::size_t>
      here;  // Texts of this window, by their place in `texts`.
  std::vector<Hash128> hashes;
  window->rows.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    WindowRow& row = window->rows[i];
    row.chunk_row = static_cast<std::uint32_t>(begin + i);
    row.changed = window->chunk->boolean(window->keys + 1, row.chunk_row);
    if (window->chunk->is_null(window->keys, row.chunk_row)) {
      row.action = action_of(config.on_null, RowAction::kWriteNull);
      add_issue("null", "", config.on_null, i, window);
      continue;
    }
    const std::string_view raw = raw_text(*window, row);
    if (raw.empty()) {
      row.action = action_of(config.on_empty, RowAction::kWrite);
      add_issue("empty", "", config.on_empty, i, window);
      if (row.action == RowAction::kLeaveOut) continue;
    }
    row.text = usable_text(raw, text_is_blob, &row, window);
    if (row.repaired)
      add_issue("repaired_utf8", "invalid bytes became U+FFFD", Policy::kKeep, i, window);

    const Hash128 hash = fast_hash(row.text);
    if (const auto known = recent->find(hash)) {
      row.vector = *known;
      continue;
    }
    const auto [place, is_new] = here.emplace(hash, window->texts.size());
    if (is_new) {
      window->texts.push_back(row.text);
      hashes.push_back(hash);
    }
    row.vector = {vectors, place->second};
  }
  vectors->values.resize(window->texts.size() * dimension);
  vectors->reports.resize(window->texts.size());
  if (!hashes.empty()) recent->add(vectors, std::move(hashes));
  window->vectors = std::move(vectors);
}

void judge_rows(const TableJobConfig& config, Window* window) {
  for (std::size_t i = 0; i < window->rows.size(); ++i) {
    WindowRow& row = window->rows[i];
    if (row.action != RowAction::kWrite) continue;
    const TextReport& report = row.vector.vectors->reports[row.vector.index];
    if (report.truncated) {
      row.action = action_of(config.on_truncate, RowAction::kWrite);
      add_issue("truncated", "cut at " + std::to_string(report.token_count) + " tokens",
                config.on_truncate, i, window);
    }
    if (row.action == RowAction::kWrite && !is_finite(row.vector.vectors->row(row.vector.index))) {
      row.action = action_of(config.on_bad_vector, RowAction::kWrite);
      add_issue("bad_vector", "a number is not finite", config.on_bad_vector, i, window);
    }
  }
}

}  // namespace colvec
