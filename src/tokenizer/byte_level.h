// Writes bytes as characters, the way of byte-level BPE: the printable ones of Latin-1 are
// themselves, the others the code points from U+0100 on. A vocabulary of such tokens is one of
// bytes.
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace colvec {

char32_t char_of_byte(unsigned char byte);

// The bytes that `token`, valid UTF-8, stands for; nullopt where a character of it is none of
// those.
std::optional<std::string> bytes_of_token(std::string_view token);

}  // namespace colvec
