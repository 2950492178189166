#include "store/store_model.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/sealed_json.h"
#include "store/vector_set.h"

namespace colvec {
namespace {

Status check(const StoreModel& model, std::string_view json, const Json& parsed,
             const std::string& where) {
  if (!is_fingerprint(model.fingerprint))
    return fail(ErrorCode::kCorruption, where + ": fingerprint: not 64 hex digits");
  return parsed.has("xxh3_128") ? check_seal(json, where) : Status();
}

}  // namespace

std::string to_json(const StoreModel& model) {
  return seal_json(fmt::format(R"({{"fingerprint":{},"name":{},"dimension":{},"made_of":{}}})",
                               json_quote(model.fingerprint), json_quote(model.name),
                               model.dimension, model.made_of.empty() ? "null" : model.made_of));
}

Result<StoreModel> parse_store_model(std::string_view json, const std::string& where) {
  const auto as_corruption = [](Error error) {
    error.code = ErrorCode::kCorruption;
    return tl::make_unexpected(std::move(error));
  };
  const auto parse = [&]() -> Result<StoreModel> {
    COLVEC_ASSIGN(const Json parsed, Json::parse(json, where));
    StoreModel model;
    COLVEC_ASSIGN(model.fingerprint, parsed.string("fingerprint"));
    COLVEC_ASSIGN(model.name, parsed.string("name"));
    COLVEC_ASSIGN(model.dimension, parsed.unsigned_number("dimension"));
    COLVEC_ASSIGN(const std::optional<Json> made_of, parsed.find("made_of"));
    if (made_of) model.made_of = made_of->dump();
    COLVEC_TRY(check(model, json, parsed, where));
    return model;
  };
  Result<StoreModel> model = parse();
  if (!model) return as_corruption(std::move(model).error());
  return model;
}

}  // namespace colvec
