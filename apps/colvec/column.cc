// colvec column ...: the flags and the embedding step of a dataset's column.
#include <array>
#include <cstdio>

#include "colvec/dataset.h"
#include "colvec/json_writer.h"
#include "command.h"
#include "home_option.h"
#include "precision_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct ColumnArgs {
  HomeOption home;
  std::string dataset;
  std::string column;

  void add_to(CLI::App& app) {
    app.add_option("dataset", dataset, "The name of the dataset")->required()->type_name("DATASET");
    app.add_option("column", column, "The column")->required()->type_name("COLUMN");
    home.add_to(app);
  }
};

// How the value of an option becomes JSON.
enum class Form { kText, kNumber, kBoolean, kNames };

struct StepOption {
  std::string_view flag;
  std::string_view field;
  Form form;
  std::string_view help;
};
constexpr std::array kStepOptions = {
    StepOption{"--model", "model", Form::kText, "A model folder, org/name or builtin:lexical"},
    StepOption{"--dimension", "dimension", Form::kNumber,
               "Fewer numbers than the model gives: a cut where it was trained for that, else PCA"},
    StepOption{"--primary-key-column", "primary_key_column", Form::kNames,
               "The key, in the place of the flagged columns: a,b"},
    StepOption{"--text-column", "text_column", Form::kText, "The text, if not the column itself"},
    StepOption{"--prompt", "prompt", Form::kText, "Put before each text"},
    StepOption{"--normalize", "normalize", Form::kBoolean, "Vectors of length 1"},
    StepOption{"--precision", "precision", Form::kText, kPrecisions},
    StepOption{"--explode", "explode", Form::kBoolean,
               "A column for each number in the place of a list"},
    StepOption{"--store-text", "store_text", Form::kBoolean, "Whether the store keeps the texts"},
    StepOption{"--on-null", "on_null", Form::kText, "skip, keep or error"},
    StepOption{"--on-empty", "on_empty", Form::kText, "skip, keep or error"},
    StepOption{"--on-truncate", "on_truncate", Form::kText, "skip, keep or error"},
    StepOption{"--on-bad-vector", "on_bad_vector", Form::kText, "skip, keep or error"},
};

std::string json_value(const std::string& text, Form form) {
  JsonWriter json;
  if (form == Form::kText) return json.text(text).take();
  // Numbers and booleans are JSON as they were typed; what is none is refused where it is read.
  if (form != Form::kNames) return text.empty() ? json.null().take() : text;
  json.begin_list();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    json.text(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  return json.end_list().take();
}

struct SetArgs {
  ColumnArgs column;
  std::array<std::string, kStepOptions.size()> values;
  std::array<CLI::Option*, kStepOptions.size()> options{};
  std::string compression;
  double variance = 0;
  std::vector<std::string> defaults;
  std::string is_primary_key;
  std::string is_target;
  std::string is_date_column;
  bool refit = false;
  bool dry_run = false;
};

std::optional<bool> flag(const std::string& value) {
  if (value.empty()) return std::nullopt;
  return value == "true";
}

std::string compression_json(const SetArgs& args) {
  JsonWriter json;
  json.begin_object();
  if (!args.compression.empty()) json.key("method").text(args.compression);
  if (args.variance > 0) json.key("variance").number(args.variance);
  return json.end_object().take();
}

ColumnChange change_of(const SetArgs& args) {
  ColumnChange change{.is_primary_key = flag(args.is_primary_key),
                      .is_target = flag(args.is_target),
                      .is_date_column = flag(args.is_date_column),
                      .refit = args.refit};
  for (std::size_t i = 0; i < kStepOptions.size(); ++i)
    if (args.options[i]->count() > 0)
      change.step.push_back(
          {std::string(kStepOptions[i].field), json_value(args.values[i], kStepOptions[i].form)});
  if (!args.compression.empty() || args.variance > 0)
    change.step.push_back({"compression", compression_json(args)});
  for (const std::string& field : args.defaults) change.step.push_back({field, "null"});
  return change;
}

void print_column(const DatasetColumn& column) {
  print("{} {}\n", column.name, column.type);
  print("  is_primary_key {}, is_target {}, is_date_column {}\n", column.is_primary_key,
        column.is_target, column.is_date_column);
  if (!column.embedding) {
    print("  no embedding step\n");
    return;
  }
  print("  embedding {}\n", to_json(*column.embedding));
  const auto show = [](std::string_view name, const std::optional<ColumnVectors>& vectors) {
    if (vectors)
      print("  {}: {} numbers, {}, fingerprint {}\n", name, vectors->dimension,
            name_of(vectors->precision), vectors->fingerprint);
  };
  show("active", column.active);
  show("being filled", column.target);
}

Status run_set(const SetArgs& args) {
  const std::filesystem::path home = args.column.home.home();
  const ColumnChange change = change_of(args);
  if (change == ColumnChange{})
    return fail(ErrorCode::kInvalidArgument,
                "nothing to change: name a field, as in --model MODEL (--help lists them)");
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, args.column.dataset));
  COLVEC_ASSIGN(Dataset changed, change_column(home, dataset, args.column.column, change));
  if (!args.dry_run) {
    COLVEC_ASSIGN(changed, save_dataset(home, changed));
  }
  print_column(*changed.find(args.column.column));
  std::fflush(stdout);
  print(stderr, "{}\n",
        args.dry_run ? std::string("Nothing was saved (--dry-run)")
                     : "colvec dataset refresh " + args.column.dataset + " brings it up to date");
  return {};
}

// The column as it stands in dataset.json.
void print_column_json(const DatasetColumn& column) {
  JsonWriter json;
  json.begin_object().key("name").text(column.name).key("type").text(column.type);
  json.key("is_primary_key").boolean(column.is_primary_key);
  json.key("is_target").boolean(column.is_target);
  json.key("is_date_column").boolean(column.is_date_column).key("embedding");
  column.embedding ? json.json(to_json(*column.embedding)) : json.null();
  const ColumnVectors active = column.active.value_or(ColumnVectors{});
  json.key("dimension").number(std::uint64_t{active.dimension});
  json.key("fingerprint").text(active.fingerprint).end_object();
  print("{}\n", json.take());
}

Status run_show(const ColumnArgs& args, bool json) {
  COLVEC_ASSIGN(Dataset dataset, read_dataset(args.home.home(), args.dataset));
  COLVEC_ASSIGN(const DatasetColumn* const column, dataset.column(args.column));
  json ? print_column_json(*column) : print_column(*column);
  return {};
}

}  // namespace

std::function<Status()> prepare_column_set(CLI::App& app) {
  auto args = std::make_shared<SetArgs>();
  args->column.add_to(app);
  const auto add_flag = [&](const char* name, std::string& value, const char* help) {
    app.add_option(name, value, help)->check(CLI::IsMember({"true", "false"}));
  };
  add_flag("--is-primary-key", args->is_primary_key, "Whether it is part of the primary key");
  add_flag("--is-target", args->is_target, "Whether it is a target");
  add_flag("--is-date-column", args->is_date_column, "Whether it is a date");
  for (std::size_t i = 0; i < kStepOptions.size(); ++i) {
    const StepOption& option = kStepOptions[i];
    args->options[i] =
        app.add_option(std::string(option.flag), args->values[i], std::string(option.help))
            ->group("Embedding step");
  }
  app.add_option("--compression", args->compression, "auto, truncate or pca")
      ->group("Embedding step");
  app.add_option("--variance", args->variance,
                 "For pca, without a dimension: numbers for this share of the variance, as 0.95")
      ->group("Embedding step");
  app.add_option("--default", args->defaults,
                 "Fields that get their default again: dimension,prompt")
      ->delimiter(',')
      ->group("Embedding step");
  app.add_flag("--refit", args->refit, "Fit the PCA anew with the next refresh");
  app.add_flag("--dry-run", args->dry_run, "Check, save nothing");
  return [args] { return run_set(*args); };
}

std::function<Status()> prepare_column_unset(CLI::App& app) {
  auto args = std::make_shared<ColumnArgs>();
  args->add_to(app);
  return [args]() -> Status {
    const std::filesystem::path home = args->home.home();
    COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, args->dataset));
    COLVEC_ASSIGN(const Dataset changed,
                  change_column(home, dataset, args->column, {.remove_step = true}));
    COLVEC_TRY(save_dataset(home, changed));
    print(stderr, "The vectors stay in {}\n",
          store_folder(home, args->dataset, args->column).string());
    return {};
  };
}

std::function<Status()> prepare_column_show(CLI::App& app) {
  auto args = std::make_shared<ColumnArgs>();
  auto json = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_flag("--json", *json, "One JSON object");
  return [args, json] { return run_show(*args, *json); };
}

std::function<Status()> prepare_column_rename(CLI::App& app) {
  auto args = std::make_shared<ColumnArgs>();
  auto to = std::make_shared<std::string>();
  args->add_to(app);
  app.add_option("to", *to, "The name that the source has for it now")->required();
  return [args, to]() -> Status {
    COLVEC_TRY(rename_column(args->home.home(), args->dataset, args->column, *to));
    print(stderr, "colvec dataset refresh {} brings it up to date\n", args->dataset);
    return {};
  };
}

}  // namespace colvec::cli
