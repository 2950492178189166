#include "tokenizer/pre_tokenizer_fast.h"

#include "gtest/gtest.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

class Collector final : public FastPreTokenizer::Words {
 public:
  bool take(std::string_view word, std::size_t settled) override {
    words.emplace_back(word.substr(0, settled));
    return settled == word.size();
  }
  std::vector<std::string> words;
};

const char* const kPreTokenizers[] = {
    "null",
    R"({"type": "BertPreTokenizer"})",
    R"({"type": "Whitespace"})",
    R"({"type": "WhitespaceSplit"})",
    R"({"type": "Metaspace", "replacement": "\u2581"})",
    R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": false})",
    R"({"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": false})",
    R"({"type": "Digits", "individual_digits": true})",
    R"({"type": "Digits", "individual_digits": false})",
    R"({"type": "Punctuation"})",
    R"({"type": "Punctuation", "behavior": "Removed"})",
    R"({"type": "Punctuation", "behavior": "MergedWithPrevious"})",
    R"({"type": "Punctuation", "behavior": "MergedWithNext"})",
    R"({"type": "Punctuation", "behavior": "Contiguous"})",
    R"({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
        "invert": false})",
    R"({"type": "Split", "pattern": {"String": "ab"}, "behavior": "Removed", "invert": true})",
    R"({"type": "Split", "pattern": {"String": "aa"}, "behavior": "Contiguous", "invert": false})",
    R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "\u2581"}, {"type": "Punctuation"}]})",
};

std::vector<std::string> plain_words(const PreTokenizer& steps, std::string_view text) {
  std::vector<std::string> words;
  for (const std::u32string& word : split_words(steps, decode_utf32(text), 1))
    words.push_back(encode_utf32(word));
  return words;
}

TEST(FastPreTokenizer, GivesTheWordsOfThePlainOne) {
  for (const char* json : kPreTokenizers) {
    const PreTokenizer steps = parse_pre_tokenizer(json_of(json)).value();
    const FastPreTokenizer fast(steps);
    FastPreTokenizer::Buffers buffers;
    std::mt19937 random(31);
    for (int i = 0; i < 1000; ++i) {
      const std::string text = encode_utf32(decode_utf32(random_text(&random)));
      Collector collector;
      if (!text.empty())
        fast.split({.text = text, .settled = text.size(), .is_first = true}, &buffers, &collector);
      ASSERT_EQ(collector.words, plain_words(steps, text)) << json << json_quote(text);
    }
  }
}

TEST(FastPreTokenizer, LeavesTheBytesOfByteLevelAsTheyAre) {
  const PreTokenizer steps = {byte_level_step(true, true)};
  Collector collector;
  FastPreTokenizer::Buffers buffers;
  FastPreTokenizer(steps).split({.text = "caf\u00E9 2", .settled = 7}, &buffers, &collector);
  EXPECT_EQ(collector.words, (std::vector<std::string>{" caf\u00E9", " 2"}));
}

// What is sure of the words of a text that goes on are the words of the whole.
TEST(FastPreTokenizer, HandsOnHowMuchOfAWordIsSettled) {
  constexpr std::size_t kUnsettled = 64;
  for (const char* json : kPreTokenizers) {
    const PreTokenizer steps = parse_pre_tokenizer(json_of(json)).value();
    std::mt19937 random(37);
    for (int i = 0; i < 300; ++i) {
      std::string text;
      while (text.size() < 300) text += random_text(&random);
      text = encode_utf32(decode_utf32(text));
      std::string start = encode_utf32(decode_utf32(text).substr(0, 120));
      start += 'x';  // No white space at the end.
      text.insert(start.size() - 1, "x");
      if (start.size() <= kUnsettled) continue;
      std::size_t settled = start.size() - kUnsettled;
      while ((start[settled] & 0xC0) == 0x80) --settled;
      Collector collector;
      FastPreTokenizer::Buffers buffers;
      FastPreTokenizer(steps).split({.text = start, .settled = settled, .is_first = true}, &buffers,
                                    &collector);
      const std::vector<std::string> whole = plain_words(steps, text);
      ASSERT_LE(collector.words.size(), whole.size());
      for (std::size_t k = 0; k < collector.words.size(); ++k) {
        const bool is_last = k + 1 == collector.words.size();
        if (is_last) {
          EXPECT_TRUE(whole[k].starts_with(collector.words[k])) << json << json_quote(text);
        } else {
          EXPECT_EQ(collector.words[k], whole[k]) << json << json_quote(text);
        }
      }
    }
  }
}

}  // namespace
}  // namespace colvec
