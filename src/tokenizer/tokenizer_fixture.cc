#include "tokenizer_fixture.h"

#include <fstream>

#include "base/check.h"
#include "base/utf8.h"
#include "gtest/gtest.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/wordpiece.h"

namespace colvec {

std::string tiny_tokenizer_json(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [{"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false,
                      "rstrip": false, "normalized": false, "special": true}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": null,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "un": 4, "##aff": 5,
                        "##able": 6, "cat": 7, "##s": 8, ".": 9, "##a": 10, "a": 11}}})";
  for (const auto& [from, to] : changes) {
    const std::size_t start = text.find(from);
    EXPECT_NE(start, std::string::npos) << from;
    if (start != std::string::npos) text.replace(start, from.size(), to);
  }
  return text;
}

Json json_of(std::string_view text) {
  auto json = Json::parse(text, "json");
  COLVEC_CHECK(json.has_value());
  return *std::move(json);
}

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  std::vector<Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(json_of(line));
  EXPECT_FALSE(lines.empty()) << path;
  return lines;
}

std::vector<TokenId> ids_of(const Json& list) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < list.size(); ++i)
    ids.push_back(static_cast<TokenId>(list.element(i).as_unsigned().value()));
  return ids;
}

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text,
                            std::size_t tokens_max) {
  std::vector<TokenId> ids;
  const Tokenizer::Encoded encoded = tokenizer.encode(text, tokens_max, &ids);
  EXPECT_EQ(encoded.count, ids.size());
  EXPECT_LE(ids.size(), tokens_max);
  return ids;
}

Implementations implementations_of(std::string_view tokenizer_json) {
  const TokenizerSpec spec = parse_tokenizer_spec(json_of(tokenizer_json)).value();
  return {.plain = parse_tokenizer_json(tokenizer_json, "t", {}, Implementation::kPlain).value(),
          .chosen = parse_tokenizer_json(tokenizer_json, "t", {}).value(),
          .is_fast = is_fast_wordpiece(spec)};
}

std::string random_text(std::mt19937* random) {
  static constexpr const char* kParts[] = {"the",
                                           "Cats",
                                           "unaffable",
                                           "HELLO",
                                           "yes",
                                           "fox",
                                           "don't",
                                           "3.14",
                                           "[MASK]",
                                           "[CLS]",
                                           "[mask]",
                                           "<unk>",
                                           "<UNK>",
                                           "\u226Eunk>",
                                           "abab",
                                           "aba",
                                           "ab",
                                           "caf\u00E9",
                                           "cafe\u0301",
                                           "quick brown",
                                           "\u4E2D\u6587",
                                           "\uF900",
                                           "\uD55C",
                                           "\u0130",
                                           "\u03A3",
                                           "\u0928\u0940",
                                           "\u302E\u0334\u302F",
                                           "\u0301",
                                           "\u200B",
                                           "\u00A0",
                                           "\u0085",
                                           "\x7F",
                                           "\uFFFD",
                                           "\xFF",
                                           "\xE4\xB8",
                                           "\xC0\x80",
                                           "\xF4\x90",
                                           ".",
                                           ",",
                                           "_",
                                           "##",
                                           " ",
                                           "  ",
                                           "\t"};
  const auto below = [&](std::size_t count) { return (*random)() % count; };
  std::string text;
  for (std::size_t i = below(12); i > 0; --i) {
    switch (below(8)) {
      case 0:
        text += ' ';
        break;
      case 1:
        append_utf8(static_cast<char32_t>(0xE000 + below(0x110000 - 0xE000)), &text);
        break;
      case 2:
        append_utf8(static_cast<char32_t>(below(0x3000)), &text);
        break;
      case 3:
        text += '\0';
        break;
      case 4:
        text.append(below(120), "aQ.\n"[below(4)]);
        break;
      default:
        text += kParts[below(std::size(kParts))];
    }
  }
  return text;
}

}  // namespace colvec
