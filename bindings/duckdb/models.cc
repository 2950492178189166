#include "models.h"

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "colvec/cached_encoder.h"

namespace colvec::sql {
namespace {

constexpr std::size_t kRemembered = 64u << 20;

Result<std::unique_ptr<Encoder>> open(const std::string& name, const std::string& options) {
  COLVEC_ASSIGN(const EncoderOptions parsed, parse_encoder_options(options, "options"));
  COLVEC_ASSIGN(std::unique_ptr<Encoder> encoder, open_encoder(name, parsed));
  return open_cached_encoder(std::move(encoder), {.memory_bytes_max = kRemembered});
}

struct Models {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Encoder>> opened;
};

// Never destroyed: queries may still run when the process ends.
Models& models() {
  static Models* const models = new Models;
  return *models;
}

}  // namespace

Result<Encoder*> model(const std::string& name, const std::string& options) {
  const std::lock_guard lock(models().mutex);
  const std::pair key(name, options);
  if (const auto found = models().opened.find(key); found != models().opened.end())
    return found->second.get();
  COLVEC_ASSIGN(std::unique_ptr<Encoder> encoder, open(name, options));
  return (models().opened[key] = std::move(encoder)).get();
}

}  // namespace colvec::sql
