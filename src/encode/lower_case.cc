#include "encode/lower_case.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringpiece.h>

#include <algorithm>

namespace colvec {
namespace {

// ICU counts in 32 bits. No model reads so far into a text: the rest is left as it is.
constexpr std::size_t kBytesMax = std::size_t{1} << 30;

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
  if (ascii) {
    for (const char c : text)
      lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
    return lower;
  }
  const std::string_view head = text.substr(0, kBytesMax);
  icu::StringByteSink<std::string> sink(&lower);
  UErrorCode error = U_ZERO_ERROR;
  const icu::StringPiece piece(head.data(), static_cast<std::int32_t>(head.size()));
  icu::CaseMap::utf8ToLower("", 0, piece, sink, nullptr, error);
  if (U_FAILURE(error)) return std::string(text);  // Only memory can fail here.
  return lower.append(text.substr(head.size()));
}

}  // namespace colvec
