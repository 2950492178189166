// Finds grapheme clusters: what a reader takes for one character (Unicode standard annex 29,
// extended clusters).
//
// Thread-safety: pure functions; GraphemeBreaker is thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace colvec {

// Tells for the characters of a text, one by one, whether a cluster begins at them.
class GraphemeBreaker {
 public:
  // Whether `value`, which follows the characters given before, begins a cluster. True for the
  // first.
  bool begins_cluster(char32_t value);

 private:
  // What a character is to its neighbours; one of them, in the order of the rules.
  enum class Kind : std::uint8_t {
    kOther,
    kCarriageReturn,
    kLineFeed,
    kControl,
    kExtend,
    kJoiner,  // U+200D
    kRegional,
    kPrepend,
    kHangulLead,
    kHangulVowel,
    kHangulTail,
    kHangulLeadVowel,
    kHangulSyllable,
    kPictograph,
  };
  static Kind kind_of(char32_t value);
  bool is_joined(Kind kind, char32_t value) const;
  void remember(Kind kind, char32_t value);

  bool is_start_ = true;
  Kind last_ = Kind::kOther;
  bool has_odd_regionals_ = false;    // The characters before end in an odd number of them.
  bool is_after_pictograph_ = false;  // They end in a pictograph and characters that extend it.
  // They end in an Indic consonant and characters that extend it; a virama is among those.
  bool is_after_consonant_ = false;
  bool is_after_virama_ = false;
};

// The bytes of the cluster that begins `text`, which is valid UTF-8 and not empty.
std::size_t first_cluster_size(std::string_view text);

}  // namespace colvec
