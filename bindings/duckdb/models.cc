#include "models.h"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "../last_used_encoders.h"
#include "colvec/cached_encoder.h"
#include "colvec/opened_model.h"

namespace colvec::sql {
namespace {

constexpr std::size_t kRemembered = 64u << 20;

class Models {
 public:
  Result<std::shared_ptr<Encoder>> find_or_make(const std::string& name,
                                                const std::string& options) {
    const std::lock_guard lock(mutex_);
    const std::pair key(name, options);
    if (std::shared_ptr<Encoder> found = encoders_.find(key)) return found;
    COLVEC_ASSIGN(const EncoderOptions parsed, parse_encoder_options(options, "options"));
    COLVEC_ASSIGN(const OpenedModel* opened, open(name, parsed));
    COLVEC_ASSIGN(std::unique_ptr<Encoder> encoder, opened->encoder(parsed));
    COLVEC_ASSIGN(std::shared_ptr<Encoder> remembering,
                  open_cached_encoder(std::move(encoder), {.memory_bytes_max = kRemembered}));
    encoders_.add(key, remembering);
    return remembering;
  }

 private:
  // Of the options, these two decide what is loaded.
  Result<const OpenedModel*> open(const std::string& name, const EncoderOptions& options) {
    const std::tuple key(name, options.precision, options.device);
    if (const auto found = opened_.find(key); found != opened_.end()) return found->second.get();
    COLVEC_ASSIGN(std::unique_ptr<OpenedModel> opened, open_model(name, options));
    return (opened_[key] = std::move(opened)).get();
  }

  std::mutex mutex_;
  std::map<std::tuple<std::string, Precision, std::string>, std::unique_ptr<OpenedModel>> opened_;
  LastUsedEncoders<std::pair<std::string, std::string>> encoders_;  // By model and options.
};

// Never destroyed: queries may still run when the process ends.
Models& models() {
  static Models* const models = new Models;
  return *models;
}

}  // namespace

Result<std::shared_ptr<Encoder>> model(const std::string& name, const std::string& options) {
  return models().find_or_make(name, options);
}

}  // namespace colvec::sql
