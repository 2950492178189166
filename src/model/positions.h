// Numbers the tokens of packed sequences, for tables of learned positions.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compute/mat.h"

namespace colvec {

// 0, 1, 2, ... in each sequence.
std::vector<std::uint32_t> plain_positions(RowStarts row_starts);

// As RoBERTa counts: padding_id + 1, padding_id + 2, ... in each sequence, but a token that is
// itself the padding token has position padding_id and does not count.
std::vector<std::uint32_t> positions_after_padding(std::span<const std::uint32_t> ids,
                                                   RowStarts row_starts, std::uint32_t padding_id);

}  // namespace colvec
