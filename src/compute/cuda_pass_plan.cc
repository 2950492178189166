#include "compute/cuda_pass_plan.h"

namespace colvec {

std::uint32_t attention_item_queries(RowStarts row_starts) {
  // A block costs its queries, and as much as 32 more for its beginning and its end.
  constexpr std::size_t kBlockCost = 32;
  const auto cost = [&](std::uint32_t item_queries) {
    return attention_item_count(row_starts, item_queries) * (item_queries + kBlockCost);
  };
  std::uint32_t best = 32;
  for (const std::uint32_t item_queries : {64u, 128u})
    if (cost(item_queries) < cost(best)) best = item_queries;
  return best;
}

std::vector<CudaAttentionItem> attention_items(RowStarts row_starts, std::uint32_t item_queries) {
  std::vector<CudaAttentionItem> items;
  items.reserve(attention_item_count(row_starts, item_queries));
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    const std::uint32_t length = row_starts[s + 1] - row_starts[s];
    for (std::uint32_t begin = 0; begin < length; begin += item_queries)
      items.push_back({row_starts[s], length, begin});
  }
  return items;
}

std::size_t attention_item_count(RowStarts row_starts, std::uint32_t item_queries) {
  std::size_t count = 0;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s)
    count += (row_starts[s + 1] - row_starts[s] + item_queries - 1) / item_queries;
  return count;
}

std::vector<std::uint32_t> angle_rows(RowStarts row_starts,
                                      std::span<const std::uint32_t> first_rows) {
  std::vector<std::uint32_t> rows;
  rows.reserve(row_starts.back());
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s)
    for (std::uint32_t p = 0; p < row_starts[s + 1] - row_starts[s]; ++p)
      rows.push_back(first_rows[s] + p);
  return rows;
}

Dispatch dispatch_choices(std::span<const std::uint32_t> choices, std::size_t top,
                          std::size_t experts) {
  Dispatch d;
  d.begins.assign(experts + 1, 0);
  for (const std::uint32_t expert : choices) ++d.begins[expert + 1];
  for (std::size_t e = 0; e < experts; ++e) d.begins[e + 1] += d.begins[e];
  std::vector<std::size_t> next(d.begins.begin(), d.begins.end() - 1);
  d.rows.resize(choices.size());
  d.slots.resize(choices.size());
  for (std::size_t c = 0; c < choices.size(); ++c) {
    const std::size_t slot = next[choices[c]]++;
    d.slots[c] = static_cast<std::uint32_t>(slot);
    d.rows[slot] = static_cast<std::uint32_t>(c / top);
  }
  return d;
}

}  // namespace colvec
