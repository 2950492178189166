// The JSON files of a model folder: the first byte chooses the parser, the rest is the document.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.h"
#include "model/model.h"
#include "model/module_config.h"
#include "model/text_config.h"

namespace {

using colvec::Json;

// Listing allocates by the layers alone, which are bounded; each must be a tensor of some size.
void family(const Json& json) {
  const auto family = colvec::find_family(json);
  if (!family) return;
  const auto specs = (*family)->list(json);
  if (!specs) return;
  for (const colvec::WeightSpec& spec : *specs)
    for (const std::size_t extent : spec.shape)
      if (extent == 0 || extent > std::size_t{1} << 40) std::abort();
}

void pooling(const Json& json) {
  const auto config = colvec::parse_pooling(json);
  if (config && config->modes.empty()) std::abort();
}

void modules(const Json& json) {
  const auto chain = colvec::parse_modules(json);
  if (!chain) return;
  for (const colvec::Module& module : *chain)
    if (module.path.is_absolute()) std::abort();
}

constexpr std::array<void (*)(const Json&), 7> kParsers = {
    family,
    pooling,
    modules,
    [](const Json& json) { static_cast<void>(colvec::parse_dense(json)); },
    [](const Json& json) { static_cast<void>(colvec::parse_text_config(json)); },
    [](const Json& json) { static_cast<void>(colvec::parse_tokenizer_limit(json)); },
    [](const Json& json) { static_cast<void>(colvec::parse_prompts(json)); },
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto json = Json::parse(text, "fuzz");
  if (json) kParsers[data[0] % kParsers.size()](*json);
  return 0;
}
