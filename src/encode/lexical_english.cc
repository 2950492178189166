#include "encode/lexical_english.h"

#include <algorithm>
#include <array>

// Function words are found by their letters packed into an integer: all have at most eight, so that
// one binary search over integers needs no string comparison. Longer ones are not worth a list.

namespace colvec {
namespace {

constexpr std::size_t kLettersMax = 8;

// Letters a to z only; 0 for a word that cannot be in a list.
constexpr std::uint64_t pack(std::u32string_view word) {
  if (word.size() > kLettersMax) return 0;
  std::uint64_t packed = 0;
  for (const char32_t letter : word) {
    if (letter < U'a' || letter > U'z') return 0;
    packed = packed << 8 | letter;
  }
  return packed;
}

// The rests of "don't", "he's", "they'll" stand alone, since an apostrophe ends a word.
constexpr std::u32string_view kGrammarWords[] = {
    U"a",     U"am",   U"an",    U"and",   U"are",   U"as",    U"at",     U"be",    U"been",
    U"being", U"but",  U"by",    U"can",   U"could", U"d",     U"did",    U"do",    U"does",
    U"for",   U"from", U"had",   U"has",   U"have",  U"he",    U"her",    U"here",  U"him",
    U"his",   U"i",    U"if",    U"in",    U"is",    U"it",    U"its",    U"ll",    U"m",
    U"may",   U"me",   U"might", U"must",  U"my",    U"no",    U"nor",    U"not",   U"of",
    U"on",    U"or",   U"our",   U"re",    U"s",     U"she",   U"should", U"shall", U"so",
    U"such",  U"t",    U"than",  U"that",  U"the",   U"their", U"them",   U"then",  U"there",
    U"these", U"they", U"this",  U"those", U"to",    U"us",    U"ve",     U"was",   U"we",
    U"were",  U"will", U"with",  U"would", U"you",   U"your"};

constexpr std::u32string_view kLinkWords[] = {
    U"about",   U"above",  U"across",   U"after",   U"again",   U"against", U"all",    U"along",
    U"already", U"also",   U"although", U"always",  U"among",   U"another", U"any",    U"around",
    U"because", U"before", U"below",    U"between", U"beyond",  U"both",    U"down",   U"during",
    U"each",    U"either", U"else",     U"even",    U"ever",    U"every",   U"few",    U"further",
    U"get",     U"gets",   U"go",       U"goes",    U"going",   U"got",     U"how",    U"however",
    U"into",    U"just",   U"less",     U"made",    U"make",    U"makes",   U"many",   U"more",
    U"most",    U"much",   U"near",     U"neither", U"never",   U"now",     U"off",    U"often",
    U"once",    U"only",   U"onto",     U"other",   U"others",  U"out",     U"over",   U"own",
    U"per",     U"quite",  U"rather",   U"said",    U"same",    U"say",     U"says",   U"several",
    U"since",   U"some",   U"still",    U"though",  U"through", U"too",     U"toward", U"towards",
    U"under",   U"unless", U"until",    U"up",      U"upon",    U"very",    U"via",    U"what",
    U"when",    U"where",  U"whether",  U"which",   U"while",   U"who",     U"whom",   U"whose",
    U"why",     U"within", U"without",  U"yet"};

template <std::size_t kCount>
consteval std::array<std::uint64_t, kCount> packed_and_sorted(
    const std::u32string_view (&words)[kCount]) {
  std::array<std::uint64_t, kCount> packed{};
  std::transform(std::begin(words), std::end(words), packed.begin(), pack);
  std::sort(packed.begin(), packed.end());
  return packed;
}

constexpr std::array kGrammar = packed_and_sorted(kGrammarWords);
constexpr std::array kLink = packed_and_sorted(kLinkWords);
static_assert(kGrammar.front() != 0 && kLink.front() != 0, "a function word has 1 to 8 letters");

bool ends_with(std::span<const char32_t> word, std::u32string_view ending) {
  return word.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(),
                    word.end() - static_cast<std::ptrdiff_t>(ending.size()));
}

bool has_vowel(std::span<const char32_t> letters) {
  return std::any_of(letters.begin(), letters.end(), [](char32_t letter) {
    return std::u32string_view(U"aeiouy").find(letter) != std::u32string_view::npos;
  });
}

// "runn" to "run", but not "fall", "pass" or "buzz".
std::size_t without_double(std::span<const char32_t> word) {
  const std::size_t size = word.size();
  const bool is_double = size > 2 && word[size - 1] == word[size - 2] && word[size - 1] != U'l' &&
                         word[size - 1] != U's' && word[size - 1] != U'z';
  return is_double ? size - 1 : size;
}

std::size_t without_plural(std::span<char32_t> word) {
  if (word.size() > 4 && ends_with(word, U"ies")) {
    word[word.size() - 3] = U'y';
    return word.size() - 2;
  }
  const bool is_plural = word.size() > 3 && word.back() == U's' && !ends_with(word, U"ss") &&
                         !ends_with(word, U"us") && !ends_with(word, U"is");
  return is_plural ? word.size() - 1 : word.size();
}

std::size_t without_tense(std::span<const char32_t> word) {
  const auto strips = [word](std::u32string_view ending, std::size_t size_min) {
    return word.size() >= size_min && ends_with(word, ending) &&
           has_vowel(word.first(word.size() - ending.size()));
  };
  if (strips(U"ing", 6)) return without_double(word.first(word.size() - 3));
  if (strips(U"ed", 5)) return without_double(word.first(word.size() - 2));
  return word.size();
}

}  // namespace

FunctionWord function_word(std::u32string_view word) {
  const std::uint64_t packed = pack(word);
  if (packed == 0) return FunctionWord::kNone;
  if (std::binary_search(kGrammar.begin(), kGrammar.end(), packed)) return FunctionWord::kGrammar;
  if (std::binary_search(kLink.begin(), kLink.end(), packed)) return FunctionWord::kLink;
  return FunctionWord::kNone;
}

std::size_t strip_endings(std::span<char32_t> word) {
  word = word.first(without_plural(word));
  word = word.first(without_tense(word));
  if (word.size() > 4 && word.back() == U'e') word = word.first(word.size() - 1);
  if (word.size() > 4 && ends_with(word, U"ly")) word = word.first(word.size() - 2);
  return word.size();
}

}  // namespace colvec
