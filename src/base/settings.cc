#include "base/settings.h"

#include "base/nearest.h"

namespace colvec {
namespace {

constexpr std::size_t kNamesMax = 64;

constexpr Words<Policy, 3> kPolicies = {
    {{"skip", Policy::kSkip}, {"keep", Policy::kKeep}, {"error", Policy::kError}}};

constexpr Words<Precision, 5> kPrecisions = {{{"auto", Precision::kAuto},
                                              {"f32", Precision::kF32},
                                              {"bf16", Precision::kBf16},
                                              {"f16", Precision::kF16},
                                              {"int8", Precision::kInt8}}};

}  // namespace

Status read_text(const Json& value, std::string* out) {
  COLVEC_ASSIGN(*out, value.as_string());
  if (out->empty()) return value.wrong("must not be empty");
  if (out->find('\0') != std::string::npos) return value.wrong("must not hold a NUL byte");
  return {};
}

Status read_whole(const Json& value, std::uint64_t min, std::uint64_t max, std::size_t* out) {
  const Result<std::uint64_t> number = value.as_unsigned();
  if (!number || *number < min || *number > max)
    return value.wrong("must be a whole number from " + std::to_string(min) + " to " +
                       std::to_string(max));
  *out = *number;
  return {};
}

Status read_boolean(const Json& value, bool* out) {
  COLVEC_ASSIGN(*out, value.as_boolean());
  return {};
}

Status read_names(const Json& value, std::vector<std::string>* out) {
  out->clear();
  if (value.is_string()) return read_text(value, &out->emplace_back());
  if (!value.is_array() || value.size() == 0 || value.size() > kNamesMax)
    return value.wrong("must be a column name or a list of 1 to 64 column names");
  for (std::size_t i = 0; i < value.size(); ++i)
    COLVEC_TRY(read_text(value.element(i), &out->emplace_back()));
  return {};
}

Status read_policy(const Json& value, Policy* out) { return read_word(value, kPolicies, out); }

Status read_precision(const Json& value, Precision* out) {
  return read_word(value, kPrecisions, out);
}

tl::unexpected<Error> unknown_key(const std::string& where, std::string_view key,
                                  std::span<const std::string_view> known) {
  const std::string nearest = nearest_name(key, known);
  return fail(ErrorCode::kInvalidArgument,
              where + ": unknown key: " + std::string(key) +
                  (nearest.empty() ? "" : " (did you mean " + nearest + "?)"));
}

}  // namespace colvec
