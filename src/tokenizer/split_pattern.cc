#include "tokenizer/split_pattern.h"

#include "tokenizer/unicode.h"

namespace colvec {
namespace {

struct KnownPattern {
  SplitPattern pattern;
  std::string_view regex;
};

// All patterns that we have.
constexpr KnownPattern kKnownPatterns[] = {
    {SplitPattern::kGpt2,
     R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {SplitPattern::kQwen2, R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                           R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {SplitPattern::kLlama3, R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                            R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {SplitPattern::kO200k,
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

bool is_letter(char32_t c) { return (properties_of(c) & kLetter) != 0; }
bool is_number(char32_t c) { return (properties_of(c) & kNumber) != 0; }
bool is_space(char32_t c) { return (properties_of(c) & kWhitespace) != 0; }
bool is_symbol(char32_t c) { return (properties_of(c) & (kLetter | kNumber | kWhitespace)) == 0; }
bool is_line_end(char32_t c) { return c == '\r' || c == '\n'; }
// [^\r\n\p{L}\p{N}]
bool is_before_word(char32_t c) { return !is_line_end(c) && !is_letter(c) && !is_number(c); }
// [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}] and [\p{Ll}\p{Lm}\p{Lo}\p{M}]
bool is_upper_like(char32_t c) {
  const std::uint32_t bits = properties_of(c);
  return (bits & (kLetter | kMatchedMark)) != 0 && (bits & kSmallLetter) == 0;
}
bool is_lower_like(char32_t c) {
  const std::uint32_t bits = properties_of(c);
  return (bits & (kLetter | kMatchedMark)) != 0 && (bits & kCapital) == 0;
}

// The alternatives of a regular expression, each at a place of a text. A function returns where its
// match ends, or kNone.
class Alternatives {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  explicit Alternatives(std::u32string_view text) : text_(text) {}

  std::size_t gpt2(std::size_t i) const {
    const std::size_t word_start = skip_blank(i);
    const std::size_t ends[] = {contraction(i, false), run(word_start, is_letter),
                                run(word_start, is_number), run(word_start, is_symbol), spaces(i)};
    return first(ends);
  }

  std::size_t qwen2(std::size_t i, std::size_t digits_max) const {
    const std::size_t ends[] = {contraction(i, true), word(i),      digits(i, digits_max),
                                symbols(i, U"\r\n"),  line_ends(i), spaces(i)};
    return first(ends);
  }

  std::size_t o200k(std::size_t i) const {
    const std::size_t ends[] = {cased_word(i, true),  cased_word(i, false), digits(i, 3),
                                symbols(i, U"\r\n/"), line_ends(i),         spaces(i)};
    return first(ends);
  }

 private:
  template <std::size_t kCount>
  static std::size_t first(const std::size_t (&ends)[kCount]) {
    for (const std::size_t end : ends)
      if (end != kNone) return end;
    return kNone;
  }

  bool is(std::size_t i, bool (*holds)(char32_t)) const {
    return i < text_.size() && holds(text_[i]);
  }
  std::size_t skip_blank(std::size_t i) const { return text_[i] == U' ' ? i + 1 : i; }

  // X+
  std::size_t run(std::size_t i, bool (*holds)(char32_t)) const {
    const std::size_t start = i;
    while (is(i, holds)) ++i;
    return i > start ? i : kNone;
  }

  // 's|'t|'re|'ve|'m|'ll|'d
  std::size_t contraction(std::size_t i, bool ignores_case) const {
    if (i >= text_.size() || text_[i] != U'\'') return kNone;
    for (const std::u32string_view ending : {U"s", U"t", U"re", U"ve", U"m", U"ll", U"d"}) {
      const std::u32string_view found = text_.substr(i + 1, ending.size());
      if (found.size() != ending.size()) continue;
      bool is_same = true;
      for (std::size_t k = 0; k < ending.size(); ++k) {
        const bool is_exact = found[k] == ending[k];
        const bool is_folded =
            found[k] + 32 == ending[k] || (found[k] == 0x17F && ending[k] == U's');
        is_same = is_same && (is_exact || (ignores_case && is_folded));
      }
      if (is_same) return i + 1 + ending.size();
    }
    return kNone;
  }

  // [^\r\n\p{L}\p{N}]?\p{L}+
  std::size_t word(std::size_t i) const {
    if (is(i, is_before_word)) {
      const std::size_t end = run(i + 1, is_letter);
      if (end != kNone) return end;
    }
    return run(i, is_letter);
  }

  // \p{N}{1,max}
  std::size_t digits(std::size_t i, std::size_t count_max) const {
    const std::size_t start = i;
    while (i - start < count_max && is(i, is_number)) ++i;
    return i > start ? i : kNone;
  }

  // " ?[^\s\p{L}\p{N}]+[tail]*"
  std::size_t symbols(std::size_t i, std::u32string_view tail) const {
    std::size_t end = run(skip_blank(i), is_symbol);
    if (end == kNone) return kNone;
    while (end < text_.size() && tail.find(text_[end]) != std::u32string_view::npos) ++end;
    return end;
  }

  // \s*[\r\n]+
  std::size_t line_ends(std::size_t i) const {
    std::size_t end = kNone;
    for (; is(i, is_space); ++i)
      if (is_line_end(text_[i])) end = i + 1;
    return end;
  }

  // \s+(?!\S)|\s+
  std::size_t spaces(std::size_t i) const {
    const std::size_t end = run(i, is_space);
    if (end == kNone || end == text_.size() || end == i + 1) return end;
    return end - 1;
  }

  // [^\r\n\p{L}\p{N}]?[upper]*[lower]+(?i:contraction)? or, not `needs_lower`, [upper]+[lower]*
  std::size_t cased_word(std::size_t i, bool needs_lower) const {
    if (is(i, is_before_word)) {
      const std::size_t end = cased_letters(i + 1, needs_lower);
      if (end != kNone) return with_contraction(end);
    }
    const std::size_t end = cased_letters(i, needs_lower);
    return end == kNone ? kNone : with_contraction(end);
  }

  std::size_t with_contraction(std::size_t i) const {
    const std::size_t end = contraction(i, true);
    return end == kNone ? i : end;
  }

  std::size_t cased_letters(std::size_t i, bool needs_lower) const {
    std::size_t upper_end = i;
    while (is(upper_end, is_upper_like)) ++upper_end;
    if (!needs_lower && upper_end == i) return kNone;
    // Gives characters back that are of both kinds until there is a lower one.
    for (std::size_t split = upper_end;; --split) {
      const std::size_t end = run(split, is_lower_like);
      if (end != kNone) return end;
      if (!needs_lower) return upper_end;
      if (split == i) return kNone;
    }
  }

  std::u32string_view text_;
};

}  // namespace

std::optional<SplitPattern> find_split_pattern(std::string_view regex) {
  for (const KnownPattern& known : kKnownPatterns)
    if (known.regex == regex) return known.pattern;
  return std::nullopt;
}

std::size_t match_end(SplitPattern pattern, std::u32string_view text, std::size_t start) {
  const Alternatives alternatives(text);
  switch (pattern) {
    case SplitPattern::kGpt2:
      return alternatives.gpt2(start);
    case SplitPattern::kQwen2:
      return alternatives.qwen2(start, 1);
    case SplitPattern::kLlama3:
      return alternatives.qwen2(start, 3);
    case SplitPattern::kO200k:
      break;
  }
  return alternatives.o200k(start);
}

}  // namespace colvec
