// What the tests of this module share: files of texts and ids, both implementations of one
// tokenizer, and texts that are hard on purpose.
#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {

// A small tokenizer.json; `change` replaces text in it: {"from", "to"} pairs, each found at least
// once.
std::string tiny_tokenizer_json(
    const std::vector<std::pair<std::string, std::string>>& changes = {});

// JSON that is right.
Json json_of(std::string_view text);

// The values of a file with one JSON value a line.
std::vector<Json> read_json_lines(const std::filesystem::path& path);
std::vector<TokenId> ids_of(const Json& list);
std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text,
                            std::size_t tokens_max = kNoTokenLimit);

// A tokenizer.json with `model` and no other step; `parts` are members that it has instead, such as
// {"normalizer", "null"}.
std::string bare_tokenizer_json(const std::string& model,
                                const std::vector<std::pair<std::string, std::string>>& parts = {});

// The text of NAME/tokenizer.json in testdata/tokenizer_kinds.
std::string kind_json(const std::string& name);

// All code points but surrogates; under sanitizers, one in seven.
std::vector<char32_t> all_code_points();

// Those that may differ from others in some way: of ideographs, of Hangul syllables and of blocks
// without properties only some.
std::vector<char32_t> telling_code_points();

// `part` as often as it takes to have `bytes`.
std::string repeat(std::string_view part, std::size_t bytes);

// How long encode() takes.
double seconds_of(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max);

// The plain and the chosen implementation of one tokenizer.json.
struct Implementations {
  std::unique_ptr<Tokenizer> plain;
  std::unique_ptr<Tokenizer> chosen;
  bool is_fast = false;  // Whether the chosen one is the fast one.
};
Implementations implementations_of(std::string_view tokenizer_json);

// Words, runs, added tokens, marks, odd code points and invalid bytes in any order.
std::string random_text(std::mt19937* random);

}  // namespace colvec
