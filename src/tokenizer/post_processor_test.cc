#include "tokenizer/post_processor.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

using Ids = std::vector<TokenId>;

struct Case {
  const char* json;
  Ids before;
  Ids after;
};

class PostProcessorOf : public testing::TestWithParam<Case> {};

TEST_P(PostProcessorOf, OneText) {
  const auto found = parse_post_processor(json_of(GetParam().json));
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->before, GetParam().before);
  EXPECT_EQ(found->after, GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, PostProcessorOf,
    testing::Values(
        Case{"null", {}, {}},
        Case{R"({"type": "BertProcessing", "sep": ["s", 2], "cls": ["c", 1]})", {1}, {2}},
        Case{R"({"type": "RobertaProcessing", "sep": ["s", 2], "cls": ["c", 0]})", {0}, {2}},
        Case{R"({"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}],
                 "special_tokens": {}})",
             {},
             {}},
        Case{R"({"type": "TemplateProcessing",
                 "single": [{"SpecialToken": {"id": "x"}}, {"Sequence": {"id": "A"}},
                            {"SpecialToken": {"id": "y"}}, {"SpecialToken": {"id": "x"}}],
                 "special_tokens": {"x": {"ids": [7, 8]}, "y": {"ids": [9]}}})",
             {7, 8},
             {9, 7, 8}},
        Case{R"({"type": "ByteLevel", "trim_offsets": false})", {}, {}},
        Case{R"({"type": "Sequence", "processors": [{"type": "ByteLevel"},
                 {"type": "BertProcessing", "sep": ["s", 2], "cls": ["c", 1]},
                 {"type": "RobertaProcessing", "sep": ["s", 4], "cls": ["c", 3]}]})",
             {3, 1},
             {2, 4}}));

struct BadCase {
  const char* json;
  const char* message;
};

class BadPostProcessor : public testing::TestWithParam<BadCase> {};

TEST_P(BadPostProcessor, IsRefused) {
  const auto found = parse_post_processor(json_of(GetParam().json));
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadPostProcessor,
    testing::Values(BadCase{R"({"type": "Magic"})", "json: unknown type: Magic"},
                    BadCase{R"({"type": "Sequence", "processors": [{"type": "Magic"}]})",
                            "json: processors[0]: unknown type: Magic"},
                    BadCase{R"({"type": "BertProcessing", "sep": ["s", 2]})",
                            "json: missing key: cls"},
                    BadCase{R"({"type": "BertProcessing", "cls": ["c", 4294967296]})",
                            "json: cls[1]: not a token id: 4294967296"},
                    BadCase{R"({"type": "TemplateProcessing", "single": [], "special_tokens": {}})",
                            "json: single: not a template with the sequence A once: []"},
                    BadCase{R"({"type": "TemplateProcessing", "special_tokens": {},
                    "single": [{"Sequence": {"id": "B"}}]})",
                            "json: single: not a template with the sequence A once: "
                            R"([{"Sequence":{"id":"B"}}])"},
                    BadCase{R"({"type": "TemplateProcessing", "special_tokens": {},
                    "single": [{"SpecialToken": {"id": "x"}}]})",
                            "json: special_tokens: missing key: x"}));

}  // namespace
}  // namespace colvec
