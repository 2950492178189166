#include "tokenizer/pre_tokenizer.h"

#include "base/check.h"
#include "tokenizer/unicode.h"

namespace colvec {
namespace {

struct Type {
  std::string_view name;
  PreTokenizer value;
};

// All types that we have.
constexpr Type kTypes[] = {
    {"BertPreTokenizer", PreTokenizer::kBert},
    {"Whitespace", PreTokenizer::kWhitespace},
    {"WhitespaceSplit", PreTokenizer::kWhitespaceSplit},
};

}  // namespace

Result<PreTokenizer> parse_pre_tokenizer(const Json& json) {
  if (json.is_null()) return PreTokenizer::kNone;
  COLVEC_ASSIGN(const std::string name, json.string("type"));
  for (const Type& type : kTypes)
    if (type.name == name) return type.value;
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown type: " + name);
}

CharClass char_class(PreTokenizer pre_tokenizer, char32_t value) {
  if (pre_tokenizer == PreTokenizer::kNone) return CharClass::kWord;
  const std::uint16_t bits = properties_of(value);
  if ((bits & kWhitespace) != 0) return CharClass::kSeparator;
  if (pre_tokenizer == PreTokenizer::kBert && (bits & kPunctuation) != 0) return CharClass::kAlone;
  if (pre_tokenizer == PreTokenizer::kWhitespace && (bits & kWordCharacter) == 0)
    return CharClass::kSymbol;
  return CharClass::kWord;
}

std::vector<std::u32string_view> split_words(PreTokenizer pre_tokenizer, std::u32string_view text) {
  std::vector<std::u32string_view> words;
  for (std::size_t i = 0; i < text.size();) {
    const CharClass kind = char_class(pre_tokenizer, text[i]);
    const std::size_t start = i++;
    if (kind == CharClass::kSeparator) continue;
    if (kind != CharClass::kAlone)
      while (i < text.size() && char_class(pre_tokenizer, text[i]) == kind) ++i;
    words.push_back(text.substr(start, i - start));
  }
  return words;
}

}  // namespace colvec
