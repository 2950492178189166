#include "model/positions.h"

#include <numeric>

namespace colvec {

std::vector<std::uint32_t> plain_positions(RowStarts row_starts) {
  std::vector<std::uint32_t> positions(row_starts.back());
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s)
    std::iota(positions.begin() + row_starts[s], positions.begin() + row_starts[s + 1], 0u);
  return positions;
}

std::vector<std::uint32_t> positions_after_padding(std::span<const std::uint32_t> ids,
                                                   RowStarts row_starts, std::uint32_t padding_id) {
  std::vector<std::uint32_t> positions(ids.size());
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    std::uint32_t last = padding_id;
    for (std::size_t r = row_starts[s]; r < row_starts[s + 1]; ++r)
      positions[r] = ids[r] == padding_id ? padding_id : ++last;
  }
  return positions;
}

}  // namespace colvec
