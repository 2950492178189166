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

struct Contradiction {
  const char* config;
  const char* message;  // "" where there is none.
};

class BertSettings : public testing::TestWithParam<Contradiction> {};

// tiny_tokenizer_json() has lower case, accents stripped with it, and Chinese characters apart.
TEST_P(BertSettings, AreRefusedWhereTokenizerJsonSaysOtherwise) {
  const auto& [settings, message] = GetParam();
  const TokenizerConfig config(json_of(settings), {}, json_of(R"({"model_type": "bert"})"));
  const auto tokenizer =
      parse_tokenizer_json(tiny_tokenizer_json(), "t", {}, Implementation::kFastest, config);
  EXPECT_EQ(tokenizer ? "" : tokenizer.error().message, message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BertSettings,
    testing::Values(
        Contradiction{"{}", ""}, Contradiction{R"({"do_lower_case": true})", ""},
        Contradiction{R"({"strip_accents": true, "tokenize_chinese_chars": true})", ""},
        Contradiction{R"({"do_lower_case": false, "tokenizer_class": "XLMRobertaTokenizer"})", ""},
        Contradiction{R"({"do_lower_case": false})",
                      "json: do_lower_case: false, but t: normalizer: lowercase: true"},
        Contradiction{R"({"strip_accents": false, "tokenizer_class": "MPNetTokenizerFast"})",
                      "json: strip_accents: false, but t: normalizer: strip_accents: true"},
        Contradiction{
            R"({"tokenize_chinese_chars": false})",
            "json: tokenize_chinese_chars: false, but t: normalizer: handle_chinese_chars: true"}));

// Their classes take what is not said for true.
TEST(ConfigOverrides, RefuseACasedBertThatDoesNotSaySo) {
  const std::string cased =
      tiny_tokenizer_json({{R"("lowercase": true)", R"("lowercase": false)"}});
  const TokenizerConfig config({}, {}, json_of(R"({"model_type": "bert"})"));
  const auto tokenizer = parse_tokenizer_json(cased, "t", {}, Implementation::kFastest, config);
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().message,
            "tokenizer_config.json: do_lower_case: true, but t: normalizer: lowercase: false");
  EXPECT_TRUE(parse_tokenizer_json(cased, "t", {}).has_value());
}

TEST(ConfigOverrides, RefuseAnotherBlankAtTheStartThanRobertas) {
  const std::string blank = bare_tokenizer_json(
      R"({"type": "BPE", "vocab": {"a": 0}, "merges": []})",
      {{"pre_tokenizer",
        R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true})"}});
  const auto parse = [&](const char* config) {
    return parse_tokenizer_json(blank, "t", {}, Implementation::kFastest,
                                TokenizerConfig(json_of(config), {}, {}));
  };
  EXPECT_EQ(parse(R"({"tokenizer_class": "RobertaTokenizer"})").error().message,
            "json: add_prefix_space: false, but t: pre_tokenizer: add_prefix_space: true");
  EXPECT_TRUE(parse(R"({"tokenizer_class": "RobertaTokenizer", "add_prefix_space": true})"));
  EXPECT_TRUE(parse(R"({"tokenizer_class": "PreTrainedTokenizerFast"})"));
}

}  // namespace
}  // namespace colvec
