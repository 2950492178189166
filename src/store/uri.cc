#include "store/uri.h"

#include "base/percent.h"

namespace colvec {

std::string encode_uri_path(std::string_view path) {
  return percent_encode(path, "-_.!~*'()/:@&=+$,");
}

std::string decode_uri(std::string_view text) { return percent_decode(text); }

std::string encode_file_name(std::string_view name) {
  // "%" alone is no encoding of anything else, since every other "%" has two digits behind it.
  if (name.empty()) return "%";
  std::string text = percent_encode(name, "-_.");
  if (text.front() == '.') text.replace(0, 1, "%2E");
  return text;
}

std::string encode_column_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool is_refused = std::string_view(" ,;{}()\n\t=%").find(c) != std::string_view::npos;
    text += is_refused ? percent_encode(std::string_view(&c, 1), "") : std::string(1, c);
  }
  return text;
}

}  // namespace colvec
