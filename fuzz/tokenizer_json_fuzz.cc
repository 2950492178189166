// A hostile tokenizer.json is refused or makes a tokenizer that keeps its promises.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "tokenizer/tokenizer_json.h"

namespace {

using colvec::TokenId;

constexpr std::string_view kTexts[] = {
    "Hello [CLS] unaffable, world! \xC3\xA9 e\xCC\x81 \xE4\xB8\xAD\xE6\x96\x87 <unk> \xFF 12 "
    "\xED\x95\x9C don't  \n\n \xE2\x96\x81 aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb",
    "a", ""};

std::vector<TokenId> ids_of(const colvec::Tokenizer& tokenizer, std::string_view text,
                            std::size_t tokens_max) {
  std::vector<TokenId> ids;
  const auto encoded = tokenizer.encode(text, tokens_max, &ids);
  COLVEC_CHECK(encoded.count == ids.size());
  COLVEC_CHECK(ids.size() <= tokens_max);
  for (const TokenId id : ids) COLVEC_CHECK(id <= tokenizer.id_max());
  return ids;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = colvec::parse_tokenizer_json(text, "fuzz", {});
  const auto plain = colvec::parse_tokenizer_json(text, "fuzz", {}, colvec::Implementation::kPlain);
  COLVEC_CHECK(tokenizer.has_value() == plain.has_value());
  if (!tokenizer) {
    COLVEC_CHECK(!tokenizer.error().message.empty());
    COLVEC_CHECK(tokenizer.error().message.find('\n') == std::string::npos);
    return 0;
  }
  for (const std::string_view sample : kTexts) {
    const auto whole = ids_of(**tokenizer, sample, colvec::kNoTokenLimit);
    COLVEC_CHECK(whole == ids_of(**plain, sample, colvec::kNoTokenLimit));
    const std::size_t few = (*tokenizer)->special_count() + 3;
    COLVEC_CHECK(ids_of(**tokenizer, sample, few) == ids_of(**plain, sample, few));
  }
  return 0;
}
