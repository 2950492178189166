// What the host works out for a pass on a GPU: which rows and queries the threads of a kernel take.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/backend.h"
#include "compute/cuda_table.h"

namespace colvec {

// Queries of an item (CudaAttention::item_queries): a block that takes many reads keys and values
// less often, but one with more than the sequence has works for nothing.
std::uint32_t attention_item_queries(RowStarts row_starts);
// The items of each sequence, of so many queries, and how many these are.
std::vector<CudaAttentionItem> attention_items(RowStarts row_starts, std::uint32_t item_queries);
std::size_t attention_item_count(RowStarts row_starts, std::uint32_t item_queries);

// For each token the row of the angles of its position; `first_rows` has that of each sequence.
std::vector<std::uint32_t> angle_rows(RowStarts row_starts,
                                      std::span<const std::uint32_t> first_rows);

// The rows that each expert gets, one expert after the other: row i of the gathered is row rows[i]
// of the batch, and slots[c] is where choice c went. Expert e has [begins[e], begins[e + 1]).
struct Dispatch {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> slots;
  std::vector<std::size_t> begins;
};
// `choices`: experts, `top` for each row. REQUIRES: each is below `experts`.
Dispatch dispatch_choices(std::span<const std::uint32_t> choices, std::size_t top,
                          std::size_t experts);

}  // namespace colvec
