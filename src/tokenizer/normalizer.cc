#include "tokenizer/normalizer.h"

#include <algorithm>
#include <string_view>

#include "base/base64.h"
#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/grapheme.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

bool is_space(char32_t c) { return (properties_of(c) & kWhitespace) != 0; }

Result<Normalizer> parse_bert(const Json& json) {
  BertOptions options;
  COLVEC_ASSIGN(options.clean_text, json.boolean_or("clean_text", true));
  COLVEC_ASSIGN(options.handle_chinese_chars, json.boolean_or("handle_chinese_chars", true));
  COLVEC_ASSIGN(options.lowercase, json.boolean_or("lowercase", true));
  COLVEC_ASSIGN(options.strip_accents, json.boolean_or("strip_accents", options.lowercase));
  return bert_normalizer(options);
}

Result<Normalizer> parse_sequence(const Json& json) {
  COLVEC_ASSIGN(const Json parts, json.member("normalizers"));
  if (!parts.is_array()) return parts.wrong("not an array");
  Normalizer all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    COLVEC_ASSIGN(const Normalizer part, parse_normalizer(parts.element(i)));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Result<Normalizer> parse_strip(const Json& json) {
  COLVEC_ASSIGN(const bool left, json.boolean("strip_left"));
  COLVEC_ASSIGN(const bool right, json.boolean("strip_right"));
  Normalizer steps;
  if (left) steps.emplace_back(NormalizerKind::kStripLeft);
  if (right) steps.emplace_back(NormalizerKind::kStripRight);
  return steps;
}

Result<Normalizer> parse_precompiled(const Json& json) {
  COLVEC_ASSIGN(const Json field, json.member("precompiled_charsmap"));
  COLVEC_ASSIGN(const std::string text, field.as_string());
  const auto bytes = decode_base64(text);
  if (!bytes) return at(field.where(), bytes.error());
  auto map = Charsmap::parse(*bytes);
  if (!map) return at(json.where(), map.error());
  NormalizerStep step = NormalizerKind::kPrecompiled;
  step.charsmap = std::make_shared<const Charsmap>(*std::move(map));
  return Normalizer{std::move(step)};
}

// The regular expressions that a Replace may have, each a run of white space.
struct RunPattern {
  std::string_view regex;
  std::size_t run_min;
  bool is_blank_only;
};
constexpr RunPattern kRunPatterns[] = {{"\\s+", 1, false}, {" {2,}", 2, true}, {" +", 1, true}};

Result<Normalizer> parse_replace(const Json& json) {
  COLVEC_ASSIGN(const std::string content, json.string("content"));
  COLVEC_ASSIGN(const Json pattern, json.member("pattern"));
  if (pattern.has("String")) {
    COLVEC_ASSIGN(const std::string text, pattern.string("String"));
    if (text.empty()) return pattern.wrong("an empty pattern");
    return Normalizer{replace_step(decode_utf32(text), decode_utf32(content))};
  }
  COLVEC_ASSIGN(const std::string regex, pattern.string("Regex"));
  for (const RunPattern& known : kRunPatterns) {
    if (known.regex != regex) continue;
    NormalizerStep step = NormalizerKind::kReplaceSpaces;
    step.content = decode_utf32(content);
    step.run_min = known.run_min;
    step.is_blank_only = known.is_blank_only;
    return Normalizer{std::move(step)};
  }
  return fail(ErrorCode::kUnsupported, pattern.where() + ": unknown regular expression: " + regex);
}

Result<Normalizer> parse_prepend(const Json& json) {
  COLVEC_ASSIGN(const std::string content, json.string("prepend"));
  return Normalizer{prepend_step(decode_utf32(content))};
}

template <NormalizerKind kKind>
Result<Normalizer> one_step(const Json&) {
  return Normalizer{kKind};
}

struct Type {
  std::string_view name;
  Result<Normalizer> (*parse)(const Json& json);
};

// All types that we have.
constexpr Type kTypes[] = {
    {"BertNormalizer", parse_bert},
    {"Sequence", parse_sequence},
    {"Lowercase", one_step<NormalizerKind::kLowercase>},
    {"NFC", one_step<NormalizerKind::kCompose>},
    {"NFD", one_step<NormalizerKind::kDecompose>},
    {"NFKC", one_step<NormalizerKind::kComposeCompatibly>},
    {"NFKD", one_step<NormalizerKind::kDecomposeCompatibly>},
    {"Nmt", one_step<NormalizerKind::kNmt>},
    {"Precompiled", parse_precompiled},
    {"Prepend", parse_prepend},
    {"Replace", parse_replace},
    {"Strip", parse_strip},
    {"StripAccents", one_step<NormalizerKind::kRemoveMarks>},
    {"ByteLevel", one_step<NormalizerKind::kByteChars>},
};

bool is_removed_by_nmt(char32_t c) {
  return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
         c == 0x9F;
}

bool is_blank_to_nmt(char32_t c) {
  return c == 0x9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

// What a step has read and written; knows which of the output comes from the start of the input.
class StepOutput {
 public:
  explicit StepOutput(std::size_t start_count) : start_count_(start_count) {}
  // Begins what comes from input up to `consumed`, exclusively; its first character is `from`.
  std::u32string* from(std::size_t from) {
    if (from < start_count_) return &out_.text;
    if (!is_counted_) out_.start_count = out_.text.size();
    is_counted_ = true;
    return &out_.text;
  }
  NormalText finish() {
    if (!is_counted_) out_.start_count = out_.text.size();
    return std::move(out_);
  }

 private:
  std::size_t start_count_;
  bool is_counted_ = false;
  NormalText out_;
};

NormalText map_chars(NormalizerKind kind, const NormalText& in) {
  StepOutput out(in.start_count);
  for (std::size_t i = 0; i < in.text.size(); ++i) append_step(kind, in.text[i], out.from(i));
  return out.finish();
}

NormalText change_form(NormalizerKind kind, const NormalText& in) {
  NormalText out = map_chars(kind, in);
  reorder_marks(&out.text);
  if (kind == NormalizerKind::kCompose || kind == NormalizerKind::kComposeCompatibly)
    compose(&out.text);
  out.start_count = std::min(out.start_count, out.text.size());
  return out;
}

// Counts characters as the reference does, which says of each that it writes how it came to be: 0
// in the place of a character that was read, 1 between two, -n for n + 1 that were read. What is
// removed is added to the character before it; at the start of a text it is forgotten.
class ReplacementLog {
 public:
  void replace(std::size_t old_count, std::u32string_view by) {
    for (std::size_t k = 0; k < by.size(); ++k) written_.push_back({by[k], k < old_count ? 0 : 1});
    if (by.size() < old_count && !written_.empty())
      written_.back().change -= static_cast<std::ptrdiff_t>(old_count - by.size());
  }

  // The text, and how many characters at its start come from the first `start_count` that were
  // read.
  NormalText finish(std::size_t start_count) const {
    NormalText out;
    std::size_t read = 0;
    bool is_start = true;
    for (const Written& written : written_) {
      const std::size_t source = written.change > 0 ? std::max<std::size_t>(read, 1) - 1 : read;
      if (written.change <= 0) read += 1 + static_cast<std::size_t>(-written.change);
      out.text += written.value;
      is_start = is_start && source < start_count;
      if (is_start) out.start_count = out.text.size();
    }
    return out;
  }

 private:
  struct Written {
    char32_t value;
    std::ptrdiff_t change;
  };
  std::vector<Written> written_;
};

NormalText precompile(const Charsmap& charsmap, const NormalText& in) {
  ReplacementLog log;
  GraphemeBreaker breaker;
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < in.text.size(); ++i)
    if (breaker.begins_cluster(in.text[i])) starts.push_back(i);
  starts.push_back(in.text.size());
  for (std::size_t k = 0; k + 1 < starts.size(); ++k) {
    const std::u32string_view cluster =
        std::u32string_view(in.text).substr(starts[k], starts[k + 1] - starts[k]);
    const std::string bytes = encode_utf32(cluster);
    if (bytes.size() <= kClusterBytesMax) {
      if (const auto found = charsmap.find(bytes)) {
        log.replace(cluster.size(), decode_utf32(*found));
        continue;
      }
    }
    for (const char32_t c : cluster) {
      const std::u32string one(1, c);
      const auto found = charsmap.find(encode_utf32(one));
      log.replace(1, found ? decode_utf32(*found) : one);
    }
  }
  return log.finish(in.start_count);
}

// Each match [i, i + match_at(i)) is replaced; 0 is no match. What is put there comes from the last
// character that it replaces.
template <typename MatchAt>
NormalText replace_matches(const NormalText& in, std::u32string_view content, MatchAt match_at) {
  StepOutput out(in.start_count);
  for (std::size_t i = 0; i < in.text.size();) {
    const std::size_t size = match_at(i);
    if (size == 0) {
      out.from(i)->push_back(in.text[i]);
      ++i;
    } else {
      out.from(i + size - 1)->append(content);
      i += size;
    }
  }
  return out.finish();
}

NormalText replace(const NormalizerStep& step, const NormalText& in) {
  const std::u32string_view text = in.text;
  if (step.kind == NormalizerKind::kReplace)
    return replace_matches(in, step.content, [&](std::size_t i) {
      return text.substr(i).starts_with(step.pattern) ? step.pattern.size() : std::size_t{0};
    });
  const auto is_in_run = [&](char32_t c) { return step.is_blank_only ? c == U' ' : is_space(c); };
  return replace_matches(in, step.content, [&](std::size_t i) {
    std::size_t end = i;
    while (end < text.size() && is_in_run(text[end])) ++end;
    return end - i >= step.run_min ? end - i : std::size_t{0};
  });
}

NormalText strip(NormalizerKind kind, NormalText in) {
  std::size_t begin = 0;
  std::size_t end = in.text.size();
  if (kind == NormalizerKind::kStripLeft)
    while (begin < end && is_space(in.text[begin])) ++begin;
  if (kind == NormalizerKind::kStripRight)
    while (end > begin && is_space(in.text[end - 1])) --end;
  in.text = in.text.substr(begin, end - begin);
  in.start_count = std::min(in.start_count - std::min(begin, in.start_count), in.text.size());
  return in;
}

NormalText apply(const NormalizerStep& step, NormalText in) {
  switch (step.kind) {
    case NormalizerKind::kDecompose:
    case NormalizerKind::kDecomposeCompatibly:
    case NormalizerKind::kCompose:
    case NormalizerKind::kComposeCompatibly:
      return change_form(step.kind, in);
    case NormalizerKind::kPrecompiled:
      return precompile(*step.charsmap, in);
    case NormalizerKind::kReplace:
    case NormalizerKind::kReplaceSpaces:
      return replace(step, in);
    case NormalizerKind::kStripLeft:
    case NormalizerKind::kStripRight:
      return strip(step.kind, std::move(in));
    case NormalizerKind::kPrepend:
      if (in.text.empty()) return in;
      if (in.start_count > 0) in.start_count += step.content.size();
      in.text.insert(0, step.content);
      return in;
    default:
      return map_chars(step.kind, in);
  }
}

}  // namespace

Normalizer bert_normalizer(const BertOptions& options) {
  Normalizer steps;
  if (options.clean_text) steps.emplace_back(NormalizerKind::kClean);
  if (options.handle_chinese_chars) steps.emplace_back(NormalizerKind::kSpaceChinese);
  if (options.strip_accents) {
    steps.emplace_back(NormalizerKind::kDecompose);
    steps.emplace_back(NormalizerKind::kRemoveNonspacingMarks);
  }
  if (options.lowercase) steps.emplace_back(NormalizerKind::kLowercase);
  return steps;
}

NormalizerStep replace_step(std::u32string pattern, std::u32string content) {
  NormalizerStep step = NormalizerKind::kReplace;
  step.pattern = std::move(pattern);
  step.content = std::move(content);
  return step;
}

NormalizerStep replace_blanks_step(std::size_t run_min, std::u32string content) {
  NormalizerStep step = NormalizerKind::kReplaceSpaces;
  step.content = std::move(content);
  step.run_min = run_min;
  step.is_blank_only = true;
  return step;
}

NormalizerStep prepend_step(std::u32string content) {
  NormalizerStep step = NormalizerKind::kPrepend;
  step.content = std::move(content);
  return step;
}

Result<Normalizer> parse_normalizer(const Json& json) {
  if (json.is_null()) return Normalizer();
  COLVEC_ASSIGN(const std::string name, json.string("type"));
  for (const Type& type : kTypes)
    if (type.name == name) return type.parse(json);
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown type: " + name);
}

bool is_charwise(NormalizerKind kind) {
  switch (kind) {
    case NormalizerKind::kClean:
    case NormalizerKind::kSpaceChinese:
    case NormalizerKind::kDecompose:
    case NormalizerKind::kRemoveNonspacingMarks:
    case NormalizerKind::kRemoveMarks:
    case NormalizerKind::kLowercase:
    case NormalizerKind::kNmt:
      return true;
    default:
      return false;
  }
}

void append_step(NormalizerKind kind, char32_t c, std::u32string* out) {
  const std::uint32_t bits = properties_of(c);
  switch (kind) {
    case NormalizerKind::kClean:
      if ((bits & kRemovedByCleaning) == 0) out->push_back((bits & kWhitespace) != 0 ? U' ' : c);
      break;
    case NormalizerKind::kSpaceChinese:
      if ((bits & kChinese) != 0) {
        out->append({U' ', c, U' '});
      } else {
        out->push_back(c);
      }
      break;
    case NormalizerKind::kDecompose:
    case NormalizerKind::kCompose:
      append_decomposed(c, out);
      break;
    case NormalizerKind::kDecomposeCompatibly:
    case NormalizerKind::kComposeCompatibly:
      append_decomposed_compatibly(c, out);
      break;
    case NormalizerKind::kRemoveNonspacingMarks:
      if ((bits & kNonspacingMark) == 0) out->push_back(c);
      break;
    case NormalizerKind::kRemoveMarks:
      if ((bits & kMark) == 0) out->push_back(c);
      break;
    case NormalizerKind::kLowercase:
      append_lowercase(c, out);
      break;
    case NormalizerKind::kNmt:
      if (!is_removed_by_nmt(c)) out->push_back(is_blank_to_nmt(c) ? U' ' : c);
      break;
    case NormalizerKind::kByteChars: {
      std::string bytes;
      append_utf8(c, &bytes);
      for (const char byte : bytes) out->push_back(char_of_byte(static_cast<unsigned char>(byte)));
      break;
    }
    default:
      COLVEC_CHECK(false);
  }
}

NormalText normalize_with_start(const Normalizer& normalizer, std::u32string_view text) {
  NormalText current{.text = std::u32string(text), .start_count = text.empty() ? 0u : 1u};
  for (const NormalizerStep& step : normalizer) current = apply(step, std::move(current));
  return current;
}

std::u32string normalize(const Normalizer& normalizer, std::u32string_view text) {
  return normalize_with_start(normalizer, text).text;
}

}  // namespace colvec
