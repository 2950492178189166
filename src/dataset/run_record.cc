#include "dataset/run_record.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "dataset/home.h"
#include "store/file_system.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRunBytesMax = 16u << 20;

// The counts of a column's run: one place for writing and reading.
struct Count {
  std::string_view name;
  std::uint64_t ColumnRun::*member;
};
constexpr Count kCounts[] = {
    {"rows", &ColumnRun::rows},
    {"rows_with_text", &ColumnRun::rows_with_text},
    {"distinct_texts", &ColumnRun::distinct_texts},
    {"rows_new", &ColumnRun::rows_new},
    {"rows_changed", &ColumnRun::rows_changed},
    {"keys_removed", &ColumnRun::keys_removed},
    {"texts_missing", &ColumnRun::texts_missing},
    {"texts_copied", &ColumnRun::texts_copied},
    {"texts_embedded", &ColumnRun::texts_embedded},
    {"tokens", &ColumnRun::tokens},
    {"vectors_added", &ColumnRun::vectors_added},
    {"keys_added", &ColumnRun::keys_added},
    {"policy_errors", &ColumnRun::policy_errors},
};

void write_column(const ColumnRun& run, JsonWriter* json) {
  json->begin_object().key("column").text(run.column).key("model").text(run.model);
  if (!run.vectors.fingerprint.empty()) {
    json->key("fingerprint").text(run.vectors.fingerprint).key("base").text(run.vectors.base);
    json->key("precision").text(name_of(run.vectors.precision));
    json->key("dimension").number(run.vectors.dimension);
    json->key("base_dimension").number(run.vectors.base_dimension);
  }
  for (const Count& count : kCounts) json->key(count.name).number(run.*count.member);
  if (run.explained_variance > 0) json->key("explained_variance").number(run.explained_variance);
  if (run.overlap_at_10 > 0) json->key("overlap_at_10").number(run.overlap_at_10);
  json->key("issues").begin_object();
  for (const auto& [kind, rows] : run.issues) json->key(kind).number(rows);
  json->end_object().key("examples").begin_list();
  for (const RowExample& example : run.examples) {
    json->begin_object().key("kind").text(example.kind).key("key").text(example.key);
    json->key("detail").text(example.detail).end_object();
  }
  json->end_list();
  json->key("did").texts(run.did);
  json->end_object();
}

Status read_texts(const Json& json, std::string_view key, std::vector<std::string>* texts) {
  COLVEC_ASSIGN(const std::optional<Json> list, json.find(key));
  if (!list) return {};
  if (!list->is_array()) return list->wrong("not a list");
  for (std::size_t i = 0; i < list->size(); ++i) {
    COLVEC_ASSIGN(texts->emplace_back(), list->element(i).as_string());
  }
  return {};
}

Result<ColumnRun> read_column(const Json& json) {
  ColumnRun run;
  COLVEC_ASSIGN(run.column, json.string("column"));
  COLVEC_ASSIGN(run.model, json.string_or("model", ""));
  COLVEC_ASSIGN(run.vectors.fingerprint, json.string_or("fingerprint", ""));
  COLVEC_ASSIGN(run.vectors.base, json.string_or("base", ""));
  COLVEC_ASSIGN(const std::string precision, json.string_or("precision", "f32"));
  COLVEC_ASSIGN(run.vectors.precision, parse_precision(precision));
  COLVEC_ASSIGN(run.vectors.dimension, json.unsigned_or("dimension", 0));
  COLVEC_ASSIGN(run.vectors.base_dimension, json.unsigned_or("base_dimension", 0));
  for (const Count& count : kCounts) {
    COLVEC_ASSIGN(run.*count.member, json.unsigned_or(count.name, 0));
  }
  COLVEC_ASSIGN(run.explained_variance, json.number_or("explained_variance", 0));
  COLVEC_ASSIGN(run.overlap_at_10, json.number_or("overlap_at_10", 0));
  COLVEC_ASSIGN(const Json issues, json.member("issues"));
  COLVEC_TRY(issues.each([&](std::string_view kind, const Json& rows) -> Status {
    COLVEC_ASSIGN(run.issues[std::string(kind)], rows.as_unsigned());
    return {};
  }));
  COLVEC_ASSIGN(const Json examples, json.member("examples"));
  if (!examples.is_array()) return examples.wrong("not a list");
  for (std::size_t i = 0; i < examples.size(); ++i) {
    RowExample& example = run.examples.emplace_back();
    COLVEC_ASSIGN(example.kind, examples.element(i).string("kind"));
    COLVEC_ASSIGN(example.key, examples.element(i).string("key"));
    COLVEC_ASSIGN(example.detail, examples.element(i).string_or("detail", ""));
  }
  COLVEC_TRY(read_texts(json, "did", &run.did));
  return run;
}

}  // namespace

std::string to_json(const DatasetRun& run) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("id").text(run.id).key("started_ms").number(run.started_ms);
  json.key("seconds").number(run.seconds).key("outcome").text(run.outcome);
  if (!run.error.empty()) json.key("error").text(run.error);
  json.key("engine_version").text(run.engine_version).key("rows").number(run.rows);
  json.key("columns").begin_list();
  for (const ColumnRun& column : run.columns) write_column(column, &json);
  json.end_list();
  json.key("notes").texts(run.notes);
  json.key("stage_seconds").begin_object();
  for (const auto& [stage, seconds] : run.stage_seconds) json.key(stage).number(seconds);
  json.end_object();
  if (!run.state.empty()) json.key("state").text(run.state);
  if (run.pulled) json.key("pulled").boolean(true);
  return json.end_object().take();
}

std::string to_json(const std::vector<ColumnPlan>& plans) {
  JsonWriter json;
  json.begin_list();
  for (const ColumnPlan& plan : plans) {
    json.begin_object().key("run");
    write_column(plan.run, &json);
    json.key("sampled_texts").number(plan.sampled_texts);
    json.key("token_histogram").begin_list();
    for (const auto& [tokens, texts] : plan.token_histogram)
      json.begin_object().key("tokens").text(tokens).key("texts").number(texts).end_object();
    json.end_list().key("tokens_mean").number(plan.tokens_mean);
    json.key("truncated_share").number(plan.truncated_share);
    json.key("texts_per_second").number(plan.texts_per_second);
    json.key("seconds_predicted").number(plan.seconds_predicted);
    json.key("bytes_predicted").number(plan.bytes_predicted).end_object();
  }
  return json.end_list().take();
}

Result<DatasetRun> parse_run(std::string_view text, const std::string& where) {
  COLVEC_ASSIGN(const Json json, Json::parse(text, where));
  DatasetRun run;
  COLVEC_ASSIGN(run.id, json.string("id"));
  COLVEC_ASSIGN(run.started_ms, json.signed_or("started_ms", 0));
  COLVEC_ASSIGN(run.seconds, json.number_or("seconds", 0));
  COLVEC_ASSIGN(run.outcome, json.string("outcome"));
  COLVEC_ASSIGN(run.error, json.string_or("error", ""));
  COLVEC_ASSIGN(run.engine_version, json.string_or("engine_version", ""));
  COLVEC_ASSIGN(run.rows, json.unsigned_or("rows", 0));
  COLVEC_ASSIGN(const Json columns, json.member("columns"));
  if (!columns.is_array()) return columns.wrong("not a list");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    COLVEC_ASSIGN(run.columns.emplace_back(), read_column(columns.element(i)));
  }
  COLVEC_TRY(read_texts(json, "notes", &run.notes));
  COLVEC_ASSIGN(const Json stages, json.member("stage_seconds"));
  COLVEC_TRY(stages.each([&](std::string_view stage, const Json& seconds) -> Status {
    COLVEC_ASSIGN(const double number, seconds.as_number());
    run.stage_seconds.emplace_back(stage, number);
    return {};
  }));
  COLVEC_ASSIGN(run.state, json.string_or("state", ""));
  COLVEC_ASSIGN(run.pulled, json.boolean_or("pulled", false));
  return run;
}

Status record_run(const fs::path& home, std::string_view dataset, const DatasetRun& run) {
  const fs::path folder = runs_folder(home, dataset);
  COLVEC_TRY(local_file_system().make_folders(folder));
  return replace_file(folder / (run.id + ".json"), to_json(run));
}

Result<std::vector<DatasetRun>> list_runs(const fs::path& home, std::string_view dataset) {
  const fs::path folder = runs_folder(home, dataset);
  const auto entries = local_file_system().list(folder);
  if (!entries && entries.error().code == ErrorCode::kNotFound) return std::vector<DatasetRun>();
  if (!entries) return tl::make_unexpected(entries.error());
  std::vector<DatasetRun> runs;
  for (const FolderEntry& entry : *entries) {
    if (entry.name.starts_with(".") || !entry.name.ends_with(".json")) continue;
    const fs::path path = folder / entry.name;
    const Result<std::string> text = read_file(path, kRunBytesMax);
    if (!text) continue;
    if (Result<DatasetRun> run = parse_run(*text, path.string())) runs.push_back(*std::move(run));
  }
  std::sort(runs.begin(), runs.end(), [](const DatasetRun& a, const DatasetRun& b) {
    return a.started_ms != b.started_ms ? a.started_ms > b.started_ms : a.id < b.id;
  });
  return runs;
}

Result<std::optional<DatasetRun>> last_run(const fs::path& home, std::string_view dataset) {
  COLVEC_ASSIGN(std::vector<DatasetRun> runs, list_runs(home, dataset));
  for (DatasetRun& run : runs)
    if (!run.pulled) return std::optional(std::move(run));
  return std::optional<DatasetRun>();
}

}  // namespace colvec
