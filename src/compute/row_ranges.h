// Cuts the rows of a matrix among threads.
//
// Thread-safety: thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/parallel.h"

namespace colvec {

// Calls body(begin, end) for ranges of rows that together are [0, rows), in parallel where that
// pays: a piece of less than 64 KiB is done before another core has woken up.
template <typename Body>
void for_row_ranges(std::size_t rows, std::size_t cols, Body body) {
  constexpr std::size_t kPieceFloats = 16 * 1024;
  const std::size_t piece = std::max<std::size_t>(1, kPieceFloats / std::max<std::size_t>(1, cols));
  if (rows <= piece) return body(std::size_t{0}, rows);
  parallel_for((rows + piece - 1) / piece,
               [&](std::size_t i) { body(i * piece, std::min(rows, (i + 1) * piece)); });
}

}  // namespace colvec
