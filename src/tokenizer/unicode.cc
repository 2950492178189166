#include "tokenizer/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/unicode_ranges.h"

namespace colvec {
namespace {

constexpr std::size_t kBlockSize = 256;
constexpr std::size_t kBlockCount = kCodePointCount / kBlockSize;

// Two levels: most blocks of 256 code points have no property at all and share block 0 of `bits_`.
class PropertyTable {
 public:
  PropertyTable() : bits_(kBlockSize, 0) {
    const UnicodeRanges& ranges = unicode_ranges();
    add(ranges.removed_by_cleaning, kRemovedByCleaning);
    add(ranges.whitespace, kWhitespace);
    add(ranges.punctuation, kPunctuation);
    add(ranges.chinese, kChinese);
    add(ranges.nonspacing_marks, kNonspacingMark);
    add(ranges.marks, kMark);
    add(ranges.decomposed, kDecomposes);
    add(ranges.word_characters, kWordCharacter);
    for (const CaseRun& run : ranges.lowercase)
      for (char32_t value = run.first; value <= run.last; value += run.step) at(value) |= kLowers;
    at(0x130) |= kLowers;
  }

  std::uint16_t of(char32_t value) const {
    return bits_[block_start_[value / kBlockSize] + value % kBlockSize];
  }
  bool is_plain(std::size_t block) const { return block_start_[block] == 0; }

 private:
  void add(std::span<const CodePointRange> ranges, Property property) {
    for (const CodePointRange& range : ranges)
      for (char32_t value = range.first; value <= range.last; ++value) at(value) |= property;
  }

  std::uint16_t& at(char32_t value) {
    std::uint32_t& start = block_start_[value / kBlockSize];
    if (start == 0) {
      start = static_cast<std::uint32_t>(bits_.size());
      bits_.resize(bits_.size() + kBlockSize, 0);
    }
    return bits_[start + value % kBlockSize];
  }

  std::array<std::uint32_t, kBlockCount> block_start_{};
  std::vector<std::uint16_t> bits_;
};

const PropertyTable& property_table() {
  static const PropertyTable table;
  return table;
}

const UNormalizer2* decomposer() {
  static const UNormalizer2* const instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* found = unorm2_getNFDInstance(&error);
    COLVEC_CHECK(U_SUCCESS(error));
    return found;
  }();
  return instance;
}

}  // namespace

std::uint16_t properties_of(char32_t value) { return property_table().of(value); }

bool is_plain_block(std::size_t block) { return property_table().is_plain(block); }

std::u32string decode_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = decode_utf8(text, i);
    out.push_back(c.value);
    i += c.size;
  }
  return out;
}

std::string encode_utf32(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) append_utf8(c, &out);
  return out;
}

void append_decomposed(char32_t value, std::u32string* text) {
  if ((properties_of(value) & kDecomposes) == 0) {
    text->push_back(value);
    return;
  }
  constexpr std::int32_t kUnitsMax = 16;
  UChar units[kUnitsMax];
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t count =
      unorm2_getDecomposition(decomposer(), static_cast<UChar32>(value), units, kUnitsMax, &error);
  COLVEC_CHECK(U_SUCCESS(error) && count > 0);
  for (std::int32_t i = 0; i < count;) {
    UChar32 part;
    U16_NEXT(units, i, count, part);
    text->push_back(static_cast<char32_t>(part));
  }
}

void append_lowercase(char32_t value, std::u32string* text) {
  if ((properties_of(value) & kLowers) == 0) {
    text->push_back(value);
    return;
  }
  if (value == 0x130) {
    text->append(U"i\u0307");
    return;
  }
  const std::span<const CaseRun> runs = unicode_ranges().lowercase;
  // The runs are in order of their first code point; two of them may interleave, so that the one
  // that holds `value` lies at most a few before the last that starts at or before it.
  auto run = std::upper_bound(runs.begin(), runs.end(), value,
                              [](char32_t v, const CaseRun& r) { return v < r.first; });
  while (run != runs.begin()) {
    --run;
    if (value > run->last || (value - run->first) % run->step != 0) continue;
    text->push_back(static_cast<char32_t>(static_cast<std::int32_t>(value) + run->delta));
    return;
  }
  COLVEC_CHECK(false);
}

std::uint8_t combining_class(char32_t value) {
  // The reference's classes are those of Unicode 9; a class never changes once it is given.
  constexpr std::uint8_t kVersion = 9;
  const std::uint8_t found = u_getCombiningClass(static_cast<UChar32>(value));
  if (found == 0) return 0;
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(value), age);
  return age[0] <= kVersion ? found : 0;
}

void reorder_marks(std::u32string* text) {
  std::vector<std::pair<std::uint8_t, char32_t>> run;
  for (std::size_t i = 0; i < text->size(); ++i) {
    if ((*text)[i] < 0x300 || combining_class((*text)[i]) == 0) continue;
    const std::size_t start = i;
    run.clear();
    for (; i < text->size() && combining_class((*text)[i]) != 0; ++i)
      run.emplace_back(combining_class((*text)[i]), (*text)[i]);
    std::stable_sort(run.begin(), run.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t k = 0; k < run.size(); ++k) (*text)[start + k] = run[k].second;
  }
}

}  // namespace colvec
