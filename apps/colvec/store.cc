// colvec store ...: what is in a store of embeddings, and what may be done to it.
#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "cancel_signals.h"
#include "colvec/json_writer.h"
#include "colvec/store.h"
#include "command.h"
#include "precision_option.h"
#include "print.h"
#include "store_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kProgressInterval{2};

std::string time_text(std::int64_t time_ms) {
  return fmt::format("{}.{:03}", utc_time(time_ms), time_ms % 1000);
}

void print_models(const StoreInfo& info) {
  if (info.models.empty()) print("  no vectors yet\n");
  for (const StoredModel& model : info.models)
    print("  {} {:<5} {:>13} vectors of {}, {} in {}{}  {}\n", model.model, model.precision,
          with_commas(model.vectors), model.dimension, bytes(model.bytes),
          counted(model.files, "file"), model.active ? ", active" : "", model.name);
}

Status run_show(const StoreArgs& args, bool json) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const StoreInfo info, store->info());
  if (json) {
    print("{}\n", to_json(info));
    return {};
  }
  std::string columns;
  for (const std::string& column : info.key_columns)
    columns += (columns.empty() ? "" : ", ") + column;
  if (info.key_columns.empty())
    print("A cache of texts, version {}\n", info.vectors_version);
  else
    print("{} (key, text) pairs by {}; versions: keys {}, vectors {}\n", with_commas(info.keys),
          columns, *info.keys_version, info.vectors_version);
  print("{} in {}\n", bytes(info.bytes), counted(info.files, "file"));
  print_models(info);
  return {};
}

Status run_files(const StoreArgs& args, const StoreMoment& moment, const std::string& table) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const std::vector<StoreFile> files, store->files(moment));
  for (const StoreFile& file : files)
    if (table.empty() || file.table == table) print("{}\n", file.path.string());
  return {};
}

Status run_view(const StoreArgs& args, const StoreMoment& moment, const std::string& model,
                const std::string& precision) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const std::string sql, store->view_sql(moment, model, precision));
  print("{}\n", sql);
  return {};
}

void print_version_json(const StoreVersion& v) {
  JsonWriter json;
  json.begin_object().key("table").text(v.table).key("version").number(v.version);
  json.key("time_ms").number(v.time_ms).key("operation").text(v.operation);
  json.key("files_added").number(v.files_added).key("files_removed").number(v.files_removed);
  json.key("rows_added").number(v.rows_added).key("commit_id").text(v.commit_id).end_object();
  print("{}\n", json.take());
}

Status run_history(const StoreArgs& args, bool json) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  COLVEC_ASSIGN(const std::vector<StoreVersion> history, store->history());
  if (!json)
    print("{:<8} {:>8}  {:<23}  {:<13} {:>6} {:>8} {:>12}\n", "table", "version", "time (UTC)",
          "operation", "files", "removed", "rows added");
  for (const StoreVersion& v : history) {
    if (json)
      print_version_json(v);
    else
      print("{:<8} {:>8}  {:<23}  {:<13} {:>6} {:>8} {:>12}\n", v.table, v.version,
            time_text(v.time_ms), v.operation, v.files_added, v.files_removed,
            with_commas(v.rows_added));
  }
  return {};
}

Status run_query(const StoreArgs& args, StoreQuery query) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, args.open());
  if (query.format == RowFormat::kTable)
    query.on_line = [](std::string_view line) { print("{}\n", line); };
  COLVEC_ASSIGN(const StoreQueryResult result, store->query(query));
  std::fflush(stdout);
  if (query.format != RowFormat::kTable || result.keys_missing > 0)
    print(stderr, "{}\n", counted(result.rows, "row"));
  if (result.keys_missing > 0)
    print(stderr, "not in the store, of those asked for: {}\n", with_commas(result.keys_missing));
  return {};
}

Status run_migrate(const StoreArgs& args, const std::string& model, Precision precision) {
  EncoderOptions options;
  options.precision = precision;
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder(model, options));
  const auto show = [shown = Clock::time_point()](std::uint64_t done, std::uint64_t total) mutable {
    if (done < total && Clock::now() - shown < kProgressInterval) return;
    shown = Clock::now();
    print(stderr, "Processed {} / {} texts\n", done, total);
  };
  COLVEC_ASSIGN(const StoreMigrated migrated,
                migrate_store(args.folder, *encoder, args.options, &cancel_on_signals(), show));
  print("{} needed a vector of {}, {} embedded now{}\n", counted(migrated.texts, "text"), model,
        with_commas(migrated.texts_embedded), migrated.switched ? "; it is the active model" : "");
  if (migrated.cancelled) return fail(ErrorCode::kCancelled, "");
  return {};
}

struct ImportArgs {
  StoreImport import;
  std::string model;
  std::string input;
};

Status run_import(const StoreArgs& args, const ImportArgs& given) {
  StoreImport import = given.import;
  import.input = given.input;
  std::unique_ptr<Encoder> encoder;
  if (!given.model.empty()) {
    EncoderOptions options;
    COLVEC_ASSIGN(options.precision, parse_precision(import.precision));
    COLVEC_ASSIGN(encoder, open_encoder(given.model, options));
    import.check_with = encoder.get();
    import.fingerprint = encoder->info().fingerprint;
    import.model_name = encoder->info().model;
    import.made_of = encoder->info().made_of;
  }
  COLVEC_ASSIGN(const StoreImported imported, import_to_store(args.folder, import, args.options));
  print("{}: {}, {}\n", counted(imported.rows, "row"),
        counted(imported.vectors_added, "new vector"), counted(imported.keys_added, "new key"));
  if (encoder != nullptr)
    print("Of a sample, the smallest cosine to the model's own vectors is {:.6f}\n",
          imported.cosine_min);
  return {};
}

}  // namespace

std::function<Status()> prepare_store_show(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto json = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_flag("--json", *json, "As one JSON object");
  return [args, json] { return run_show(*args, *json); };
}

std::function<Status()> prepare_store_query(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto query = std::make_shared<QueryOptions>();
  args->add_to(app);
  query->add_to(app);
  return [args, query]() -> Status {
    COLVEC_ASSIGN(StoreQuery parsed, query->parsed(RowFormat::kTable));
    return run_query(*args, std::move(parsed));
  };
}

std::function<Status()> prepare_store_export(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto query = std::make_shared<QueryOptions>();
  args->add_to(app);
  query->add_to(app);
  return [args, query]() -> Status {
    COLVEC_ASSIGN(StoreQuery parsed, query->parsed(RowFormat::kParquet));
    return run_query(*args, std::move(parsed));
  };
}

std::function<Status()> prepare_store_files(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto moment = std::make_shared<MomentOptions>();
  auto table = std::make_shared<std::string>();
  args->add_to(app);
  moment->add_to(app);
  app.add_option("--table", *table, "Only of this table")
      ->check(CLI::IsMember({"vectors", "keys"}));
  return [args, moment, table] { return run_files(*args, moment->parsed(), *table); };
}

std::function<Status()> prepare_store_view(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto moment = std::make_shared<MomentOptions>();
  auto model = std::make_shared<std::string>();
  auto precision = std::make_shared<std::string>();
  args->add_to(app);
  moment->add_to(app);
  app.add_option("--model", *model, "Vectors of this model: f and digits of its fingerprint");
  app.add_option("--precision", *precision, kStoredPrecisions);
  return [args, moment, model, precision] {
    return run_view(*args, moment->parsed(), *model, *precision);
  };
}

std::function<Status()> prepare_store_history(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto json = std::make_shared<bool>(false);
  args->add_to(app);
  app.add_flag("--json", *json, "One JSON object a version");
  return [args, json] { return run_history(*args, *json); };
}

std::function<Status()> prepare_store_import(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto given = std::make_shared<ImportArgs>();
  args->add_to(app);
  StoreImport& import = given->import;
  app.add_option("input", given->input, "Parquet, CSV, JSON lines, or a DuckDB file with --table")
      ->required()
      ->type_name("FILE");
  app.add_option("--table", import.table, "The table of a DuckDB file");
  app.add_option("--key", import.key_columns, "A key column; several make the key together")
      ->delimiter(',');
  app.add_option("--text", import.text_column, "The text column")->required();
  app.add_option("--vector", import.vector_column, "The vector column")->required();
  auto* model = app.add_option("--model", given->model,
                               "The model that made the vectors: a sample is compared with it");
  app.add_option("--fingerprint", import.fingerprint,
                 "The model's fingerprint, where it cannot be opened here: nothing is compared")
      ->excludes(model);
  app.add_option("--model-name", import.model_name, "With --fingerprint: its name");
  app.add_option("--precision", import.precision, "With what the vectors were computed")
      ->check(CLI::IsMember({"f32", "bf16", "f16", "int8"}))
      ->capture_default_str();
  app.add_flag("!--no-text", import.store_text, "A new store keeps no texts, only their hashes");
  app.add_flag("--plain", import.plain_floats,
               "A new store for readers that do not know BYTE_STREAM_SPLIT");
  return [args, given]() -> Status {
    if (given->model.empty() && given->import.fingerprint.empty())
      return fail(ErrorCode::kInvalidArgument, "missing option: --model or --fingerprint");
    return run_import(*args, *given);
  };
}

std::function<Status()> prepare_store_migrate(CLI::App& app) {
  auto args = std::make_shared<StoreArgs>();
  auto model = std::make_shared<std::string>();
  auto precision = std::make_shared<Precision>(Precision::kAuto);
  args->add_to(app);
  app.add_option("--to", *model, "The new model: a folder, or builtin:lexical")->required();
  add_precision(app, precision.get());
  return [args, model, precision] { return run_migrate(*args, *model, *precision); };
}

}  // namespace colvec::cli
