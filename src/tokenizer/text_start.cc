#include "tokenizer/text_start.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

constexpr std::size_t kBytesLooked = 1024;

// The valid character that ends at `end`.
std::optional<char32_t> char_before(std::string_view text, std::size_t end) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(end, 4); ++size) {
    const CodePoint c = decode_utf8(text, end - size);
    if (c.valid && c.size == size) return c.value;
  }
  return std::nullopt;
}

bool is_graphic_ascii(char32_t c) { return c > ' ' && c < 0x7F; }

// A letter that stays what it is, whatever stands before it.
bool is_stable_letter(char32_t c) {
  constexpr std::uint32_t kUnstable = kMark | kMatchedMark | kClusterExtends | kClusterPrepends |
                                      kClusterControl | kUnstableComposed |
                                      kUnstableComposedCompatibly;
  const std::uint32_t bits = properties_of(c);
  return (bits & kLetter) != 0 && (bits & kUnstable) == 0;
}

bool is_hangul(char32_t c) { return (c >= 0x1100 && c < 0x1200) || (c >= 0xA960 && c < 0xD800); }

bool may_cut(char32_t before, char32_t after) {
  if (!is_graphic_ascii(before) && !is_stable_letter(before)) return false;
  if (is_graphic_ascii(after) || after == U' ') return true;
  return is_stable_letter(after) && !is_hangul(after);
}

}  // namespace

std::size_t start_size(std::string_view text, std::size_t bytes) {
  const std::size_t lowest = bytes - std::min(bytes, kBytesLooked);
  for (std::size_t i = bytes; i > lowest; --i) {
    const CodePoint after = decode_utf8(text, i);
    const std::optional<char32_t> before = char_before(text, i);
    if (after.valid && before && may_cut(*before, after.value)) return i;
  }
  return text.size();
}

}  // namespace colvec
