// The fast tokenizers give what the plain ones give, for any text and limit. The first byte chooses
// the tokenizer, the second the limit; the rest, repeated as the third says, is the text.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "tokenizer/tokenizer_json.h"

namespace {

using colvec::Implementation;
using colvec::TokenId;
using colvec::Tokenizer;

struct Pair {
  std::unique_ptr<Tokenizer> plain;
  std::unique_ptr<Tokenizer> chosen;
};

std::vector<Pair> load_all() {
  const std::filesystem::path root(COLVEC_SOURCE_DIR "/testdata");
  std::vector<Pair> pairs;
  for (const char* name :
       {"tokenizer/uncased", "tokenizer/cased", "tokenizer/added", "tokenizer/sequence",
        "tokenizer_kinds/gpt2", "tokenizer_kinds/digits", "tokenizer_kinds/qwen2",
        "tokenizer_kinds/llama3", "tokenizer_kinds/o200k", "tokenizer_kinds/gemma",
        "tokenizer_kinds/llama", "tokenizer_kinds/xlmr", "tokenizer_kinds/t5",
        "tokenizer_kinds/potion", "tokenizer_kinds/albert"}) {
    const std::string json = colvec::read_file(root / name / "tokenizer.json", 1u << 20).value();
    pairs.push_back({colvec::parse_tokenizer_json(json, name, {}, Implementation::kPlain).value(),
                     colvec::parse_tokenizer_json(json, name, {}).value()});
  }
  return pairs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Pair> kPairs = load_all();
  constexpr std::size_t kTextBytesMax = 4096;  // The plain ones take quadratic time.
  if (size < 3) return 0;
  const Pair& pair = kPairs[data[0] % kPairs.size()];
  const std::size_t limit = data[1];
  std::string text;
  for (int i = 0; i <= data[2] && text.size() + size - 3 <= kTextBytesMax; ++i)
    text.append(reinterpret_cast<const char*>(data) + 3, size - 3);

  const std::size_t tokens_max =
      limit == 255 ? colvec::kNoTokenLimit : pair.plain->special_count() + limit;
  std::vector<TokenId> plain_ids;
  std::vector<TokenId> ids;
  const auto plain = pair.plain->encode(text, tokens_max, &plain_ids);
  const auto encoded = pair.chosen->encode(text, tokens_max, &ids);
  COLVEC_CHECK(ids == plain_ids);
  COLVEC_CHECK(encoded.count == plain.count && encoded.truncated == plain.truncated);
  return 0;
}
