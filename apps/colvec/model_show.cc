// colvec model show, model families: what a model is, and which kinds there are.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "colvec/model_tools.h"
#include "command.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

constexpr std::size_t kPromptChars = 60;

void print_row(std::string_view name, const std::string& value) {
  if (!value.empty()) print("  {:<16} {}\n", name, value);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

// "22,713,216 (90.9 MB)"; "" for a model without weights.
std::string weights_of(const ModelDescription& model) {
  if (model.bytes == 0) return "";
  return fmt::format("{} numbers, {}", with_commas(model.parameters), bytes(model.bytes));
}

std::string dimensions_of(const ModelDescription& model) {
  std::string text = std::to_string(model.encoder.dimension);
  std::vector<std::string> smaller;
  for (const std::size_t dimension : model.dimensions) smaller.push_back(std::to_string(dimension));
  if (!smaller.empty()) text += " (also trained for " + joined(smaller, ", ") + ")";
  return text;
}

void print_text(const ModelDescription& model) {
  const EncoderInfo& encoder = model.encoder;
  print("{}\n", encoder.model);
  print_row("kind", model.family.empty()
                        ? encoder.kind
                        : fmt::format("{}, family {}", encoder.kind, model.family));
  print_row("architecture", joined(model.architectures, ", "));
  print_row("dimension", dimensions_of(model));
  print_row("tokens",
            encoder.tokens_max == 0 ? "no limit" : fmt::format("{} at most", encoder.tokens_max));
  print_row("steps", joined(model.steps, ", then "));
  for (const auto& [name, prompt] : model.prompts)
    print_row("prompt " + name, json_string(one_line(prompt, kPromptChars)) +
                                    (name == model.default_prompt_name ? " (default)" : ""));
  print_row("licence", model.licence);
  print_row("weights", weights_of(model));
  std::vector<std::string> precisions;
  for (const PrecisionChoice& choice : model.precisions) {
    std::string text(name_of(choice.precision));
    if (!choice.available) text += " no";
    precisions.push_back(choice.precision == model.automatic ? text + " (auto)" : text);
  }
  print_row("precision", joined(precisions, ", "));
  print_row("fingerprint", encoder.fingerprint);
}

std::string json_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(json_string(text));
  return "[" + joined(quoted, ",") + "]";
}

std::string precisions_json(const ModelDescription& model) {
  std::vector<std::string> parts;
  for (const PrecisionChoice& choice : model.precisions)
    parts.push_back(fmt::format("{}:{{\"available\":{},\"reason\":{}}}",
                                json_string(name_of(choice.precision)), choice.available,
                                json_string(choice.reason)));
  return "{" + joined(parts, ",") + "}";
}

void print_json(const ModelDescription& model) {
  const EncoderInfo& encoder = model.encoder;
  std::vector<std::string> prompts;
  for (const auto& [name, prompt] : model.prompts)
    prompts.push_back(json_string(name) + ":" + json_string(prompt));
  std::vector<std::string> dimensions;
  for (const std::size_t dimension : model.dimensions)
    dimensions.push_back(std::to_string(dimension));
  print(
      "{{\"model\":{},\"kind\":{},\"family\":{},\"model_type\":{},\"architectures\":{},"
      "\"dimension\":{},\"dimensions\":[{}],\"tokens_max\":{},\"steps\":{},\"prompts\":{{{}}},"
      "\"default_prompt_name\":{},\"licence\":{},\"parameters\":{},\"bytes\":{},"
      "\"precisions\":{},\"precision_auto\":{},\"fingerprint\":{}}}\n",
      json_string(encoder.model), json_string(encoder.kind), json_string(model.family),
      json_string(model.model_type), json_list(model.architectures), encoder.dimension,
      joined(dimensions, ","), encoder.tokens_max, json_list(model.steps), joined(prompts, ","),
      json_string(model.default_prompt_name), json_string(model.licence), model.parameters,
      model.bytes, precisions_json(model), json_string(name_of(model.automatic)),
      json_string(encoder.fingerprint));
}

}  // namespace

std::function<Status()> prepare_model_show(CLI::App& app) {
  auto model = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  app.add_option("model", *model, "A model folder, ORG/NAME, or builtin:lexical")
      ->required()
      ->type_name("MODEL");
  app.add_flag("--json", *json, "One JSON object");
  return [=]() -> Status {
    COLVEC_ASSIGN(const ModelDescription description, describe_model(*model));
    if (*json)
      print_json(description);
    else
      print_text(description);
    return {};
  };
}

std::function<Status()> prepare_model_families(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object a line");
  return [=]() -> Status {
    for (const ModelFamily& family : model_families()) {
      if (*json)
        print("{{\"model_type\":{},\"family\":{}}}\n", json_string(family.model_type),
              json_string(family.family));
      else
        print("{:<14} {}\n", family.model_type, family.family);
    }
    return {};
  };
}

}  // namespace colvec::cli
