#include "tokenizer_fixture.h"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer/bpe.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/unicode.h"
#include "tokenizer/unigram.h"
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

std::string bare_tokenizer_json(const std::string& model,
                                const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string text = R"({"version": "1.0", "model": )" + model;
  for (const std::string key : {"added_tokens", "normalizer", "pre_tokenizer", "post_processor"}) {
    const auto part = std::find_if(parts.begin(), parts.end(),
                                   [&](const auto& candidate) { return candidate.first == key; });
    text += ", \"" + key + "\": " + (part == parts.end() ? "null" : part->second);
  }
  return text + "}";
}

std::string kind_json(const std::string& name) {
  return read_file(own_testdata("tokenizer_kinds") / name / "tokenizer.json", 1u << 20).value();
}

std::vector<char32_t> all_code_points() {
  std::vector<char32_t> values;
  for (char32_t c = 0; c < kCodePointCount; c += kSanitized ? 7 : 1)
    if (c < 0xD800 || c >= 0xE000) values.push_back(c);
  return values;
}

std::vector<char32_t> telling_code_points() {
  std::vector<char32_t> values;
  for (const char32_t c : all_code_points()) {
    const bool is_ideograph = (c >= 0x3400 && c < 0xA000) || (c >= 0x17000 && c < 0x18D00) ||
                              (c >= 0x20000 && c < 0x32400);
    const bool is_one_of_many = is_ideograph || (c >= 0xAC00 && c < 0xD7A4) ||
                                property_table().is_plain(c / 256) || (c >= 0xE000 && c < 0xF900) ||
                                c >= 0xF0000;
    if (!is_one_of_many || c % 61 == 0 || c % 0x10000 >= 0xFFFE) values.push_back(c);
  }
  return values;
}

std::string repeat(std::string_view part, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + part.size());
  while (text.size() < bytes) text += part;
  return text;
}

double seconds_of(const Tokenizer& tokenizer, std::string_view text, std::size_t tokens_max) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<TokenId> ids;
  tokenizer.encode(text, tokens_max, &ids);
  return seconds_since(start);
}

namespace {

bool has_fast(const Json& model, const TokenizerSpec& spec) {
  const std::string type = model.string_or("type", "WordPiece").value();
  if (type == "WordPiece") return is_fast_wordpiece(spec);
  if (type == "Unigram") return is_fast_unigram(spec);
  return is_fast_bpe(spec, parse_bpe_options(model, spec.vocabulary).value());
}

}  // namespace

Implementations implementations_of(std::string_view tokenizer_json) {
  const TokenizerSpec spec = parse_tokenizer_spec(json_of(tokenizer_json)).value();
  return {.plain = parse_tokenizer_json(tokenizer_json, "t", {}, Implementation::kPlain).value(),
          .chosen = parse_tokenizer_json(tokenizer_json, "t", {}).value(),
          .is_fast = has_fast(json_of(tokenizer_json).member("model").value(), spec)};
}

namespace {

constexpr const char* kParts[] = {"the",
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
                                  "\t",
                                  "\n",
                                  "\r\n",
                                  " \n ",
                                  "DON'T",
                                  "we'Re",
                                  "'\u017F",
                                  "HTTPServer",
                                  "12345678",
                                  "<mask>",
                                  "<s>",
                                  "<bos>",
                                  "<|endoftext|>",
                                  "the<tok>",
                                  "tok",
                                  "\u2581",
                                  "\u2581\u2581",
                                  "``",
                                  "a\u0301",
                                  "\uFF21\u0301",
                                  "\u212B\u0301",
                                  "A\u030A",
                                  "\u1100\u1161\u11A8",
                                  "\u0915\u094D\u0937",
                                  "\U0001F468\u200D\U0001F469",
                                  "!!!",
                                  "\uFE70"};

}  // namespace

std::string random_text(std::mt19937* random) {
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
