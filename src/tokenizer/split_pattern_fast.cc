// One look at a character says which alternatives of the pattern can begin with it; the rest is a
// run of one class.
#include <array>

#include "tokenizer/split_pattern.h"
#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {
namespace {

enum Class : std::uint8_t {
  kL = 1,     // A letter,
  kN = 2,     // a number,
  kS = 4,     // white space;
  kO = 8,     // none of these.
  kUp = 16,   // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
  kLow = 32,  // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
};

std::uint8_t class_of(char32_t c) {
  const std::uint32_t bits = properties_of(c);
  std::uint8_t found = kO;
  if ((bits & kWhitespace) != 0) found = kS;
  if ((bits & kNumber) != 0) found = kN;
  if ((bits & kLetter) != 0) found = kL;
  if ((bits & (kLetter | kMatchedMark)) != 0) {
    if ((bits & kSmallLetter) == 0) found |= kUp;
    if ((bits & kCapital) == 0) found |= kLow;
  }
  return found;
}

constexpr std::array<std::uint8_t, 128> make_ascii() {
  std::array<std::uint8_t, 128> classes{};
  for (unsigned c = 0; c < 128; ++c) {
    classes[c] = kO;
    if ((c >= 9 && c <= 13) || c == ' ') classes[c] = kS;
    if (c >= '0' && c <= '9') classes[c] = kN;
    if (c >= 'A' && c <= 'Z') classes[c] = kL | kUp;
    if (c >= 'a' && c <= 'z') classes[c] = kL | kLow;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 128> kAscii = make_ascii();

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::size_t gpt2(std::size_t i) const {
    const char first = text_[i];
    if (first == '\'') {
      const std::size_t end = contraction(i, false);
      if (end != i) return end;
    }
    std::uint8_t kind = at(i);
    if ((kind & kS) != 0) {
      if (first != ' ') return spaces(i);
      kind = at(i + 1);
      if ((kind & (kL | kN | kO)) == 0) return spaces(i);
      ++i;
    }
    return run(i, kind & (kL | kN | kO));
  }

  std::size_t qwen2(std::size_t i, std::size_t digits_max) const {
    if (text_[i] == '\'') {
      const std::size_t end = contraction(i, true);
      if (end != i) return end;
    }
    const std::uint8_t kind = at(i);
    if ((kind & kL) != 0) return run(i, kL);
    if ((kind & kN) != 0) return digits(i, digits_max);
    const std::size_t next = after(i);
    if (!is_line_end(i) && (at(next) & kL) != 0) return run(next, kL);
    return symbols_or_spaces(i, kind, "\r\n");
  }

  std::size_t o200k(std::size_t i) const {
    const std::uint8_t kind = at(i);
    const std::size_t next = after(i);
    const bool may_lead = (kind & (kL | kN)) == 0 && !is_line_end(i);
    for (const bool needs_lower : {true, false}) {
      std::size_t end = may_lead ? cased_letters(next, needs_lower) : next;
      if (may_lead && end != next) return contraction(end, true);
      end = cased_letters(i, needs_lower);
      if (end != i) return contraction(end, true);
    }
    if ((kind & kN) != 0) return digits(i, 3);
    return symbols_or_spaces(i, kind, "\r\n/");
  }

 private:
  // The classes of the character at `i`; none at the end.
  std::uint8_t at(std::size_t i) const {
    if (i >= text_.size()) return 0;
    const auto byte = static_cast<unsigned char>(text_[i]);
    return byte < 0x80 ? kAscii[byte] : class_of(char_at(text_, i));
  }
  std::size_t after(std::size_t i) const {
    return i + char_size(static_cast<unsigned char>(text_[i]));
  }
  bool is_line_end(std::size_t i) const { return text_[i] == '\r' || text_[i] == '\n'; }

  std::size_t run(std::size_t i, int classes) const {
    while (i < text_.size()) {
      const auto byte = static_cast<unsigned char>(text_[i]);
      if (byte < 0x80) {
        if ((kAscii[byte] & classes) == 0) break;
        ++i;
      } else {
        if ((class_of(char_at(text_, i)) & classes) == 0) break;
        i += char_size(byte);
      }
    }
    return i;
  }

  // The end of 's|'t|'re|'ve|'m|'ll|'d at `i`; `i` where there is none.
  std::size_t contraction(std::size_t i, bool ignores_case) const {
    if (i >= text_.size() || text_[i] != '\'') return i;
    const auto letter = [&](std::size_t k) -> char {
      if (k >= text_.size()) return '\0';
      const char c = text_[k];
      return ignores_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    switch (letter(i + 1)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return i + 2;
      case 'r':
      case 'v':
        return letter(i + 2) == 'e' ? i + 3 : i;
      case 'l':
        return letter(i + 2) == 'l' ? i + 3 : i;
      default:
        // U+017F is a small s.
        return ignores_case && text_.substr(i + 1).starts_with("\xC5\xBF") ? i + 3 : i;
    }
  }

  std::size_t digits(std::size_t i, std::size_t count_max) const {
    for (std::size_t k = 0; k < count_max && (at(i) & kN) != 0; ++k) i = after(i);
    return i;
  }

  // At a character that is neither a letter nor a number.
  std::size_t symbols_or_spaces(std::size_t i, std::uint8_t kind, std::string_view tail) const {
    const std::size_t start = text_[i] == ' ' ? i + 1 : i;
    if ((kind & kO) == 0 && (start == i || (at(start) & kO) == 0)) {
      const std::size_t end = line_ends(i);
      return end != i ? end : spaces(i);
    }
    std::size_t end = run(start, kO);
    while (end < text_.size() && tail.find(text_[end]) != std::string_view::npos) ++end;
    return end;
  }

  // \s*[\r\n]+; `i` where there is none.
  std::size_t line_ends(std::size_t i) const {
    std::size_t end = i;
    for (; (at(i) & kS) != 0; i = after(i))
      if (is_line_end(i)) end = i + 1;
    return end;
  }

  // \s+(?!\S)|\s+
  std::size_t spaces(std::size_t i) const {
    std::size_t last = i;  // Where the last character of the run begins.
    std::size_t end = i;
    for (; (at(end) & kS) != 0; end = after(end)) last = end;
    return end == text_.size() || last == i ? end : last;
  }

  // [upper]*[lower]+, or [upper]+[lower]*; `i` where there is none.
  std::size_t cased_letters(std::size_t i, bool needs_lower) const {
    const std::size_t upper_end = run(i, kUp);
    if (!needs_lower) return upper_end == i ? i : run(upper_end, kLow);
    for (std::size_t split = upper_end;;) {
      const std::size_t end = run(split, kLow);
      if (end != split) return end;
      if (split == i) return i;
      do --split;
      while (!is_char_border(text_, split));
    }
  }

  std::string_view text_;
};

}  // namespace

std::size_t match_end_utf8(SplitPattern pattern, std::string_view text, std::size_t start) {
  const Scanner scanner(text);
  switch (pattern) {
    case SplitPattern::kGpt2:
      return scanner.gpt2(start);
    case SplitPattern::kQwen2:
      return scanner.qwen2(start, 1);
    case SplitPattern::kLlama3:
      return scanner.qwen2(start, 3);
    case SplitPattern::kO200k:
      break;
  }
  return scanner.o200k(start);
}

}  // namespace colvec
