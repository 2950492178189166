#include "store/active_model.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace colvec {
namespace {

constexpr const char* kModel = "colvec.activeModel";
constexpr const char* kPrecision = "colvec.activePrecision";
constexpr const char* kSince = "colvec.activeSince";

std::string value_of(const DeltaMetaData& meta_data, const char* key) {
  const auto found = meta_data.configuration.find(key);
  return found == meta_data.configuration.end() ? "" : found->second;
}

std::int64_t since_of(const DeltaMetaData& meta_data) {
  const std::string text = value_of(meta_data, kSince);
  std::int64_t since = 0;
  std::from_chars(text.data(), text.data() + text.size(), since);
  return since;
}

void set(const char* key, const std::string& value, DeltaMetaData* meta_data) {
  if (value.empty())
    meta_data->configuration.erase(key);
  else
    meta_data->configuration[key] = value;
}

// The setting as replicas compare it: of two that were made at once, all take the same.
std::tuple<std::int64_t, std::string, std::string> setting_of(const DeltaMetaData& meta_data) {
  return {since_of(meta_data), value_of(meta_data, kModel), value_of(meta_data, kPrecision)};
}

}  // namespace

std::optional<VectorSet> active_set_of(const DeltaMetaData& meta_data) {
  constexpr std::size_t kModelChars = 17;
  const std::string model = value_of(meta_data, kModel);
  if (model.size() < kModelChars) return std::nullopt;
  const std::string precision = value_of(meta_data, kPrecision);
  return VectorSet{model.substr(0, kModelChars), precision.empty() ? "f32" : precision};
}

std::optional<DeltaMetaData> with_active(const DeltaMetaData& meta_data,
                                         const std::string& fingerprint,
                                         const std::string& precision, std::int64_t now_ms) {
  const std::string model = "f" + fingerprint;
  if (value_of(meta_data, kModel) == model && value_of(meta_data, kPrecision) == precision)
    return std::nullopt;
  DeltaMetaData changed = meta_data;
  set(kModel, model, &changed);
  set(kPrecision, precision, &changed);
  set(kSince, std::to_string(std::max(now_ms, since_of(meta_data) + 1)), &changed);
  return changed;
}

std::optional<DeltaMetaData> with_newer_active(const DeltaMetaData& meta_data,
                                               const DeltaMetaData& other) {
  if (setting_of(other) <= setting_of(meta_data)) return std::nullopt;
  DeltaMetaData changed = meta_data;
  for (const char* key : {kModel, kPrecision, kSince}) set(key, value_of(other, key), &changed);
  return changed;
}

std::optional<DeltaMetaData> with_past_active(const DeltaMetaData& meta_data,
                                              const DeltaMetaData& past, std::int64_t now_ms) {
  if (value_of(meta_data, kModel) == value_of(past, kModel) &&
      value_of(meta_data, kPrecision) == value_of(past, kPrecision))
    return std::nullopt;
  DeltaMetaData changed = meta_data;
  for (const char* key : {kModel, kPrecision}) set(key, value_of(past, key), &changed);
  set(kSince, std::to_string(std::max(now_ms, since_of(meta_data) + 1)), &changed);
  return changed;
}

}  // namespace colvec
