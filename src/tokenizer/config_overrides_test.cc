#include "tokenizer/config_overrides.h"

#include "gtest/gtest.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

const char* const kOwnClass =
    R"("auto_map": {"AutoTokenizer": ["tokenization_qwen.Qwen2Tokenizer",
                                      "tokenization_qwen.Qwen2TokenizerFast"]})";

std::string qwen_json(const std::string& post_processor) {
  return bare_tokenizer_json(R"({"type": "BPE", "vocab": {"a": 0, "<e>": 1, "<s>": 2},
                                 "merges": []})",
                             {{"post_processor", post_processor}});
}

std::vector<TokenId> ids_of_a(const std::string& json, const std::string& settings) {
  const TokenizerConfig config(
      json_of(R"({"eos_token": "<e>", "bos_token": {"content": "<s>"}, )" + settings + "}"), {},
      {});
  const auto tokenizer = parse_tokenizer_json(json, "t", {}, Implementation::kFastest, config);
  if (tokenizer) return encode(**tokenizer, "a");
  ADD_FAILURE() << tokenizer.error().message;
  return {};
}

using Ids = std::vector<TokenId>;

// As gte-Qwen2 is published: its class puts the token behind each text, tokenizer.json does not.
TEST(ConfigOverrides, AddTheEndsThatATokenizerOfTheModelAdds) {
  const std::string bytes = qwen_json(R"({"type": "ByteLevel"})");
  const std::string own = kOwnClass;
  EXPECT_EQ(ids_of_a(bytes, own + R"(, "add_eos_token": true)"), (Ids{0, 1}));
  EXPECT_EQ(ids_of_a(bytes, own + R"(, "add_bos_token": true)"), (Ids{2, 0}));
  EXPECT_EQ(ids_of_a(bytes, own + R"(, "add_eos_token": false)"), (Ids{0}));
  EXPECT_EQ(ids_of_a(bytes, own), (Ids{0}));
}

TEST(ConfigOverrides, AddNoEndTwice) {
  const std::string with_end = qwen_json(
      R"({"type": "TemplateProcessing",
          "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "<e>"}}],
          "special_tokens": {"<e>": {"ids": [1]}}})");
  EXPECT_EQ(ids_of_a(with_end, std::string(kOwnClass) + R"(, "add_eos_token": true)"), (Ids{0, 1}));
}

// Those of transformers take the ends from tokenizer.json.
TEST(ConfigOverrides, AddNoEndsForOtherClasses) {
  EXPECT_EQ(ids_of_a(qwen_json("null"),
                     R"("tokenizer_class": "Qwen2TokenizerFast", "add_eos_token": true)"),
            (Ids{0}));
  EXPECT_EQ(ids_of_a(qwen_json("null"),
                     R"("auto_map": {"AutoModel": "modeling.X"}, "add_eos_token": true)"),
            (Ids{0}));
}

}  // namespace
}  // namespace colvec
