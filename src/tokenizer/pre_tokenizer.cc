#include "tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

constexpr char32_t kBlank = U' ';

// Reads a member that is one of `names`, whose places are the values of T.
template <typename T, std::size_t kCount>
Result<T> parse_choice(const Json& json, const std::string_view (&names)[kCount]) {
  COLVEC_ASSIGN(const std::string name, json.as_string());
  for (std::size_t i = 0; i < kCount; ++i)
    if (names[i] == name) return static_cast<T>(i);
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown value: " + name);
}

Result<SplitBehavior> parse_behavior(const Json& json) {
  static constexpr std::string_view kNames[] = {"Removed", "Isolated", "MergedWithPrevious",
                                                "MergedWithNext", "Contiguous"};
  COLVEC_ASSIGN(const Json behavior, json.member("behavior"));
  return parse_choice<SplitBehavior>(behavior, kNames);
}

Result<PreTokenizer> parse_metaspace(const Json& json) {
  static constexpr std::string_view kSchemes[] = {"always", "first", "never"};
  PreTokenizerStep step = PreTokenizerKind::kMetaspace;
  COLVEC_ASSIGN(const Json replacement, json.member("replacement"));
  COLVEC_ASSIGN(const std::string text, replacement.as_string());
  const std::u32string characters = decode_utf32(text);
  if (characters.size() != 1) return replacement.wrong("not one character");
  step.replacement = characters[0];
  COLVEC_ASSIGN(step.splits, json.boolean_or("split", true));
  if (json.has("prepend_scheme")) {
    COLVEC_ASSIGN(const Json scheme, json.member("prepend_scheme"));
    COLVEC_ASSIGN(step.prepend, parse_choice<PrependScheme>(scheme, kSchemes));
  }
  // The older name; where both are there, they agree.
  COLVEC_ASSIGN(const bool adds, json.boolean_or("add_prefix_space", true));
  if (!adds && json.has("prepend_scheme") && step.prepend != PrependScheme::kNever)
    return fail(ErrorCode::kInvalidArgument,
                json.where() + ": add_prefix_space: false, but prepend_scheme is not never");
  if (!adds) step.prepend = PrependScheme::kNever;
  return PreTokenizer{std::move(step)};
}

Result<PreTokenizer> parse_byte_level(const Json& json) {
  COLVEC_ASSIGN(const bool adds_blank, json.boolean("add_prefix_space"));
  COLVEC_ASSIGN(const bool has_pattern, json.boolean_or("use_regex", true));
  return PreTokenizer{byte_level_step(adds_blank, has_pattern)};
}

Result<PreTokenizer> parse_split(const Json& json) {
  PreTokenizerStep step = PreTokenizerKind::kSplit;
  COLVEC_ASSIGN(step.behavior, parse_behavior(json));
  COLVEC_ASSIGN(step.is_inverted, json.boolean("invert"));
  COLVEC_ASSIGN(const Json pattern, json.member("pattern"));
  if (pattern.has("String")) {
    COLVEC_ASSIGN(const std::string text, pattern.string("String"));
    if (text.empty()) return pattern.wrong("an empty pattern");
    step.text = decode_utf32(text);
    return PreTokenizer{std::move(step)};
  }
  COLVEC_ASSIGN(const std::string regex, pattern.string("Regex"));
  const auto known = find_split_pattern(regex);
  if (!known)
    return fail(ErrorCode::kUnsupported,
                pattern.where() + ": unknown regular expression: " + regex);
  step.pattern = *known;
  return PreTokenizer{std::move(step)};
}

Result<PreTokenizer> parse_digits(const Json& json) {
  PreTokenizerStep step = PreTokenizerKind::kDigits;
  COLVEC_ASSIGN(const bool is_each, json.boolean("individual_digits"));
  step.behavior = is_each ? SplitBehavior::kIsolated : SplitBehavior::kContiguous;
  return PreTokenizer{std::move(step)};
}

Result<PreTokenizer> parse_punctuation(const Json& json) {
  PreTokenizerStep step = PreTokenizerKind::kPunctuation;
  if (json.has("behavior")) {
    COLVEC_ASSIGN(step.behavior, parse_behavior(json));
  }
  return PreTokenizer{std::move(step)};
}

Result<PreTokenizer> parse_sequence(const Json& json) {
  COLVEC_ASSIGN(const Json parts, json.member("pretokenizers"));
  if (!parts.is_array()) return parts.wrong("not an array");
  PreTokenizer all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    COLVEC_ASSIGN(const PreTokenizer part, parse_pre_tokenizer(parts.element(i)));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

template <PreTokenizerKind kKind>
Result<PreTokenizer> one_step(const Json&) {
  return PreTokenizer{kKind};
}

struct Type {
  std::string_view name;
  Result<PreTokenizer> (*parse)(const Json& json);
};

// All types that we have.
constexpr Type kTypes[] = {
    {"BertPreTokenizer", one_step<PreTokenizerKind::kBert>},
    {"ByteLevel", parse_byte_level},
    {"Digits", parse_digits},
    {"Metaspace", parse_metaspace},
    {"Punctuation", parse_punctuation},
    {"Sequence", parse_sequence},
    {"Split", parse_split},
    {"Whitespace", one_step<PreTokenizerKind::kWhitespace>},
    {"WhitespaceSplit", one_step<PreTokenizerKind::kWhitespaceSplit>},
};

// The part [begin, end) of a text; whether it separates others.
struct Match {
  std::size_t begin;
  std::size_t end;
  bool is_separator;
};

// All of a text in matches and what lies between them.
class MatchList {
 public:
  explicit MatchList(bool is_inverted) : is_inverted_(is_inverted) {}
  void add(std::size_t begin, std::size_t end) {
    add_gap(begin);
    matches_.push_back({begin, end, !is_inverted_});
    done_ = end;
  }
  std::vector<Match> finish(std::size_t size) {
    add_gap(size);
    return std::move(matches_);
  }

 private:
  void add_gap(std::size_t end) {
    if (done_ < end) matches_.push_back({done_, end, is_inverted_});
    done_ = end;
  }
  bool is_inverted_;
  std::size_t done_ = 0;
  std::vector<Match> matches_;
};

std::vector<Match> find_text(std::u32string_view text, std::u32string_view part, bool is_inverted) {
  MatchList list(is_inverted);
  for (std::size_t i = text.find(part); i != std::u32string_view::npos;
       i = text.find(part, i + part.size()))
    list.add(i, i + part.size());
  return list.finish(text.size());
}

std::vector<Match> find_pattern(std::u32string_view text, SplitPattern pattern, bool is_inverted) {
  MatchList list(is_inverted);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = match_end(pattern, text, i);
    list.add(i, end);
    i = end;
  }
  return list.finish(text.size());
}

std::vector<Match> find_property(std::u32string_view text, Property property) {
  MatchList list(false);
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((properties_of(text[i]) & property) != 0) list.add(i, i + 1);
  return list.finish(text.size());
}

using Spans = std::vector<std::pair<std::size_t, std::size_t>>;

// Each separator that follows no other one is joined to the part before it.
Spans merge_with_previous(const std::vector<Match>& matches) {
  Spans spans;
  bool was_separator = false;
  for (const Match& match : matches) {
    if (match.is_separator && !was_separator && !spans.empty()) {
      spans.back().second = match.end;
    } else {
      spans.emplace_back(match.begin, match.end);
    }
    was_separator = match.is_separator;
  }
  return spans;
}

// The same from the end.
Spans merge_with_next(const std::vector<Match>& matches) {
  Spans spans;
  bool was_separator = false;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    if (match->is_separator && !was_separator && !spans.empty()) {
      spans.back().first = match->begin;
    } else {
      spans.emplace_back(match->begin, match->end);
    }
    was_separator = match->is_separator;
  }
  std::reverse(spans.begin(), spans.end());
  return spans;
}

Spans spans_of(const std::vector<Match>& matches, SplitBehavior behavior) {
  if (behavior == SplitBehavior::kMergedWithPrevious) return merge_with_previous(matches);
  if (behavior == SplitBehavior::kMergedWithNext) return merge_with_next(matches);
  Spans spans;
  bool was_separator = false;
  for (const Match& match : matches) {
    const bool continues = behavior == SplitBehavior::kContiguous && !spans.empty() &&
                           match.is_separator == was_separator;
    if (behavior == SplitBehavior::kRemoved && match.is_separator) continue;
    if (continues) {
      spans.back().second = match.end;
    } else {
      spans.emplace_back(match.begin, match.end);
    }
    was_separator = match.is_separator;
  }
  return spans;
}

struct Piece {
  std::u32string text;
  std::size_t start_count;
};

Spans spans_of_classes(PreTokenizerKind kind, std::u32string_view text) {
  Spans spans;
  for (std::size_t i = 0; i < text.size();) {
    const CharClass found = char_class(kind, text[i]);
    const std::size_t start = i++;
    if (found == CharClass::kSeparator) continue;
    if (found != CharClass::kAlone)
      while (i < text.size() && char_class(kind, text[i]) == found) ++i;
    spans.emplace_back(start, i);
  }
  return spans;
}

// Puts `c` before the text.
void prepend(char32_t c, Piece* piece) {
  piece->text.insert(piece->text.begin(), c);
  if (piece->start_count > 0) ++piece->start_count;
}

// Changes the text of the piece as the step does before it splits.
void prepare(const PreTokenizerStep& step, Piece* piece) {
  if (step.kind == PreTokenizerKind::kByteLevel && step.adds_blank && !piece->text.empty() &&
      piece->text[0] != kBlank)
    prepend(kBlank, piece);
  if (step.kind != PreTokenizerKind::kMetaspace) return;
  std::replace(piece->text.begin(), piece->text.end(), kBlank, step.replacement);
  const bool may_prepend = step.prepend == PrependScheme::kAlways ||
                           (step.prepend == PrependScheme::kFirst && piece->start_count > 0);
  if (may_prepend && !piece->text.empty() && piece->text[0] != step.replacement)
    prepend(step.replacement, piece);
}

Spans split(const PreTokenizerStep& step, std::u32string_view text) {
  const Spans whole = {{0, text.size()}};
  switch (step.kind) {
    case PreTokenizerKind::kNone:
    case PreTokenizerKind::kBert:
    case PreTokenizerKind::kWhitespace:
    case PreTokenizerKind::kWhitespaceSplit:
      return spans_of_classes(step.kind, text);
    case PreTokenizerKind::kMetaspace:
      if (!step.splits) return whole;
      return merge_with_next(find_text(text, std::u32string(1, step.replacement), false));
    case PreTokenizerKind::kByteLevel:
      if (!step.has_pattern) return whole;
      return spans_of(find_pattern(text, SplitPattern::kGpt2, false), SplitBehavior::kIsolated);
    case PreTokenizerKind::kSplit:
      return spans_of(step.text.empty() ? find_pattern(text, step.pattern, step.is_inverted)
                                        : find_text(text, step.text, step.is_inverted),
                      step.behavior);
    case PreTokenizerKind::kDigits:
      return spans_of(find_property(text, kNumeric), step.behavior);
    case PreTokenizerKind::kPunctuation:
      return spans_of(find_property(text, kPunctuation), step.behavior);
  }
  COLVEC_CHECK(false);
  return whole;
}

std::u32string bytes_as_chars(std::u32string_view text) {
  std::u32string chars;
  for (const char byte : encode_utf32(text))
    chars += char_of_byte(static_cast<unsigned char>(byte));
  return chars;
}

std::vector<Piece> run_step(const PreTokenizerStep& step, Piece piece) {
  prepare(step, &piece);
  std::vector<Piece> pieces;
  for (const auto& [begin, end] : split(step, piece.text)) {
    if (begin == end) continue;
    const std::size_t start_count = piece.start_count - std::min(begin, piece.start_count);
    pieces.push_back({piece.text.substr(begin, end - begin), std::min(start_count, end - begin)});
    if (step.kind != PreTokenizerKind::kByteLevel) continue;
    pieces.back().text = bytes_as_chars(pieces.back().text);
    pieces.back().start_count = std::min<std::size_t>(pieces.back().start_count, 1);
  }
  return pieces;
}

}  // namespace

PreTokenizerStep metaspace_step(PrependScheme prepend) {
  PreTokenizerStep step = PreTokenizerKind::kMetaspace;
  step.prepend = prepend;
  return step;
}

PreTokenizerStep byte_level_step(bool adds_blank, bool has_pattern) {
  PreTokenizerStep step = PreTokenizerKind::kByteLevel;
  step.adds_blank = adds_blank;
  step.has_pattern = has_pattern;
  return step;
}

PreTokenizerStep pattern_step(SplitPattern pattern) {
  PreTokenizerStep step = PreTokenizerKind::kSplit;
  step.pattern = pattern;
  return step;
}

Result<PreTokenizer> parse_pre_tokenizer(const Json& json) {
  if (json.is_null()) return PreTokenizer();
  COLVEC_ASSIGN(const std::string name, json.string("type"));
  for (const Type& type : kTypes)
    if (type.name == name) return type.parse(json);
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown type: " + name);
}

CharClass char_class(PreTokenizerKind kind, char32_t value) {
  if (kind == PreTokenizerKind::kNone) return CharClass::kWord;
  const std::uint32_t bits = properties_of(value);
  if ((bits & kWhitespace) != 0) return CharClass::kSeparator;
  if (kind == PreTokenizerKind::kBert && (bits & kPunctuation) != 0) return CharClass::kAlone;
  if (kind == PreTokenizerKind::kWhitespace && (bits & kWordCharacter) == 0)
    return CharClass::kSymbol;
  return CharClass::kWord;
}

std::vector<std::u32string> split_words(const PreTokenizer& pre_tokenizer, std::u32string_view text,
                                        std::size_t start_count) {
  std::vector<Piece> pieces;
  if (!text.empty()) pieces.push_back({std::u32string(text), start_count});
  for (const PreTokenizerStep& step : pre_tokenizer) {
    std::vector<Piece> next;
    for (Piece& piece : pieces)
      for (Piece& part : run_step(step, std::move(piece))) next.push_back(std::move(part));
    pieces = std::move(next);
  }
  std::vector<std::u32string> words;
  for (Piece& piece : pieces) words.push_back(std::move(piece.text));
  return words;
}

}  // namespace colvec
