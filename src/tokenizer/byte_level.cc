#include "tokenizer/byte_level.h"

#include <array>

#include "base/utf8.h"

namespace colvec {
namespace {

// The bytes that are no visible character in Latin-1: they get U+0100, U+0101, ... in order.
constexpr bool is_moved(unsigned byte) {
  return byte <= 0x20 || (byte >= 0x7F && byte <= 0xA0) || byte == 0xAD;
}

constexpr char32_t kMovedFirst = 0x100;
constexpr std::size_t kMovedCount = 68;

struct Alphabet {
  std::array<char32_t, 256> char_of{};
  std::array<unsigned char, kMovedCount> byte_of_moved{};
};

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  std::size_t moved = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    if (is_moved(byte)) {
      alphabet.byte_of_moved[moved] = static_cast<unsigned char>(byte);
      alphabet.char_of[byte] = kMovedFirst + static_cast<char32_t>(moved++);
    } else {
      alphabet.char_of[byte] = byte;
    }
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

}  // namespace

char32_t char_of_byte(unsigned char byte) { return kAlphabet.char_of[byte]; }

std::optional<std::string> bytes_of_token(std::string_view token) {
  std::string bytes;
  for (std::size_t i = 0; i < token.size();) {
    const CodePoint c = decode_utf8(token, i);
    i += c.size;
    if (c.value < kMovedFirst && !is_moved(c.value)) {
      bytes.push_back(static_cast<char>(c.value));
    } else if (c.value >= kMovedFirst && c.value < kMovedFirst + kMovedCount) {
      bytes.push_back(static_cast<char>(kAlphabet.byte_of_moved[c.value - kMovedFirst]));
    } else {
      return std::nullopt;
    }
  }
  return bytes;
}

}  // namespace colvec
