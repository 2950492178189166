// Checks, repairs and walks UTF-8 (RFC 3629; the Unicode standard's "maximal subpart" practice).
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace colvec {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

/// One code point and the bytes that it takes; an invalid sequence is U+FFFD over its maximal
/// subpart, so that walking and repairing see the same characters as Python's
/// decode(errors="replace").
struct CodePoint {
  char32_t value = 0;
  std::uint32_t size = 0;  ///< Bytes, 1 to 4.
  bool valid = true;
};

/// The code point at `text[offset]`. REQUIRES: offset < text.size().
CodePoint decode_utf8(std::string_view text, std::size_t offset);

/// Appends `value` as UTF-8.
void append_utf8(char32_t value, std::string* text);

bool is_valid_utf8(std::string_view text);

/// `text` with U+FFFD for each maximal invalid subpart.
std::string repair_utf8(std::string_view text);

}  // namespace colvec
