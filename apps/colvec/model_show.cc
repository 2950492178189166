// colvec model show, model families: what a model is, and which kinds there are.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "colvec/json_writer.h"
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
  // Quoted: many prompts end with a space.
  for (const auto& [name, prompt] : model.prompts)
    print_row("prompt " + name, JsonWriter().text(one_line(prompt, kPromptChars)).take() +
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

void print_json(const ModelDescription& model) {
  const EncoderInfo& encoder = model.encoder;
  JsonWriter json;
  json.begin_object().key("model").text(encoder.model).key("kind").text(encoder.kind);
  json.key("family").text(model.family).key("model_type").text(model.model_type);
  json.key("architectures").texts(model.architectures);
  json.key("dimension").number(std::uint64_t{encoder.dimension}).key("dimensions").begin_list();
  for (const std::size_t dimension : model.dimensions) json.number(std::uint64_t{dimension});
  json.end_list().key("tokens_max").number(std::uint64_t{encoder.tokens_max});
  json.key("steps").texts(model.steps).key("prompts").begin_object();
  for (const auto& [name, prompt] : model.prompts) json.key(name).text(prompt);
  json.end_object().key("default_prompt_name").text(model.default_prompt_name);
  json.key("licence").text(model.licence).key("parameters").number(model.parameters);
  json.key("bytes").number(model.bytes).key("precisions").begin_object();
  for (const PrecisionChoice& choice : model.precisions) {
    json.key(name_of(choice.precision)).begin_object().key("available").boolean(choice.available);
    json.key("reason").text(choice.reason).end_object();
  }
  json.end_object().key("precision_auto").text(name_of(model.automatic));
  json.key("fingerprint").text(encoder.fingerprint).end_object();
  print("{}\n", json.take());
}

void print_family_json(const ModelFamily& family) {
  JsonWriter json;
  json.begin_object().key("model_type").text(family.model_type);
  print("{}\n", json.key("family").text(family.family).end_object().take());
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
        print_family_json(family);
      else
        print("{:<14} {}\n", family.model_type, family.family);
    }
    return {};
  };
}

}  // namespace colvec::cli
