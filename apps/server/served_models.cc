#include "served_models.h"

#include <algorithm>
#include <chrono>

#include "colvec/bundle.h"
#include "colvec/cached_encoder.h"

namespace colvec::server {
namespace {

constexpr std::string_view kDefaultModel = "builtin:lexical";

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::function<void(std::size_t, std::uint64_t)> counter_of(Metrics& metrics) {
  return
      [&metrics](std::size_t texts, std::uint64_t tokens) { metrics.count_batch(texts, tokens); };
}

Result<ServedModel> open_model(const std::string& given, const ServerOptions& options,
                               Metrics& metrics) {
  const auto [name, model] = split_model(given);
  ServedModel served{.name = name, .created = now_seconds(), .batchers = {}};
  Result<std::vector<std::unique_ptr<Encoder>>> encoders =
      open_encoder_dimensions(model, {.precision = options.precision});
  if (!encoders) return at("--model", std::move(encoders).error());
  for (std::unique_ptr<Encoder>& encoder : *encoders) {
    if (!options.store.empty()) {
      COLVEC_ASSIGN(encoder, open_cached_encoder(std::move(encoder),
                                                 {.store = options.store,
                                                  .memory_limit = options.memory_limit,
                                                  .on_cached = [&metrics](std::size_t texts) {
                                                    metrics.count_cached(texts);
                                                  }}));
    }
    served.batchers.push_back(std::make_unique<Batcher>(std::move(encoder), counter_of(metrics)));
  }
  return served;
}

Status open_bundle(const ServerOptions& options, Metrics& metrics,
                   std::vector<ServedModel>* models) {
  Result<std::vector<BundleEncoder>> columns =
      open_bundle_encoders(options.bundle, {.memory_limit = options.memory_limit},
                           [&metrics](std::size_t texts) { metrics.count_cached(texts); });
  if (!columns) return at("--bundle", std::move(columns).error());
  for (BundleEncoder& column : *columns) {
    ServedModel& served = models->emplace_back();
    served.name = column.column;
    served.created = now_seconds();
    served.batchers.push_back(
        std::make_unique<Batcher>(std::move(column.encoder), counter_of(metrics)));
  }
  return {};
}

}  // namespace

std::pair<std::string, std::string> split_model(const std::string& given) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos) return {given, given};
  return {given.substr(0, equals), given.substr(equals + 1)};
}

Result<ServedModels> ServedModels::open(const ServerOptions& options, Metrics& metrics) {
  ServedModels served;
  for (const std::string& given : options.models) {
    COLVEC_ASSIGN(ServedModel model, open_model(given, options, metrics));
    served.models_.push_back(std::move(model));
  }
  if (!options.bundle.empty()) COLVEC_TRY(open_bundle(options, metrics, &served.models_));
  if (served.models_.empty()) {
    COLVEC_ASSIGN(ServedModel model, open_model(std::string(kDefaultModel), options, metrics));
    served.models_.push_back(std::move(model));
  }
  for (std::size_t i = 0; i < served.models_.size(); ++i) {
    const std::string& name = served.models_[i].name;
    if (served.find(name) != &served.models_[i])
      return fail(ErrorCode::kInvalidArgument, "--model: two models of one name: " + name);
  }
  return served;
}

const ServedModel* ServedModels::find(std::string_view name) const {
  if (name.empty()) return models_.size() == 1 ? &models_.front() : nullptr;
  const auto found = std::find_if(models_.begin(), models_.end(),
                                  [&](const ServedModel& model) { return model.name == name; });
  return found == models_.end() ? nullptr : &*found;
}

std::size_t ServedModels::texts_waiting() const {
  std::size_t texts = 0;
  for (const ServedModel& model : models_)
    for (const auto& batcher : model.batchers) texts += batcher->waiting();
  return texts;
}

}  // namespace colvec::server
