#include "precision_option.h"

#include <string>

#include "colvec/device.h"

namespace colvec::cli {

void add_precision(CLI::App& app, Precision* precision) {
  app.add_option_function<std::string>(
         "--precision",
         [precision](const std::string& name) { *precision = *parse_precision(name); },
         std::string("How the arithmetic is done: ") + kPrecisions)
      ->check([](const std::string& name) {
        const Result<Precision> parsed = parse_precision(name);
        return parsed ? std::string() : parsed.error().message;
      })
      ->type_name("PRECISION")
      ->default_str(std::string(name_of(*precision)));
}

void add_device(CLI::App& app, std::string* device) {
  app.add_option("--device", *device, "Where to compute: auto, cpu, cuda, cuda:N or cuda:all")
      ->check([](const std::string& name) {
        const auto parsed = parse_device(name);
        return parsed ? std::string() : parsed.error().message;
      })
      ->type_name("DEVICE")
      ->capture_default_str();
}

}  // namespace colvec::cli
