#include "colvec/utf8.h"

#include <cstring>

namespace colvec {
namespace {

// What may follow a first byte: how many continuation bytes, and the range of the first of them
// (Unicode standard, table 3-7: this is what rules out overlong forms, surrogates and > U+10FFFF).
struct Lead {
  std::uint32_t continuations;
  std::uint8_t second_min;
  std::uint8_t second_max;
};

Lead lead_of(std::uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return {1, 0x80, 0xBF};
  if (first == 0xE0) return {2, 0xA0, 0xBF};
  if (first == 0xED) return {2, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {2, 0x80, 0xBF};
  if (first == 0xF0) return {3, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return {3, 0x80, 0xBF};
  if (first == 0xF4) return {3, 0x80, 0x8F};
  return {0, 0, 0};
}

// The length of the ASCII run at the start of `text`, in steps of 8 bytes.
std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080ull) != 0) break;
  }
  return i;
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(offset);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.continuations == 0) return {kReplacementCharacter, 1, false};

  char32_t value = first & (0x3Fu >> lead.continuations);
  for (std::uint32_t k = 1; k <= lead.continuations; ++k) {
    const std::uint8_t min = k == 1 ? lead.second_min : 0x80;
    const std::uint8_t max = k == 1 ? lead.second_max : 0xBF;
    if (offset + k >= text.size() || byte(offset + k) < min || byte(offset + k) > max)
      return {kReplacementCharacter, k, false};
    value = (value << 6) | (byte(offset + k) & 0x3Fu);
  }
  return {value, lead.continuations + 1, true};
}

void append_utf8(char32_t value, std::string* text) {
  const auto push = [&](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    push(value);
  } else if (value < 0x800) {
    push(0xC0 | (value >> 6));
    push(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    push(0xE0 | (value >> 12));
    push(0x80 | ((value >> 6) & 0x3F));
    push(0x80 | (value & 0x3F));
  } else {
    push(0xF0 | (value >> 18));
    push(0x80 | ((value >> 12) & 0x3F));
    push(0x80 | ((value >> 6) & 0x3F));
    push(0x80 | (value & 0x3F));
  }
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    i += ascii_prefix(text.substr(i));
    if (i >= text.size()) break;
    const CodePoint point = decode_utf8(text, i);
    if (!point.valid) return false;
    i += point.size;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    if (point.valid)
      repaired.append(text.substr(i, point.size));
    else
      append_utf8(kReplacementCharacter, &repaired);
    i += point.size;
  }
  return repaired;
}

}  // namespace colvec
