#include "store/uri.h"

namespace colvec {
namespace {

constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

void append_percent(char c, std::string* text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  text->push_back('%');
  text->push_back(kDigits[byte >> 4]);
  text->push_back(kDigits[byte & 15]);
}

// The value of a hexadecimal digit, 16 for any other character.
unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return 16;
}

}  // namespace

std::string encode_uri_path(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (is_one_of(c, kLettersAndDigits) || is_one_of(c, "-_.!~*'()/:@&=+$,"))
      text.push_back(c);
    else
      append_percent(c, &text);
  }
  return text;
}

std::string decode_uri(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned high = i + 2 < text.size() ? digit_of(text[i + 1]) : 16;
    const unsigned low = i + 2 < text.size() ? digit_of(text[i + 2]) : 16;
    if (text[i] == '%' && high < 16 && low < 16) {
      bytes.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      bytes.push_back(text[i]);
    }
  }
  return bytes;
}

std::string encode_file_name(std::string_view name) {
  // "%" alone is no encoding of anything else, since every other "%" has two digits behind it.
  if (name.empty()) return "%";
  std::string text;
  for (const char c : name) {
    const bool is_dot_in_front = c == '.' && text.empty();
    if ((is_one_of(c, kLettersAndDigits) || is_one_of(c, "-_.")) && !is_dot_in_front)
      text.push_back(c);
    else
      append_percent(c, &text);
  }
  return text;
}

std::string encode_column_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_one_of(c, " ,;{}()\n\t=%"))
      append_percent(c, &text);
    else
      text.push_back(c);
  }
  return text;
}

}  // namespace colvec
