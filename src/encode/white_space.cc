#include "encode/white_space.h"

#include "base/utf8.h"

namespace colvec {
namespace {

bool is_white_space(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  switch (c) {
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return c >= 0x2000 && c <= 0x200A;
  }
}

// Where the last code point begins. REQUIRES: text is not empty.
std::size_t last_begin(std::string_view text) {
  std::size_t begin = text.size() - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return begin;
}

}  // namespace

std::string_view strip_white_space(std::string_view text) {
  while (!text.empty()) {
    const auto first = decode_utf8(text, 0);
    if (!is_white_space(first.value)) break;
    text.remove_prefix(first.size);
  }
  while (!text.empty()) {
    const std::size_t begin = last_begin(text);
    if (!is_white_space(decode_utf8(text, begin).value)) break;
    text = text.substr(0, begin);
  }
  return text;
}

}  // namespace colvec
