// The status of a dataset: one scan of keys and texts, and joins with the stores.
#include "colvec/dataset_status.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/json_writer.h"
#include "base/parallel.h"
#include "dataset/column_lookup.h"
#include "dataset/embedding_step.h"
#include "dataset/home.h"
#include "dataset/run_record.h"
#include "dataset/source_rows.h"
#include "dataset/sync_state.h"
#include "duck/interrupt_guard.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// What the settings of a column come to, as far as dataset.json tells: it is not known for settings
// that no refresh has seen.
const ColumnVectors* known_vectors(const DatasetColumn& column) {
  const std::string settings = vector_settings(*column.embedding);
  for (const auto* known : {&column.active, &column.target})
    if (*known && (*known)->settings == settings) return &**known;
  return nullptr;
}

void add_files(const DeltaSnapshot& snapshot, ColumnStatus* status) {
  for (const auto& [path, file] : snapshot.files) {
    status->bytes += file.size;
    ++status->files;
  }
}

// The state that the counts come to.
void judge(const LookupCounts& counts, ColumnStatus* status) {
  const bool lacks_some = status->missing > 0;
  if (!lacks_some)
    status->state = ColumnState::kReady;
  else if (status->embedded == 0 && status->vectors_stored == 0)
    status->state = ColumnState::kEmpty;
  else if (counts.missing_changed == counts.rows_missing)
    status->state = ColumnState::kStale;
  else
    status->state = ColumnState::kPartial;
  if (lacks_some)
    status->detail = std::to_string(status->missing) + " of " +
                     std::to_string(status->rows_with_text) + " rows lack their vector" +
                     (status->changed > 0
                          ? ", " + std::to_string(status->changed) + " because their text changed"
                          : "");
}

class StatusReader {
 public:
  StatusReader(const fs::path& home, const Dataset& dataset, Database& database,
               Connection& connection)
      : home_(home), dataset_(dataset), database_(database), connection_(connection) {}

  Status read(DatasetStatus* status, const CancelToken* cancel) {
    COLVEC_ASSIGN(const SourceTable source,
                  open_dataset_source(connection_, home_, dataset_, cancel));
    std::vector<std::size_t> indexes;  // By column, of those with a step.
    std::vector<HashedText> texts;
    std::vector<StepColumns> steps;
    std::vector<std::string> kept;
    for (const DatasetColumn& column : dataset_.columns) {
      if (!column.embedding) continue;
      COLVEC_ASSIGN(steps.emplace_back(), find_step_columns(dataset_, column, source));
      texts.push_back({.column = steps.back().text,
                       .takes_empty = column.embedding->on_empty == Policy::kKeep});
      for (const KeyColumn& key : steps.back().source_key)
        if (std::find(kept.begin(), kept.end(), key.name) == kept.end()) kept.push_back(key.name);
    }
    COLVEC_TRY(read_source_rows(connection_, source, kept, texts));
    COLVEC_ASSIGN(const Rows counted, connection_.query("SELECT count(*) FROM source_rows"));
    status->rows = counted.number(0, 0);
    std::size_t index = 0;
    for (const DatasetColumn& column : dataset_.columns) {
      ColumnStatus& one = status->columns.emplace_back();
      one.column = column.name;
      if (!column.embedding) continue;
      one.model = column.embedding->model;
      one.rows = status->rows;
      Status read = read_column(column, {.index = index, .columns = steps[index]}, &one);
      if (is_broken_off(read)) return read;
      if (!read) {
        one.state = ColumnState::kFailed;
        one.detail = read.error().message;
      }
      ++index;
    }
    return {};
  }

 private:
  Status read_column(const DatasetColumn& column, const LookupColumn& lookup,
                     ColumnStatus* status) {
    const auto opened = ColumnStore::open(local_file_system(), database_,
                                          store_folder(home_, dataset_.name, column.name));
    if (!opened && opened.error().code != ErrorCode::kNotFound)
      return tl::make_unexpected(opened.error());
    ColumnStore* const store = opened ? opened->get() : nullptr;
    StoreView view;
    if (store != nullptr) {
      COLVEC_ASSIGN(view, store->view());
      add_files(view.vectors, status);
      if (view.keys) add_files(*view.keys, status);
    }
    VectorSet set;
    if (const ColumnVectors* known = known_vectors(column)) {
      status->vectors = *known;
      set = vector_set_of(known->base, name_of(known->precision));
      for (const AddFile* file : view.vectors.files_of(set.partition()))
        status->vectors_stored += rows_of(*file).value_or(0);
    } else if (column.active) {
      status->detail = "settings changed since the last refresh";
    }
    COLVEC_ASSIGN(const LookupCounts counts,
                  look_up(connection_, lookup, stored_rows(store, view, set, lookup.columns.key)));
    status->rows_with_text = counts.rows_with_text;
    status->distinct_texts = counts.distinct_texts;
    status->missing = counts.rows_missing;
    status->embedded = counts.rows_with_text - counts.rows_missing;
    status->changed = counts.missing_changed;
    const std::string why = std::exchange(status->detail, {});
    judge(counts, status);
    // Vectors of other settings may be there; none of these is known.
    if (status->vectors.fingerprint.empty()) status->state = ColumnState::kEmpty;
    if (!why.empty()) status->detail = why + (status->detail.empty() ? "" : "; ") + status->detail;
    return {};
  }

  const fs::path& home_;
  const Dataset& dataset_;
  Database& database_;
  Connection& connection_;
};

// What the last run says of its columns, where it failed.
void note_failure(const DatasetRun& run, DatasetStatus* status) {
  if (run.outcome != "failed") return;
  for (ColumnStatus& column : status->columns) {
    const bool was_in_it =
        std::any_of(run.columns.begin(), run.columns.end(),
                    [&](const ColumnRun& one) { return one.column == column.column; });
    if (column.state == ColumnState::kNotConfigured || !was_in_it) continue;
    column.state = ColumnState::kFailed;
    column.detail = "the last run failed: " + run.error;
  }
}

}  // namespace

std::string_view name_of(ColumnState state) {
  constexpr std::array<std::string_view, 6> kNames = {"not configured", "empty", "partial",
                                                      "ready",          "stale", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string to_json(const ColumnStatus& column) {
  JsonWriter json;
  json.begin_object().key("column").text(column.column).key("status").text(name_of(column.state));
  json.key("detail").text(column.detail).key("model").text(column.model);
  json.key("fingerprint").text(column.vectors.fingerprint).key("base").text(column.vectors.base);
  json.key("precision")
      .text(column.vectors.fingerprint.empty() ? std::string_view()
                                               : name_of(column.vectors.precision));
  json.key("dimension").number(column.vectors.dimension);
  json.key("rows").number(column.rows).key("rows_with_text").number(column.rows_with_text);
  json.key("embedded").number(column.embedded).key("missing").number(column.missing);
  json.key("changed").number(column.changed).key("distinct_texts").number(column.distinct_texts);
  json.key("vectors_stored").number(column.vectors_stored);
  json.key("bytes").number(column.bytes).key("files").number(column.files);
  return json.end_object().take();
}

std::string to_json(const DatasetStatus& status) {
  JsonWriter json;
  json.begin_object().key("dataset").text(status.dataset.name);
  json.key("revision").number(status.dataset.revision).key("rows").number(status.rows);
  json.key("processed").text(status.processed).key("last_run");
  if (status.last_run) {
    json.begin_object().key("id").text(status.last_run->id);
    json.key("started_ms").number(status.last_run->started_ms);
    json.key("seconds").number(status.last_run->seconds);
    json.key("outcome").text(status.last_run->outcome);
    json.key("error").text(status.last_run->error).end_object();
  } else {
    json.null();
  }
  json.key("sync").begin_object().key("status").text(name_of(status.sync.health));
  json.key("mode").text(status.dataset.sync == SyncMode::kAuto ? "auto" : "manual");
  json.key("remote").text(status.sync.remote).key("pushed_ms").number(status.sync.pushed_ms);
  json.key("pulled_ms").number(status.sync.pulled_ms).key("error").text(status.sync.error);
  json.key("error_ms").number(status.sync.error_ms).end_object();
  json.key("columns").begin_list();
  for (const ColumnStatus& column : status.columns) json.json(to_json(column));
  return json.end_list().end_object().take();
}

Result<DatasetStatus> dataset_status(const fs::path& home, std::string_view name,
                                     const StatusOptions& options) {
  const ThreadLimit limit(options.threads);
  DatasetStatus status;
  COLVEC_ASSIGN(status.dataset, read_dataset(home, name));
  COLVEC_ASSIGN(Database database, open_store_database(dataset_folder(home, name) / "status",
                                                       {.memory_limit = options.memory_limit,
                                                        .threads = options.threads}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_TRY(connection.execute("SET TimeZone = 'UTC'"));
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_TRY(
      StatusReader(home, status.dataset, database, connection).read(&status, options.cancel));
  COLVEC_ASSIGN(const std::optional<DatasetRun> run, last_run(home, name));
  if (run) {
    status.last_run = RunBrief{.id = run->id,
                               .started_ms = run->started_ms,
                               .seconds = run->seconds,
                               .outcome = run->outcome,
                               .error = run->error};
    note_failure(*run, &status);
  }
  status.sync = sync_status(home, status.dataset);
  std::error_code ignored;
  const fs::path processed = processed_folder(home, name);
  if (fs::exists(processed / "part-00000.parquet", ignored)) status.processed = processed.string();
  return status;
}

}  // namespace colvec
