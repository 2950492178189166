// Views of row-major matrices; the dimension words used in comments everywhere.
//
//   tokens     rows of a batch: all sequences end to end, no padding
//   sequences  texts of a batch
//   hidden     width of the residual stream
//   heads, head_dim   attention heads and their width
//
// Thread-safety: values; views own nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace colvec {

// A view of `rows` x `cols` elements; `stride` counts elements from one row to the next.
template <typename T>
struct MatView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;

  MatView() = default;
  MatView(T* d, std::size_t r, std::size_t c) : data(d), rows(r), cols(c), stride(c) {}
  MatView(T* d, std::size_t r, std::size_t c, std::size_t s)
      : data(d), rows(r), cols(c), stride(s) {}

  T* row(std::size_t r) const { return data + r * stride; }
  MatView row_range(std::size_t begin, std::size_t count) const {
    return {data + begin * stride, count, cols, stride};
  }
  // Columns [begin, begin + count) of every row.
  MatView columns(std::size_t begin, std::size_t count) const {
    return {data + begin, rows, count, stride};
  }
};

// Sequence i of a packed batch is rows [row_starts[i], row_starts[i + 1]); size() is sequences + 1.
using RowStarts = std::span<const std::uint32_t>;

// Whether each of these is larger than the one before, and below `end`.
inline bool is_rising_below(std::span<const std::uint32_t> rows, std::size_t end) {
  std::size_t least = 0;
  for (const std::uint32_t row : rows) {
    if (row < least || row >= end) return false;
    least = std::size_t{row} + 1;
  }
  return true;
}

}  // namespace colvec
