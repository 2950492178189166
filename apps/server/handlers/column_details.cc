#include "handlers/column_details.h"

#include <algorithm>

#include "colvec/refresh.h"

namespace colvec::server {
namespace {

constexpr std::size_t kVersionsMax = 50;
constexpr std::size_t kModelDigits = 16;  // Of a fingerprint, that name its vectors in a store.

void write_vectors(std::string_view key, const std::optional<ColumnVectors>& vectors,
                   JsonWriter* json) {
  json->key(key);
  if (!vectors) {
    json->null();
    return;
  }
  json->begin_object().key("fingerprint").text(vectors->fingerprint);
  json->key("base").text(vectors->base).key("precision").text(name_of(vectors->precision));
  json->key("dimension").number(std::uint64_t{vectors->dimension});
  json->key("base_dimension").number(std::uint64_t{vectors->base_dimension}).end_object();
}

void write_status(const KnownStatus& known, const std::string& column, JsonWriter* json) {
  json->key("is_current").boolean(known.is_current).key("status");
  if (known.error) {
    const ColumnStatus failed{
        .column = column, .state = ColumnState::kFailed, .detail = known.error->message};
    json->json(to_json(failed));
    return;
  }
  if (known.status)
    for (const ColumnStatus& status : known.status->columns)
      if (status.column == column) {
        json->json(to_json(status));
        return;
      }
  json->null();
}

// The newest run of this home that had this column, as its record has it.
Status write_last_run(App& app, const std::string& dataset, const std::string& column,
                      JsonWriter* json) {
  COLVEC_ASSIGN(std::vector<DatasetRun> runs, list_runs(app.home(), dataset));
  json->key("last_run");
  for (DatasetRun& run : runs) {
    if (run.pulled) continue;
    const auto of_column = std::find_if(run.columns.begin(), run.columns.end(),
                                        [&](const ColumnRun& c) { return c.column == column; });
    if (of_column == run.columns.end()) continue;
    run.columns = {*of_column};
    run.state.clear();
    json->json(to_json(run));
    return {};
  }
  json->null();
  return {};
}

void write_models(const StoreInfo& info, JsonWriter* json) {
  json->key("models").begin_list();
  for (const StoredModel& model : info.models) {
    json->begin_object().key("model").text(model.model).key("name").text(model.name);
    json->key("precision").text(model.precision);
    json->key("dimension").number(std::uint64_t{model.dimension});
    json->key("vectors").number(model.vectors).key("bytes").number(model.bytes);
    json->key("files").number(model.files).key("is_active").boolean(model.active).end_object();
  }
  json->end_list();
}

void write_tokens(const StoreTokens& tokens, JsonWriter* json) {
  json->begin_object().key("texts").number(tokens.texts).key("truncated").number(tokens.truncated);
  json->key("truncated_share")
      .number(tokens.texts == 0
                  ? 0.0
                  : static_cast<double>(tokens.truncated) / static_cast<double>(tokens.texts));
  json->key("tokens_mean").number(tokens.tokens_mean).key("tokens_max").number(tokens.tokens_max);
  json->key("histogram").begin_list();
  for (const auto& [step, texts] : tokens.histogram)
    json->begin_object().key("tokens").text(step).key("texts").number(texts).end_object();
  json->end_list().end_object();
}

// What a store says of itself.
struct StoreFacts {
  StoreInfo info;
  std::vector<StoreVersion> history;    // The newest first.
  std::optional<StoreTokens> tokens{};  // Of the vectors that are handed out.
};

Result<StoreFacts> read_facts(const std::filesystem::path& folder, const StoreOptions& options,
                              const DatasetColumn& column) {
  COLVEC_ASSIGN(const std::unique_ptr<Store> store, Store::open(folder, options));
  StoreFacts facts;
  COLVEC_ASSIGN(facts.info, store->info());
  COLVEC_ASSIGN(facts.history, store->history());
  std::reverse(facts.history.begin(), facts.history.end());
  facts.history.resize(std::min(facts.history.size(), kVersionsMax));
  if (!column.active) return facts;
  Result<StoreTokens> tokens = store->tokens("f" + column.active->base.substr(0, kModelDigits),
                                             std::string(name_of(column.active->precision)));
  if (tokens) facts.tokens = *std::move(tokens);
  return facts;
}

void write_store(const StoreFacts& facts, JsonWriter* json) {
  const StoreInfo& info = facts.info;
  json->key("store").begin_object().key("keys").number(info.keys).key("bytes").number(info.bytes);
  json->key("files").number(info.files).key("keys_version");
  info.keys_version ? json->number(*info.keys_version) : json->null();
  json->key("vectors_version").number(info.vectors_version);
  json->key("key_columns").texts(info.key_columns);
  write_models(info, json);
  json->end_object().key("tokens");
  facts.tokens ? write_tokens(*facts.tokens, json) : static_cast<void>(json->null());
  json->key("history").begin_list();
  write_history(facts.history, json);
  json->end_list().key("store_error").null();
}

void write_no_store(const Error& why, JsonWriter* json) {
  json->key("store").null().key("tokens").null().key("history").begin_list().end_list();
  json->key("store_error");
  why.code == ErrorCode::kNotFound ? json->null() : json->text(why.message);
}

}  // namespace

void write_column(const DatasetColumn& column, JsonWriter* json) {
  json->begin_object().key("name").text(column.name).key("type").text(column.type);
  json->key("is_primary_key").boolean(column.is_primary_key);
  json->key("is_target").boolean(column.is_target);
  json->key("is_date_column").boolean(column.is_date_column).key("embedding");
  column.embedding ? json->json(to_json(*column.embedding)) : json->null();
  write_vectors("active", column.active, json);
  write_vectors("target", column.target, json);
  json->end_object();
}

void write_history(const std::vector<StoreVersion>& history, JsonWriter* json) {
  for (const StoreVersion& version : history) {
    json->begin_object().key("table").text(version.table).key("version").number(version.version);
    json->key("time_ms").number(version.time_ms).key("operation").text(version.operation);
    json->key("files_added").number(version.files_added);
    json->key("files_removed").number(version.files_removed);
    json->key("rows_added").number(version.rows_added);
    json->key("commit_id").text(version.commit_id).end_object();
  }
}

Result<std::string> column_details(App& app, const std::string& dataset_name,
                                   const std::string& name) {
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(app.home(), dataset_name));
  COLVEC_ASSIGN(const DatasetColumn* const column, dataset.column(name));
  JsonWriter json;
  json.begin_object().key("revision").number(dataset.revision).key("column");
  write_column(*column, &json);
  const auto deadline = StatusCache::Clock::now() + StatusCache::kWait;
  write_status(app.statuses.get(dataset_name, false, deadline), name, &json);
  COLVEC_TRY(write_last_run(app, dataset_name, name, &json));
  const Result<StoreFacts> facts = read_facts(store_folder(app.home(), dataset_name, name),
                                              {.memory_limit = app.options.memory_limit}, *column);
  facts ? write_store(*facts, &json) : write_no_store(facts.error(), &json);
  return json.end_object().take();
}

}  // namespace colvec::server
