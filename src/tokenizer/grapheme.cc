#include "tokenizer/grapheme.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "base/utf8.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

constexpr char32_t kJoinerCharacter = 0x200D;

// The scripts whose consonants a virama joins.
bool is_joining_script(char32_t value) {
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(value), &error)) {
    case USCRIPT_DEVANAGARI:
    case USCRIPT_BENGALI:
    case USCRIPT_GUJARATI:
    case USCRIPT_ORIYA:
    case USCRIPT_TELUGU:
    case USCRIPT_MALAYALAM:
      return true;
    default:
      return false;
  }
}

bool has_indic_category(char32_t value, UIndicSyllabicCategory category) {
  return value >= 0x900 && value < 0xE00 && is_joining_script(value) &&
         u_getIntPropertyValue(static_cast<UChar32>(value), UCHAR_INDIC_SYLLABIC_CATEGORY) ==
             category;
}

}  // namespace

GraphemeBreaker::Kind GraphemeBreaker::kind_of(char32_t value) {
  if (value == '\r') return Kind::kCarriageReturn;
  if (value == '\n') return Kind::kLineFeed;
  if (value == kJoinerCharacter) return Kind::kJoiner;
  const std::uint32_t bits = properties_of(value);
  if ((bits & kClusterControl) != 0) return Kind::kControl;
  if ((bits & kClusterExtends) != 0) return Kind::kExtend;
  if ((bits & kClusterPrepends) != 0) return Kind::kPrepend;
  if (value >= 0x1F1E6 && value <= 0x1F1FF) return Kind::kRegional;
  if (value >= 0x1100 && value <= 0xD7FF) {
    switch (u_getIntPropertyValue(static_cast<UChar32>(value), UCHAR_HANGUL_SYLLABLE_TYPE)) {
      case U_HST_LEADING_JAMO:
        return Kind::kHangulLead;
      case U_HST_VOWEL_JAMO:
        return Kind::kHangulVowel;
      case U_HST_TRAILING_JAMO:
        return Kind::kHangulTail;
      case U_HST_LV_SYLLABLE:
        return Kind::kHangulLeadVowel;
      case U_HST_LVT_SYLLABLE:
        return Kind::kHangulSyllable;
      default:
        break;
    }
  }
  if (value >= 0xA9 &&
      u_hasBinaryProperty(static_cast<UChar32>(value), UCHAR_EXTENDED_PICTOGRAPHIC))
    return Kind::kPictograph;
  return Kind::kOther;
}

// The rules GB3 to GB13 of the annex, in order.
bool GraphemeBreaker::is_joined(Kind kind, char32_t value) const {
  const auto is_control = [](Kind k) {
    return k == Kind::kControl || k == Kind::kCarriageReturn || k == Kind::kLineFeed;
  };
  if (last_ == Kind::kCarriageReturn && kind == Kind::kLineFeed) return true;
  if (is_control(last_) || is_control(kind)) return false;
  switch (last_) {
    case Kind::kHangulLead:
      if (kind == Kind::kHangulLead || kind == Kind::kHangulVowel ||
          kind == Kind::kHangulLeadVowel || kind == Kind::kHangulSyllable)
        return true;
      break;
    case Kind::kHangulLeadVowel:
    case Kind::kHangulVowel:
      if (kind == Kind::kHangulVowel || kind == Kind::kHangulTail) return true;
      break;
    case Kind::kHangulSyllable:
    case Kind::kHangulTail:
      if (kind == Kind::kHangulTail) return true;
      break;
    default:
      break;
  }
  if (kind == Kind::kExtend || kind == Kind::kJoiner) return true;
  if (last_ == Kind::kPrepend) return true;
  if (is_after_virama_ && has_indic_category(value, U_INSC_CONSONANT)) return true;
  if (last_ == Kind::kJoiner && is_after_pictograph_ && kind == Kind::kPictograph) return true;
  return last_ == Kind::kRegional && kind == Kind::kRegional && has_odd_regionals_;
}

void GraphemeBreaker::remember(Kind kind, char32_t value) {
  const bool extends = kind == Kind::kExtend || kind == Kind::kJoiner;
  has_odd_regionals_ = kind == Kind::kRegional && !(last_ == Kind::kRegional && has_odd_regionals_);
  is_after_pictograph_ =
      kind == Kind::kPictograph || (extends && is_after_pictograph_ && last_ != Kind::kJoiner);
  if (!extends) {
    is_after_consonant_ = has_indic_category(value, U_INSC_CONSONANT);
    is_after_virama_ = false;
  } else if (is_after_consonant_ && has_indic_category(value, U_INSC_VIRAMA)) {
    is_after_virama_ = true;
  }
  last_ = kind;
  is_start_ = false;
}

bool GraphemeBreaker::begins_cluster(char32_t value) {
  const Kind kind = kind_of(value);
  const bool begins = is_start_ || !is_joined(kind, value);
  remember(kind, value);
  return begins;
}

std::size_t first_cluster_size(std::string_view text) {
  GraphemeBreaker breaker;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const CodePoint c = decode_utf8(text, offset);
    if (breaker.begins_cluster(c.value) && offset > 0) break;
    offset += c.size;
  }
  return offset;
}

}  // namespace colvec
