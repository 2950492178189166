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

// Whether ICU knows `value` and its version is not newer than the reference's tables of normal
// forms, those of Unicode 9.
bool is_in_reference(char32_t value) {
  constexpr std::uint8_t kVersion = 9;
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(value), age);
  return age[0] <= kVersion;
}

const UNormalizer2* open_normalizer(const UNormalizer2* (*open)(UErrorCode* error)) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* found = open(&error);
  COLVEC_CHECK(U_SUCCESS(error));
  return found;
}

const UNormalizer2* composer() {
  static const UNormalizer2* const instance = open_normalizer(unorm2_getNFCInstance);
  return instance;
}

const UNormalizer2* compatible_composer() {
  static const UNormalizer2* const instance = open_normalizer(unorm2_getNFKCInstance);
  return instance;
}

void append_decomposition(const UNormalizer2* normalizer, char32_t value, std::u32string* text) {
  constexpr std::int32_t kUnitsMax = 32;  // The longest has 18.
  UChar units[kUnitsMax];
  UErrorCode error = U_ZERO_ERROR;
  const std::int32_t count =
      unorm2_getDecomposition(normalizer, static_cast<UChar32>(value), units, kUnitsMax, &error);
  COLVEC_CHECK(U_SUCCESS(error) && count > 0);
  for (std::int32_t i = 0; i < count;) {
    UChar32 part;
    U16_NEXT(units, i, count, part);
    text->push_back(static_cast<char32_t>(part));
  }
}

}  // namespace

class PropertyTableBuilder {
 public:
  PropertyTable build() {
    add_ranges();
    add_unstable();
    return std::move(table_);
  }

 private:
  void add_ranges() {
    const UnicodeRanges& ranges = unicode_ranges();
    add(ranges.removed_by_cleaning, kRemovedByCleaning);
    add(ranges.whitespace, kWhitespace);
    add(ranges.punctuation, kPunctuation);
    add(ranges.chinese, kChinese);
    add(ranges.nonspacing_marks, kNonspacingMark);
    add(ranges.marks, kMark);
    add(ranges.decomposed, kDecomposes);
    add(ranges.word_characters, kWordCharacter);
    add(ranges.compatibly_decomposed, kDecomposesCompatibly);
    for (const CaseRun& run : ranges.lowercase)
      for (char32_t value = run.first; value <= run.last; value += run.step) at(value) |= kLowers;
    at(0x130) |= kLowers;
    const PatternRanges& patterns = pattern_ranges();
    add(patterns.numeric, kNumeric);
    add(patterns.letters, kLetter);
    add(patterns.numbers, kNumber);
    add(patterns.matched_marks, kMatchedMark);
    add(patterns.capitals, kCapital);
    add(patterns.small_letters, kSmallLetter);
    add(patterns.cluster_extends, kClusterExtends);
    add(patterns.cluster_prepends, kClusterPrepends);
    add(patterns.cluster_controls, kClusterControl);
  }

  // A code point is stable in a normal form if it stands for itself and nothing before it can be
  // joined to it.
  void add_unstable() {
    constexpr std::uint32_t kAll = kUnstableDecomposed | kUnstableDecomposedCompatibly |
                                   kUnstableComposed | kUnstableComposedCompatibly;
    add(unicode_ranges().decomposed, kUnstableDecomposed);
    add(unicode_ranges().compatibly_decomposed, kUnstableDecomposedCompatibly);
    add(unicode_ranges().composed, kUnstableComposed);
    add(unicode_ranges().composed, kUnstableComposedCompatibly);
    // What has a compatible decomposition that is not canonical never comes back.
    for (const CodePointRange& range : unicode_ranges().compatibly_decomposed)
      for (char32_t value = range.first; value <= range.last; ++value)
        if ((at(value) & kDecomposes) == 0 || !composes_back(value))
          at(value) |= kUnstableComposedCompatibly;
    for (const CodePointRange& range : unicode_ranges().marks)
      for (char32_t value = range.first; value <= range.last; ++value)
        if (combining_class(value) != 0) at(value) |= kAll;
    // The second halves of compositions that are starters: vowels and final consonants of Hangul,
    // and a few vowel signs, which are all marks.
    constexpr CodePointRange kHangulParts = {0x1161, 0x11C2};
    for (char32_t value = kHangulParts.first; value <= kHangulParts.last; ++value)
      at(value) |= kUnstableComposed | kUnstableComposedCompatibly;
    for (const CodePointRange& range : unicode_ranges().marks)
      for (char32_t value = range.first; value <= range.last; ++value)
        at(value) |= kUnstableComposed | kUnstableComposedCompatibly;
  }

  // Whether the full compatible decomposition is canonical.
  static bool composes_back(char32_t value) {
    std::u32string compatible;
    append_decomposition(compatible_composer(), value, &compatible);
    std::u32string canonical;
    append_decomposition(composer(), value, &canonical);
    return compatible == canonical;
  }

  void add(std::span<const CodePointRange> ranges, Property property) {
    for (const CodePointRange& range : ranges)
      for (char32_t value = range.first; value <= range.last; ++value) at(value) |= property;
  }

  std::uint32_t& at(char32_t value) {
    constexpr std::size_t kBlock = PropertyTable::kBlockSize;
    std::uint32_t& start = table_.block_start_[value / kBlock];
    if (start == 0) {
      start = static_cast<std::uint32_t>(table_.bits_.size());
      table_.bits_.resize(table_.bits_.size() + kBlock, 0);
    }
    return table_.bits_[start + value % kBlock];
  }

  PropertyTable table_;
};

const PropertyTable& property_table() {
  static const PropertyTable table = PropertyTableBuilder().build();
  return table;
}

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
  append_decomposition(composer(), value, text);
}

void append_decomposed_compatibly(char32_t value, std::u32string* text) {
  if ((properties_of(value) & kDecomposesCompatibly) == 0) {
    text->push_back(value);
    return;
  }
  append_decomposition(compatible_composer(), value, text);
}

char32_t compose_pair(char32_t first, char32_t second) {
  const UChar32 found =
      unorm2_composePair(composer(), static_cast<UChar32>(first), static_cast<UChar32>(second));
  if (found < 0 || !is_in_reference(static_cast<char32_t>(found))) return 0;
  return static_cast<char32_t>(found);
}

void compose(std::u32string* text) {
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t starter = kNone;  // The last one that was written.
  std::uint8_t last_class = 0;  // Of the last character behind it that was kept; 0 for none.
  std::size_t size = 0;
  for (const char32_t c : *text) {
    const std::uint8_t own_class = c < 0x300 ? std::uint8_t{0} : combining_class(c);
    // A character is blocked from the starter by one of the same or a higher class between them.
    const bool is_next = starter != kNone && starter + 1 == size;
    if (starter != kNone && (is_next || (last_class != 0 && last_class < own_class))) {
      if (const char32_t composed = compose_pair((*text)[starter], c)) {
        (*text)[starter] = composed;
        continue;
      }
    }
    if (own_class == 0) starter = size;
    last_class = own_class;
    (*text)[size++] = c;
  }
  text->resize(size);
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
  // A class never changes once it is given.
  const std::uint8_t found = u_getCombiningClass(static_cast<UChar32>(value));
  return found != 0 && is_in_reference(value) ? found : 0;
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
