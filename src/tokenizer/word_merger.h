// Merges the symbols of one word until no pair has a rank: the lowest rank first, of equal ones the
// leftmost.
//
// Short words are searched from end to end for each merge; for long ones the pairs wait in a heap,
// so that a word of n symbols takes n log n steps.
//
// Thread-safety: thread-compatible; the table is shared.
#pragma once

#include <span>
#include <vector>

#include "tokenizer/merge_table.h"

namespace colvec {

// Appends what becomes of `symbols` to `*ids`. The symbols are overwritten.
void merge_word(const MergeTable& merges, std::span<TokenId> symbols, std::vector<TokenId>* ids);

// Up to this many symbols are a short word.
inline constexpr std::size_t kShortSymbolsMax = 64;

}  // namespace colvec
