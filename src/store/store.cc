#include "colvec/store.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/size.h"
#include "store/column_store.h"
#include "store/compact.h"
#include "store/forget.h"
#include "store/import_rows.h"
#include "store/open_store.h"
#include "store/query_rows.h"
#include "store/restore.h"
#include "store/token_figures.h"
#include "store/vacuum.h"
#include "store/verify.h"
#include "store/write_rows.h"

namespace colvec {
namespace {

constexpr std::uint64_t kTableRowsMax = 50;  // Shown for people, unless they say.

std::uint64_t rows_of(const std::vector<const AddFile*>& files) {
  std::uint64_t rows = 0;
  for (const AddFile* file : files) rows += rows_of(*file).value_or(0);
  return rows;
}

Status add_history(AppendTable& table, std::vector<StoreVersion>* history) {
  for (std::uint64_t v = 0; v <= *table.snapshot().version; ++v) {
    COLVEC_ASSIGN(const DeltaCommit commit, table.log().commit_at(v));
    StoreVersion version{.table = table.rules().name, .version = v};
    if (commit.info) {
      version.time_ms = commit.info->timestamp_ms;
      version.operation = commit.info->operation;
      version.commit_id = commit.info->commit_id;
    }
    version.files_added = commit.adds.size();
    version.files_removed = commit.removes.size();
    for (const AddFile& file : commit.adds) version.rows_added += rows_of(file).value_or(0);
    history->push_back(std::move(version));
  }
  return {};
}

}  // namespace

struct Store::State {
  OpenedStore opened;
  ColumnStore& store() { return *opened.store; }
};

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder,
                                           const StoreOptions& options) {
  COLVEC_ASSIGN(OpenedStore opened, open_store(folder, options, nullptr));
  return std::unique_ptr<Store>(new Store(std::make_unique<State>(State{std::move(opened)})));
}

Result<StoreInfo> Store::info() {
  ColumnStore& store = state_->store();
  COLVEC_ASSIGN(const StoreView view, store.view());
  StoreInfo info;
  info.vectors_version = *view.vectors.version;
  info.bytes = view.vectors.bytes();
  info.files = view.vectors.files.size();
  for (const KeyColumn& column : store.definition().key_columns)
    info.key_columns.push_back(column.name + " " + column.type);
  if (view.keys) {
    info.keys = view.keys->rows();
    info.bytes += view.keys->bytes();
    info.files += view.keys->files.size();
    info.keys_version = view.keys->version;
  }
  const std::optional<VectorSet> active = store.active_set(view);
  for (const VectorSet& set : store.sets(view)) {
    StoredModel model{.model = set.model, .precision = set.precision};
    const std::vector<const AddFile*> files = view.vectors.files_of(set.partition());
    model.files = files.size();
    model.vectors = rows_of(files);
    for (const AddFile* file : files) model.bytes += file->size;
    model.active = active == set;
    if (const Result<StoreModel> known = store.model(set.model)) {
      model.name = known->name;
      model.dimension = known->dimension;
    }
    info.models.push_back(std::move(model));
  }
  return info;
}

Result<std::vector<StoreFile>> Store::files(const StoreMoment& moment) {
  ColumnStore& store = state_->store();
  COLVEC_ASSIGN(const StoreView view, view_of(store, moment));
  std::vector<StoreFile> files;
  const auto add = [&](const DeltaSnapshot& snapshot, const AppendTable& table) {
    for (const auto& [path, file] : snapshot.files)
      files.push_back(
          {table.rules().name, table.folder() / path, rows_of(file).value_or(0), file.size});
  };
  if (view.keys) add(*view.keys, store.keys());
  add(view.vectors, store.vectors());
  return files;
}

Result<std::vector<StoreVersion>> Store::history() {
  ColumnStore& store = state_->store();
  COLVEC_TRY(store.view());
  std::vector<StoreVersion> history;
  if (store.has_keys()) COLVEC_TRY(add_history(store.keys(), &history));
  COLVEC_TRY(add_history(store.vectors(), &history));
  std::stable_sort(
      history.begin(), history.end(),
      [](const StoreVersion& a, const StoreVersion& b) { return a.time_ms < b.time_ms; });
  return history;
}

Result<StoreQueryResult> Store::query(const StoreQuery& query) {
  ColumnStore& store = state_->store();
  const ThreadLimit limit(state_->opened.threads);
  COLVEC_ASSIGN(const StoreView view, view_of(store, query.moment));
  COLVEC_ASSIGN(const VectorSet set, set_of(store, view, query.model, query.precision));
  StoreQuery bounded = query;
  if (query.format == RowFormat::kTable && !query.limit) bounded.limit = kTableRowsMax;
  COLVEC_TRY(store.check_files(view, set, query.with_vectors));
  COLVEC_ASSIGN(const QueryRows rows, plan_query(store, view, set, bounded));
  StoreQueryResult result;
  COLVEC_ASSIGN(result.rows, write_rows(store.connection(), rows, bounded));
  if (rows.wanted.empty()) return result;
  COLVEC_ASSIGN(const Rows missing, store.connection().query(rows.wanted));
  result.keys_missing = missing.number(0, 0);
  return result;
}

Result<StoreTokens> Store::tokens(const std::string& model, const std::string& precision) {
  ColumnStore& store = state_->store();
  COLVEC_ASSIGN(const StoreView view, store.view());
  COLVEC_ASSIGN(const VectorSet set, set_of(store, view, model, precision));
  return token_figures(store, view, set);
}

Result<StoreCompacted> Store::compact(const CancelToken* cancel) {
  return colvec::compact(state_->store(), cancel);
}

Result<StoreVacuumed> Store::vacuum(double retention_hours, bool dry_run) {
  return colvec::vacuum(state_->store(), retention_hours, dry_run);
}

Result<std::uint64_t> Store::restore(const StoreMoment& moment) {
  ColumnStore& store = state_->store();
  if (!store.has_keys())
    return fail(ErrorCode::kUnsupported,
                store.folder().string() + ": a cache of texts, it has no versions of keys");
  std::uint64_t version = moment.version.value_or(0);
  if (!moment.version) {
    COLVEC_ASSIGN(const StoreView view, view_of(store, moment));
    version = *view.keys->version;
  }
  return colvec::restore(store, version);
}

Result<StoreForgotten> Store::forget(const std::string& where, bool now) {
  return colvec::forget(state_->store(), where, now);
}

Result<std::string> Store::select_sql(const StoreMoment& moment, const std::string& model,
                                      const std::string& precision) {
  ColumnStore& store = state_->store();
  COLVEC_ASSIGN(const StoreView view, view_of(store, moment));
  COLVEC_ASSIGN(const VectorSet set, set_of(store, view, model, precision));
  COLVEC_ASSIGN(QueryRows rows, plan_query(store, view, set, StoreQuery{}));
  return std::move(rows.select);
}

Result<std::string> Store::view_sql(const StoreMoment& moment, const std::string& model,
                                    const std::string& precision) {
  COLVEC_ASSIGN(const std::string select, select_sql(moment, model, precision));
  return "CREATE OR REPLACE VIEW embeddings AS " + select + ";";
}

Result<StoreImported> import_to_store(const std::filesystem::path& folder,
                                      const StoreImport& import, const StoreOptions& options) {
  const ThreadLimit limit(options.threads);
  if (!is_fingerprint(import.fingerprint))
    return fail(ErrorCode::kInvalidArgument,
                "fingerprint: must be 64 lower-case hexadecimal digits: " + import.fingerprint);
  COLVEC_ASSIGN(Database database, make_store_database(folder, options));
  COLVEC_ASSIGN(Connection reader, database.connect());
  COLVEC_TRY(reader.execute("SET TimeZone = 'UTC'"));
  COLVEC_ASSIGN(const ImportSource source, open_import(reader, import));
  COLVEC_ASSIGN(const std::unique_ptr<ColumnStore> store,
                ColumnStore::open_or_create(local_file_system(), database, folder,
                                            {.key_columns = source.key_columns,
                                             .store_text = import.store_text,
                                             .plain_floats = import.plain_floats}));
  return import_rows(*store, source, import);
}

Result<StoreVerified> verify_store(const std::filesystem::path& folder,
                                   const StoreOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(Database database, open_store_database(folder, options));
  return verify_store(local_file_system(), database, folder);
}

}  // namespace colvec
