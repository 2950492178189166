#include "opened_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "colvec/model_hub.h"
#include "local_models.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

// Each may take gigabytes.
constexpr std::size_t kKeptMax = 2;

// "" where the model is none of files.
fs::path folder_of(const std::string& model) {
  std::error_code ignored;
  if (fs::is_directory(model, ignored)) return model;
  return cached_model_folder(model).value_or(fs::path());
}

}  // namespace

Result<std::unique_ptr<Encoder>> OpenedModels::open(const std::string& model,
                                                    const EncoderOptions& options) {
  const fs::path folder = folder_of(model);
  if (folder.empty()) return open_encoder(model, options);
  const std::string key = fmt::format("{};{};{};{}", model, name_of(options.precision),
                                      options.device, model_stamp(folder));
  if (const auto opened = find(key)) return opened->encoder(options);
  const std::lock_guard opening(opening_);
  std::shared_ptr<const OpenedModel> opened = find(key);  // Who opened before may have had it.
  if (opened == nullptr) {
    COLVEC_ASSIGN(opened, open_model(model, options));
    const std::lock_guard lock(mutex_);
    kept_.push_front({key, opened});
    if (kept_.size() > kKeptMax) kept_.pop_back();
  }
  return opened->encoder(options);
}

std::shared_ptr<const OpenedModel> OpenedModels::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) { return kept.key == key; });
  if (found == kept_.end()) return nullptr;
  std::rotate(kept_.begin(), found, found + 1);
  return kept_.front().model;
}

}  // namespace colvec::server
