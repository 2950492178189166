// Encodes names that must fit into paths, URIs and Delta's column names.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace colvec {

// A path as Delta's log writes it (RFC 2396): every byte but letters, digits and
// "-_.!~*'()/:@&=+$," becomes %XX; "/" stays.
std::string encode_uri_path(std::string_view path);
// Takes %XX back; a % without two digits stays as it is.
std::string decode_uri(std::string_view text);

// A name as a file name: every byte but letters, digits, "-", "_" and "." (not in front) becomes
// %XX. Never empty, "." or "..".
std::string encode_file_name(std::string_view name);

// A column name as Delta can hold it: " ,;{}()\n\t=" and "%" become %XX.
std::string encode_column_name(std::string_view name);

}  // namespace colvec
