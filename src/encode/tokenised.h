// Tokenises many texts on all cores into one packed array of ids.
//
// Thread-safety: thread-compatible; the tokenizer is shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/tokenizer.h"

namespace colvec {

// What is done to a text before it is tokenised, and how far it counts.
struct TextRules {
  std::string prompt{};     // Put before each text.
  bool strip = false;       // Then white space around both is left out,
  bool lower_case = false;  // and the rest made lower-case.
  std::size_t tokens_max = kNoTokenLimit;
};

// The ids of text i are ids[starts[i], starts[i + 1]).
struct Tokenised {
  std::vector<TokenId> ids;
  std::vector<std::size_t> starts;  // texts + 1
};

// Writes one report per text. `busy_ns` is added to.
Tokenised tokenise(const Tokenizer& tokenizer, const TextRules& rules,
                   std::span<const std::string_view> texts, std::span<TextReport> reports,
                   std::uint64_t* busy_ns);

// The same of texts that were made tokens already. kInvalidArgument, beginning with "[i]": no ids,
// too many, or one that is not below `vocabulary`. `tokens_max` 0: no limit.
struct IdRules {
  std::size_t vocabulary = 0;
  std::size_t tokens_max = 0;
};
Result<Tokenised> take_ids(std::span<const std::span<const TokenId>> ids, const IdRules& rules,
                           std::span<TextReport> reports);

// How many tokens at the start of a text belong to `prompt`, special ones included: those that are
// left out of the average where a model says so. The special token that ends a text does not count.
std::size_t prompt_token_count(const Tokenizer& tokenizer, const TextRules& rules);

}  // namespace colvec
