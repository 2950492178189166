#include "store/store_model.h"

#include <fmt/format.h>

#include <span>

#include "base/hash.h"
#include "base/json.h"
#include "store/vector_set.h"

namespace colvec {
namespace {

constexpr std::string_view kChecksumMember = ",\"xxh3_128\":";

std::string checksum_of(std::string_view json) { return xxh3_hex(std::as_bytes(std::span(json))); }

Status check(const StoreModel& model, std::string_view json, const Json& parsed,
             const std::string& where) {
  if (!is_fingerprint(model.fingerprint))
    return fail(ErrorCode::kCorruption, where + ": fingerprint: not 64 hex digits");
  if (!parsed.has("xxh3_128")) return {};
  COLVEC_ASSIGN(const std::string checksum, parsed.string("xxh3_128"));
  if (checksum != checksum_of(json.substr(0, json.rfind(kChecksumMember))))
    return fail(ErrorCode::kCorruption, where + ": damaged: its checksum does not fit");
  return {};
}

}  // namespace

std::string to_json(const StoreModel& model) {
  const std::string json = fmt::format(
      R"({{"fingerprint":{},"name":{},"dimension":{},"made_of":{})", json_quote(model.fingerprint),
      json_quote(model.name), model.dimension, model.made_of.empty() ? "null" : model.made_of);
  return fmt::format("{}{}\"{}\"}}\n", json, kChecksumMember, checksum_of(json));
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
