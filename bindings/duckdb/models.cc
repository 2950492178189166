#include "models.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "colvec/cached_encoder.h"
#include "colvec/opened_model.h"

namespace colvec::sql {
namespace {

constexpr std::size_t kRemembered = 64u << 20;
constexpr std::size_t kEncodersMax = 8;

class Models {
 public:
  Result<std::shared_ptr<Encoder>> find_or_make(const std::string& name,
                                                const std::string& options) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
      return known.name == name && known.options == options;
    });
    if (found != known_.end()) {
      std::rotate(found, found + 1, known_.end());
      return known_.back().encoder;
    }
    COLVEC_ASSIGN(const EncoderOptions parsed, parse_encoder_options(options, "options"));
    COLVEC_ASSIGN(const OpenedModel* opened, open(name, parsed));
    COLVEC_ASSIGN(std::unique_ptr<Encoder> encoder, opened->encoder(parsed));
    COLVEC_ASSIGN(std::shared_ptr<Encoder> remembering,
                  open_cached_encoder(std::move(encoder), {.memory_bytes_max = kRemembered}));
    if (known_.size() == kEncodersMax) known_.erase(known_.begin());
    known_.push_back({name, options, remembering});
    return remembering;
  }

 private:
  struct Known {
    std::string name;
    std::string options;
    std::shared_ptr<Encoder> encoder;
  };

  // Of the options, these two decide what is loaded.
  Result<const OpenedModel*> open(const std::string& name, const EncoderOptions& options) {
    const std::tuple key(name, options.precision, options.device);
    if (const auto found = opened_.find(key); found != opened_.end()) return found->second.get();
    COLVEC_ASSIGN(std::unique_ptr<OpenedModel> opened, open_model(name, options));
    return (opened_[key] = std::move(opened)).get();
  }

  std::mutex mutex_;
  std::map<std::tuple<std::string, Precision, std::string>, std::unique_ptr<OpenedModel>> opened_;
  std::vector<Known> known_;  // The one used last comes last.
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
