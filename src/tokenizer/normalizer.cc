#include "tokenizer/normalizer.h"

#include <string_view>

#include "base/check.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

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

struct Type {
  std::string_view name;
  Result<Normalizer> (*parse)(const Json& json);
};

// All types that we have.
constexpr Type kTypes[] = {
    {"BertNormalizer", parse_bert},
    {"Sequence", parse_sequence},
    {"Lowercase", [](const Json&) { return Result<Normalizer>({NormalizerStep::kLowercase}); }},
    {"NFD", [](const Json&) { return Result<Normalizer>({NormalizerStep::kDecompose}); }},
    {"StripAccents",
     [](const Json&) { return Result<Normalizer>({NormalizerStep::kRemoveMarks}); }},
};

}  // namespace

Normalizer bert_normalizer(const BertOptions& options) {
  Normalizer steps;
  if (options.clean_text) steps.push_back(NormalizerStep::kClean);
  if (options.handle_chinese_chars) steps.push_back(NormalizerStep::kSpaceChinese);
  if (options.strip_accents) {
    steps.push_back(NormalizerStep::kDecompose);
    steps.push_back(NormalizerStep::kRemoveNonspacingMarks);
  }
  if (options.lowercase) steps.push_back(NormalizerStep::kLowercase);
  return steps;
}

Result<Normalizer> parse_normalizer(const Json& json) {
  if (json.is_null()) return Normalizer();
  COLVEC_ASSIGN(const std::string name, json.string("type"));
  for (const Type& type : kTypes)
    if (type.name == name) return type.parse(json);
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown type: " + name);
}

std::u32string apply_step(NormalizerStep step, std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    const std::uint16_t bits = properties_of(c);
    switch (step) {
      case NormalizerStep::kClean:
        if ((bits & kRemovedByCleaning) == 0) out.push_back((bits & kWhitespace) != 0 ? U' ' : c);
        break;
      case NormalizerStep::kSpaceChinese:
        if ((bits & kChinese) != 0) {
          out.append({U' ', c, U' '});
        } else {
          out.push_back(c);
        }
        break;
      case NormalizerStep::kDecompose:
        append_decomposed(c, &out);
        break;
      case NormalizerStep::kRemoveNonspacingMarks:
        if ((bits & kNonspacingMark) == 0) out.push_back(c);
        break;
      case NormalizerStep::kRemoveMarks:
        if ((bits & kMark) == 0) out.push_back(c);
        break;
      case NormalizerStep::kLowercase:
        append_lowercase(c, &out);
        break;
    }
  }
  return out;
}

std::u32string normalize(const Normalizer& normalizer, std::u32string_view text) {
  std::u32string current(text);
  for (const NormalizerStep step : normalizer) {
    current = apply_step(step, current);
    if (step == NormalizerStep::kDecompose) reorder_marks(&current);
  }
  return current;
}

}  // namespace colvec
