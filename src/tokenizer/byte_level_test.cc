#include "tokenizer/byte_level.h"

#include <set>

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

// The characters are those of GPT-2's own encoder.
TEST(ByteLevel, WritesBytesAsVisibleCharacters) {
  EXPECT_EQ(char_of_byte('a'), U'a');
  EXPECT_EQ(char_of_byte(' '), U'\u0120');
  EXPECT_EQ(char_of_byte('\n'), U'\u010A');
  EXPECT_EQ(char_of_byte(0x00), U'\u0100');
  EXPECT_EQ(char_of_byte(0x7F), U'\u0121');
  EXPECT_EQ(char_of_byte(0xA0), U'\u0142');
  EXPECT_EQ(char_of_byte(0xA1), U'\u00A1');
  EXPECT_EQ(char_of_byte(0xAD), U'\u0143');
  EXPECT_EQ(char_of_byte(0xFF), U'\u00FF');
}

TEST(ByteLevel, GivesEachByteBack) {
  std::set<char32_t> seen;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t c = char_of_byte(static_cast<unsigned char>(byte));
    EXPECT_TRUE(seen.insert(c).second) << byte;
    EXPECT_EQ(bytes_of_token(encode_utf32(std::u32string(1, c))),
              std::string(1, static_cast<char>(byte)));
  }
}

TEST(ByteLevel, KnowsWhatStandsForNoBytes) {
  EXPECT_EQ(bytes_of_token("\u0120the"), " the");
  EXPECT_EQ(bytes_of_token(""), "");
  for (const char* token : {" ", "\u0144", "\u4E2D", "a\u00AD"})
    EXPECT_FALSE(bytes_of_token(token).has_value()) << token;
}

}  // namespace
}  // namespace colvec
