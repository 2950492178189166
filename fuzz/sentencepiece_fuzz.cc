// A hostile SentencePiece file is refused in one line or makes a tokenizer. The first byte chooses
// the class.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "tokenizer/sentencepiece.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* kClasses[] = {"XLMRobertaTokenizer", "CamembertTokenizer", "T5Tokenizer",
                                      "GemmaTokenizer"};
  if (size == 0) return 0;
  const std::string config =
      std::string(R"({"tokenizer_class": ")") + kClasses[data[0] % std::size(kClasses)] + "\"}";
  const colvec::TokenizerConfig files(colvec::Json::parse(config, "config").value(), {}, {});
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto tokenizer = colvec::parse_sentencepiece(bytes, "fuzz", files, {});
  if (!tokenizer) {
    COLVEC_CHECK(tokenizer.error().message.find('\n') == std::string::npos);
    return 0;
  }
  std::vector<colvec::TokenId> ids;
  (*tokenizer)->encode("Hello, \xEF\xBC\xA1\xCC\x81 world \xE4\xB8\xAD <s> \xFF", 64, &ids);
  for (const colvec::TokenId id : ids) COLVEC_CHECK(id <= (*tokenizer)->id_max());
  return 0;
}
