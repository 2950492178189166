// colvec model pull, list, remove: models by name, in the cache of this machine.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "bytes_view.h"
#include "cancel_signals.h"
#include "colvec/json_writer.h"
#include "colvec/model_hub.h"
#include "colvec/model_tools.h"
#include "command.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

constexpr std::string_view kName = "ORG/NAME";

struct PullArgs {
  std::string name;
  std::string revision;
  PullOptions options;
  bool json = false;
  bool quiet = false;
};

void print_pulled_json(const PulledModel& pulled) {
  JsonWriter json;
  json.begin_object().key("name").text(pulled.name).key("commit").text(pulled.commit);
  json.key("path").text(pulled.folder.string()).key("files").number(pulled.files);
  json.key("bytes").number(pulled.bytes).key("files_fetched").number(pulled.files_fetched);
  json.key("bytes_fetched").number(pulled.bytes_fetched).end_object();
  print("{}\n", json.take());
}

Status run_pull(PullArgs args) {
  const std::string name = args.revision.empty() ? args.name : args.name + "@" + args.revision;
  args.options.cancel = &cancel_on_signals();
  PulledModel pulled;
  {
    BytesView view(args.quiet || args.json);
    args.options.on_progress = [&](const PullProgress& progress) {
      view.show({"pulling", progress.bytes_done, progress.bytes_total, progress.bytes_per_second,
                 progress.eta_seconds});
    };
    COLVEC_ASSIGN(pulled, pull_model(name, args.options));
  }
  if (args.json) {
    print_pulled_json(pulled);
    return {};
  }
  print("{} at {}", pulled.name, pulled.commit);
  if (pulled.files > 0)
    print(": {}, {}; {} fetched, {}", counted(pulled.files, "file"), bytes(pulled.bytes),
          pulled.files_fetched, bytes(pulled.bytes_fetched));
  print("\n  {}\n", pulled.folder.string());
  return {};
}

void print_cached_json(const std::string& name, const CachedModel& model,
                       const Result<ModelOutline>& outline) {
  const ModelOutline known = outline.value_or(ModelOutline{});
  JsonWriter json;
  json.begin_object().key("name").text(name).key("commit").text(model.commit);
  json.key("family").text(known.family).key("dimension").number(std::uint64_t{known.dimension});
  json.key("tokens_max").number(std::uint64_t{known.tokens_max});
  json.key("bytes").number(model.bytes).key("path").text(model.folder.string()).key("problem");
  outline ? json.null() : json.text(outline.error().message);
  print("{}\n", json.end_object().take());
}

void print_cached(const std::string& name, const CachedModel& model,
                  const Result<ModelOutline>& outline) {
  print("{}\n", name);
  if (outline)
    print("  {}, {} numbers, {}, {}\n", outline->family, outline->dimension,
          outline->tokens_max == 0 ? "no limit of tokens"
                                   : fmt::format("{} tokens", outline->tokens_max),
          bytes(model.bytes));
  else
    print("  {}; cannot be run: {}\n", bytes(model.bytes), outline.error().message);
  print("  {}\n", model.folder.string());
}

}  // namespace

std::function<Status()> prepare_model_pull(CLI::App& app) {
  auto args = std::make_shared<PullArgs>();
  app.add_option("name", args->name, "The model, ORG/NAME or ORG/NAME@REVISION")
      ->required()
      ->type_name(std::string(kName));
  app.add_option("--revision", args->revision, "A branch, tag or commit; else main");
  app.add_option("--endpoint", args->options.endpoint, "The hub; else HF_ENDPOINT")
      ->type_name("URL");
  app.add_flag("--quiet", args->quiet, "No progress");
  app.add_flag("--json", args->json, "As one JSON object");
  return [args] { return run_pull(*args); };
}

std::function<Status()> prepare_model_list(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object a line");
  return [json]() -> Status {
    COLVEC_ASSIGN(const std::vector<CachedModel> models, cached_models());
    for (const CachedModel& model : models) {
      const std::string name = name_to_ask(model);
      // By its name: what is there only in part is no model.
      const Result<std::filesystem::path> folder = cached_model_folder(name);
      const Result<ModelOutline> outline =
          folder ? outline_model(folder->string()) : tl::make_unexpected(folder.error());
      *json ? print_cached_json(name, model, outline) : print_cached(name, model, outline);
    }
    return {};
  };
}

std::function<Status()> prepare_model_remove(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  auto sure = std::make_shared<bool>(false);
  app.add_option("name", *name, "The model, or with @REVISION one commit of it")
      ->required()
      ->type_name(std::string(kName));
  app.add_flag("--yes", *sure, "Delete its files, for all programs that share the cache");
  return [name, sure]() -> Status {
    if (!*sure)
      return fail(ErrorCode::kInvalidArgument,
                  "this deletes the model for all programs that share the cache: say --yes");
    COLVEC_ASSIGN(const RemovedModel removed, remove_cached_model(*name));
    print("removed {}: {} freed\n", *name, bytes(removed.bytes));
    return {};
  };
}

}  // namespace colvec::cli
