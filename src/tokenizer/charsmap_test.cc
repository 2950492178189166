#include "tokenizer/charsmap.h"

#include "gtest/gtest.h"

namespace colvec {
namespace {

void append_word(std::uint32_t word, std::string* bytes) {
  for (int shift = 0; shift < 32; shift += 8) bytes->push_back(static_cast<char>(word >> shift));
}

// A map of keys of up to two ASCII characters: node 0 leads to the block at 256, the key's first
// byte to its own block.
std::string map_of(const std::string& first, bool first_ends, const std::string& second,
                   std::uint32_t first_value, std::uint32_t second_value,
                   const std::string& replacements) {
  std::vector<std::uint32_t> units(1024, 0);
  const auto put = [&](std::size_t index, std::size_t target, unsigned char label, bool ends) {
    units[index] =
        static_cast<std::uint32_t>(((index ^ target) << 10) | (ends ? 256u : 0u) | label);
  };
  put(0, 256, 0, false);
  put(256 ^ static_cast<std::size_t>(first[0]), 512, static_cast<unsigned char>(first[0]),
      first_ends);
  units[512] = 0x80000000u | first_value;
  put(512 ^ static_cast<std::size_t>(second[0]), 768, static_cast<unsigned char>(second[0]), true);
  units[768] = 0x80000000u | second_value;
  std::string bytes;
  append_word(static_cast<std::uint32_t>(units.size() * 4), &bytes);
  for (const std::uint32_t unit : units) append_word(unit, &bytes);
  return bytes + replacements;
}

const std::string kReplacements("one\0two\0", 8);

TEST(Charsmap, FindsTheShortestKeyThatBeginsAText) {
  const Charsmap both = Charsmap::parse(map_of("a", true, "b", 0, 4, kReplacements)).value();
  EXPECT_EQ(both.find("a"), "one");
  EXPECT_EQ(both.find("ab"), "one");
  EXPECT_FALSE(both.find("b").has_value());
  EXPECT_FALSE(both.find("").has_value());
  EXPECT_TRUE(both.begins_key('a'));
  EXPECT_FALSE(both.begins_key('b'));
  EXPECT_FALSE(both.begins_key('\0'));
  const Charsmap longer = Charsmap::parse(map_of("a", false, "b", 0, 4, kReplacements)).value();
  EXPECT_FALSE(longer.find("a").has_value());
  EXPECT_EQ(longer.find("abc"), "two");
  EXPECT_EQ(Charsmap::parse(map_of("a", true, "b", 1, 3, kReplacements)).value().find("a"), "ne");
}

TEST(Charsmap, FindsNothingWhereItIsDamaged) {
  // Values beyond the replacements, and in the middle of a character.
  EXPECT_FALSE(
      Charsmap::parse(map_of("a", true, "b", 99, 99, kReplacements)).value().find("a").has_value());
  EXPECT_FALSE(
      Charsmap::parse(map_of("a", true, "b", 1, 1, "\u00E9")).value().find("a").has_value());
  // Links out of the array.
  std::string bytes;
  append_word(4, &bytes);
  append_word(0xFFFFFFFF, &bytes);
  EXPECT_FALSE(Charsmap::parse(bytes).value().find("abc").has_value());
}

TEST(Charsmap, IsRefusedWhereItsSizesDoNotFit) {
  const std::string good = map_of("a", true, "b", 0, 4, kReplacements);
  for (std::size_t size = 0; size < 4100; ++size)
    EXPECT_FALSE(Charsmap::parse(good.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(Charsmap::parse(good + "\xFF").has_value());
  std::string odd = good;
  odd[0] = 3;
  EXPECT_FALSE(Charsmap::parse(odd).has_value());
}

}  // namespace
}  // namespace colvec
