#include "tokenizer/post_processor.h"

#include <limits>
#include <string_view>

namespace colvec {
namespace {

Result<TokenId> as_token_id(const Json& json) {
  COLVEC_ASSIGN(const std::uint64_t id, json.as_unsigned());
  if (id > std::numeric_limits<TokenId>::max()) return json.wrong("not a token id");
  return static_cast<TokenId>(id);
}

// A pair ["[SEP]", 102].
Result<TokenId> parse_named_id(const Json& json, std::string_view key) {
  COLVEC_ASSIGN(const Json pair, json.member(key));
  if (!pair.is_array() || pair.size() != 2) return pair.wrong("not a pair of a token and its id");
  return as_token_id(pair.element(1));
}

// BertProcessing and RobertaProcessing differ in pairs of texts and offsets only.
Result<SpecialTokens> parse_cls_sep(const Json& json) {
  COLVEC_ASSIGN(const TokenId cls, parse_named_id(json, "cls"));
  COLVEC_ASSIGN(const TokenId sep, parse_named_id(json, "sep"));
  return SpecialTokens{.before = {cls}, .after = {sep}};
}

// The ids of the special token that `piece` names.
Result<std::vector<TokenId>> ids_of_piece(const Json& piece, const Json& special_tokens) {
  COLVEC_ASSIGN(const std::string name, piece.string("id"));
  COLVEC_ASSIGN(const Json special, special_tokens.member(name));
  COLVEC_ASSIGN(const Json list, special.member("ids"));
  if (!list.is_array()) return list.wrong("not an array");
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < list.size(); ++i) {
    COLVEC_ASSIGN(const TokenId id, as_token_id(list.element(i)));
    ids.push_back(id);
  }
  return ids;
}

Result<SpecialTokens> parse_template(const Json& json) {
  COLVEC_ASSIGN(const Json pieces, json.member("single"));
  if (!pieces.is_array()) return pieces.wrong("not an array");
  COLVEC_ASSIGN(const Json special_tokens, json.member("special_tokens"));
  SpecialTokens found;
  bool has_text = false;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Json piece = pieces.element(i);
    if (piece.has("Sequence")) {
      COLVEC_ASSIGN(const Json sequence, piece.member("Sequence"));
      COLVEC_ASSIGN(const std::string id, sequence.string("id"));
      if (id != "A" || has_text) return pieces.wrong("not a template with the sequence A once");
      has_text = true;
    } else {
      COLVEC_ASSIGN(const Json special, piece.member("SpecialToken"));
      COLVEC_ASSIGN(const std::vector<TokenId> ids, ids_of_piece(special, special_tokens));
      std::vector<TokenId>& side = has_text ? found.after : found.before;
      side.insert(side.end(), ids.begin(), ids.end());
    }
  }
  if (!has_text) return pieces.wrong("not a template with the sequence A once");
  return found;
}

// Only offsets.
Result<SpecialTokens> parse_byte_level(const Json&) { return SpecialTokens(); }

// Each puts its tokens around what those before it made.
Result<SpecialTokens> parse_sequence(const Json& json) {
  COLVEC_ASSIGN(const Json parts, json.member("processors"));
  if (!parts.is_array()) return parts.wrong("not an array");
  SpecialTokens all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    COLVEC_ASSIGN(const SpecialTokens part, parse_post_processor(parts.element(i)));
    all.before.insert(all.before.begin(), part.before.begin(), part.before.end());
    all.after.insert(all.after.end(), part.after.begin(), part.after.end());
  }
  return all;
}

struct Type {
  std::string_view name;
  Result<SpecialTokens> (*parse)(const Json& json);
};

// All types that we have.
constexpr Type kTypes[] = {
    {"TemplateProcessing", parse_template}, {"BertProcessing", parse_cls_sep},
    {"RobertaProcessing", parse_cls_sep},   {"ByteLevel", parse_byte_level},
    {"Sequence", parse_sequence},
};

}  // namespace

Result<SpecialTokens> parse_post_processor(const Json& json) {
  if (json.is_null()) return SpecialTokens();
  COLVEC_ASSIGN(const std::string name, json.string("type"));
  for (const Type& type : kTypes)
    if (type.name == name) return type.parse(json);
  return fail(ErrorCode::kUnsupported, json.where() + ": unknown type: " + name);
}

}  // namespace colvec
