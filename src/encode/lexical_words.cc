#include "encode/lexical_words.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>

#include "base/check.h"
#include "base/utf8.h"

// Folding is a function of one code point, so that it takes linear time and fixed memory whatever
// the text: nothing is reordered. ASCII and the blocks below Han come from a table that is filled
// once; Han and Hangul are arithmetic; the rest asks ICU each time.

namespace colvec {
namespace {

constexpr char32_t kTableSize = 0x3400;  // Up to the Han blocks: every script with letter case.
constexpr char32_t kHanBegin = 0x3400;
constexpr char32_t kHanEnd = 0xA000;
constexpr char32_t kHangulBegin = 0xAC00;
constexpr char32_t kHangulEnd = 0xD7A4;
constexpr std::uint8_t kUnicodeMajorMax = 13;

bool is_too_new(char32_t value) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(value), age);
  return age[0] == 0 || age[0] > kUnicodeMajorMax;
}

// Whether a letter or mark belongs to a script that is written without spaces.
bool has_no_spaces(char32_t value) {
  // The voicing and length marks are for Kana only, but shared by its two scripts.
  if (value == 0x3099 || value == 0x309A || value == 0x30FC) return true;
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(value), &error)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

FoldedKind kind_of(char32_t value) {
  if (is_too_new(value)) return FoldedKind::kSymbol;
  if (value >= 0x300 && value < 0x370) return FoldedKind::kSkipped;  // Accents.
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(value));
  if ((mask & U_GC_ND_MASK) != 0) return FoldedKind::kDigit;
  if ((mask & (U_GC_L_MASK | U_GC_M_MASK)) != 0)
    return has_no_spaces(value) ? FoldedKind::kIdeograph : FoldedKind::kLetter;
  if ((mask & U_GC_N_MASK) != 0) return FoldedKind::kLetter;
  if ((mask & U_GC_CF_MASK) != 0) return FoldedKind::kSkipped;
  if ((mask & (U_GC_Z_MASK | U_GC_CC_MASK)) != 0) return FoldedKind::kSpace;
  if ((mask & (U_GC_P_MASK | U_GC_SM_MASK | U_GC_SC_MASK | U_GC_SK_MASK)) != 0)
    return FoldedKind::kPunctuation;
  return FoldedKind::kSymbol;
}

// Folds one character of a decomposition.
FoldedChar fold_decomposed(char32_t value) {
  const FoldedKind kind = kind_of(value);
  if (kind == FoldedKind::kDigit)
    return {U'0' + static_cast<char32_t>(u_charDigitValue(static_cast<UChar32>(value))), kind};
  if (kind != FoldedKind::kLetter) return {value, kind};
  return {static_cast<char32_t>(u_foldCase(static_cast<UChar32>(value), U_FOLD_CASE_DEFAULT)),
          kind};
}

void append_folded(char32_t value, std::vector<FoldedChar>* out) {
  const FoldedChar folded = fold_decomposed(value);
  if (folded.kind != FoldedKind::kSkipped) out->push_back(folded);
}

// The syllable block is laid out by arithmetic: 19 leads, 21 vowels, 28 tails of which one is none.
void fold_hangul(char32_t value, std::vector<FoldedChar>* out) {
  const char32_t index = value - kHangulBegin;
  out->push_back({0x1100 + index / (21 * 28), FoldedKind::kLetter});
  out->push_back({0x1161 + index / 28 % 21, FoldedKind::kLetter});
  if (index % 28 != 0) out->push_back({0x11A7 + index % 28, FoldedKind::kLetter});
}

void fold_by_icu(char32_t value, std::vector<FoldedChar>* out) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* nfkd = unorm2_getNFKDInstance(&error);
  COLVEC_CHECK(U_SUCCESS(error) != 0);
  std::array<UChar, 64> units;  // The longest decomposition has 18 units.
  const bool is_known = !is_too_new(value);
  const std::int32_t length =
      is_known ? unorm2_getDecomposition(nfkd, static_cast<UChar32>(value), units.data(),
                                         static_cast<std::int32_t>(units.size()), &error)
               : -1;
  COLVEC_CHECK(U_SUCCESS(error) != 0);
  if (length < 0) return append_folded(value, out);
  for (std::int32_t i = 0; i < length;) {
    UChar32 part = 0;
    U16_NEXT(units, i, length, part);
    append_folded(static_cast<char32_t>(part), out);
  }
}

}  // namespace

FoldingTable::FoldingTable() : low_(kTableSize), low_is_single_(kTableSize) {
  std::vector<FoldedChar> folded;
  for (char32_t value = 0; value < kTableSize; ++value) {
    folded.clear();
    fold_by_icu(value, &folded);
    if (folded.size() > 1) continue;
    low_[value] = folded.empty() ? FoldedChar{value, FoldedKind::kSkipped} : folded.front();
    low_is_single_[value] = true;
  }
}

void FoldingTable::fold(char32_t value, std::vector<FoldedChar>* out) const {
  out->clear();
  if (value < kTableSize && low_is_single_[value]) {
    if (low_[value].kind != FoldedKind::kSkipped) out->push_back(low_[value]);
  } else if (value >= kHanBegin && value < kHanEnd) {
    out->push_back({value, FoldedKind::kIdeograph});
  } else if (value >= kHangulBegin && value < kHangulEnd) {
    fold_hangul(value, out);
  } else {
    fold_by_icu(value, out);
  }
}

FoldedWordReader::FoldedWordReader(std::string_view text, const FoldingTable& table,
                                   bool counts_punctuation)
    : text_(text), table_(table), counts_punctuation_(counts_punctuation) {
  advance();
}

void FoldedWordReader::advance() {
  if (expansion_index_ < expansion_.size()) {
    current_ = expansion_[expansion_index_++];
  } else if (offset_ == text_.size()) {
    at_end_ = true;
    return;
  } else if (static_cast<unsigned char>(text_[offset_]) < 0x80) {
    current_ = table_.ascii(static_cast<unsigned char>(text_[offset_++]));
  } else {
    read_beyond_ascii();
  }
  if (counts_punctuation_ && current_.kind == FoldedKind::kPunctuation)
    current_.kind = FoldedKind::kSymbol;
}

void FoldedWordReader::read_beyond_ascii() {
  const CodePoint point = decode_utf8(text_, offset_);
  offset_ += point.size;
  table_.fold(point.value, &expansion_);
  expansion_index_ = 0;
  current_ = expansion_.empty() ? FoldedChar{point.value, FoldedKind::kSkipped}
                                : expansion_[expansion_index_++];
}

bool FoldedWordReader::next(FoldedWord* word) {
  bool after_ideograph = last_was_ideograph_;
  last_was_ideograph_ = false;
  while (!at_end_ && current_.kind <= FoldedKind::kSkipped) {
    if (current_.kind != FoldedKind::kSkipped) after_ideograph = false;
    advance();
  }
  if (at_end_) return false;

  word->size = 0;
  word->kind = current_.kind;
  word->is_plain = true;
  word->follows_ideograph = after_ideograph && current_.kind == FoldedKind::kIdeograph;
  const bool is_alone = current_.kind >= FoldedKind::kIdeograph;
  last_was_ideograph_ = current_.kind == FoldedKind::kIdeograph;
  while (true) {
    if (current_.kind != FoldedKind::kSkipped) {
      word->chars[word->size++] = current_.value;
      word->is_plain &= current_.value >= U'a' && current_.value <= U'z';
    }
    advance();
    if (at_end_ || is_alone || word->size == kWordCharsMax) return true;
    if (current_.kind < FoldedKind::kSkipped || current_.kind >= FoldedKind::kIdeograph)
      return true;
  }
}

}  // namespace colvec
