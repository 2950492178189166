#include "store/column_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/parallel.h"
#include "base/uuid.h"
#include "colvec/version.h"
#include "store/active_model.h"
#include "store/distinct_rows.h"
#include "store/past.h"
#include "store/store_tables.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

constexpr std::size_t kModelBytesMax = 16u << 20;
constexpr const char* kStoreText = "colvec.storeText";

std::string value_or(const std::map<std::string, std::string>& values, const std::string& key,
                     std::string fallback) {
  const auto found = values.find(key);
  return found == values.end() ? std::move(fallback) : found->second;
}

std::string shown(const std::vector<KeyColumn>& columns) {
  std::string text;
  for (const KeyColumn& column : columns)
    text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

// A relation without rows that has these columns.
std::string empty_sql(const std::vector<DeltaColumn>& columns) {
  std::string list;
  for (const DeltaColumn& column : columns)
    list += (list.empty() ? "" : ", ") + ("CAST(NULL AS " + column.type + ") AS ") +
            quote_identifier(column.name);
  return "(SELECT " + list + " WHERE false)";
}

}  // namespace

std::string text_hash_sql(std::string_view text) {
  return "left(sha256(" + std::string(text) + "), 32)";
}

ColumnStore::ColumnStore(FileSystem& files, std::filesystem::path folder, Connection connection)
    : files_(&files),
      folder_(std::move(folder)),
      connection_(std::make_unique<Connection>(std::move(connection))) {}

Result<std::unique_ptr<ColumnStore>> ColumnStore::attach_to(FileSystem& files, Database& database,
                                                            std::filesystem::path folder) {
  folder = std::filesystem::absolute(folder).lexically_normal();
  if (folder.string().find_first_of("*?[") != std::string::npos)
    return fail(ErrorCode::kInvalidArgument,
                folder.string() + ": the path of a store cannot hold *, ? or [");
  COLVEC_ASSIGN(Connection connection, database.connect());
  // Keys become text the same way everywhere.
  COLVEC_TRY(connection.execute("SET TimeZone = 'UTC'"));
  std::unique_ptr<ColumnStore> store(
      new ColumnStore(files, std::move(folder), std::move(connection)));
  COLVEC_TRY(store->open_tables());
  return store;
}

Status ColumnStore::open_tables() {
  COLVEC_ASSIGN(vectors_,
                AppendTable::open(*files_, *connection_, folder_ / "vectors", vectors_rules()));
  if (!vectors_->exists()) return {};
  return read_definition();
}

Status ColumnStore::read_definition() {
  const std::string where = vectors_->folder().string();
  const auto& configuration = vectors_->snapshot().meta_data.configuration;
  const std::string format = value_or(configuration, "colvec.formatVersion", "");
  if (format.empty()) return fail(ErrorCode::kUnsupported, where + ": not a table of colvec");
  if (format != kFormatVersion)
    return fail(ErrorCode::kUnsupported, where + ": format version " + format + "; we know 1");
  definition_.store_text = value_or(configuration, kStoreText, "true") == "true";
  definition_.plain_floats = value_or(configuration, "colvec.parquetEncoding", "") == "plain";

  // The key columns, which decide what rows of keys are, stand in the log itself.
  COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(*files_, *connection_, folder_ / "keys"));
  if (!log.snapshot().version) return {};
  const std::string place = (folder_ / "keys").string() + ": colvec.keyColumns";
  COLVEC_ASSIGN(
      definition_.key_columns,
      parse_key_columns(value_or(log.snapshot().meta_data.configuration, "colvec.keyColumns", ""),
                        place));
  keys_ =
      AppendTable::over(*files_, *connection_, std::move(log), keys_rules(definition_.key_columns));
  return {};
}

Result<std::unique_ptr<ColumnStore>> ColumnStore::open(FileSystem& files, Database& database,
                                                       std::filesystem::path folder) {
  COLVEC_ASSIGN(std::unique_ptr<ColumnStore> store, attach_to(files, database, std::move(folder)));
  if (!store->vectors_->exists())
    return fail(ErrorCode::kNotFound, store->folder_.string() + ": no store there");
  return store;
}

Result<std::unique_ptr<ColumnStore>> ColumnStore::open_or_create(
    FileSystem& files, Database& database, std::filesystem::path folder,
    const StoreDefinition& definition) {
  COLVEC_ASSIGN(std::unique_ptr<ColumnStore> store, attach_to(files, database, std::move(folder)));
  COLVEC_TRY(store->create_tables(definition));
  return store;
}

Status ColumnStore::put_keys_aside(FileSystem& files, const std::filesystem::path& folder) {
  const std::filesystem::path aside = folder / (std::string(kFormerKeys) + new_uuid());
  COLVEC_TRY(files.rename(folder / "keys", aside));
  COLVEC_TRY(files.sync_folder(folder));
  return files.write_new(aside / "put_aside", "");  // When that was: vacuum asks the folder.
}

Status ColumnStore::create_tables(const StoreDefinition& wanted) {
  if (!vectors_->exists()) {
    COLVEC_TRY(files_->make_folders(folder_ / "models"));
    COLVEC_ASSIGN(const DeltaMetaData vectors,
                  vectors_meta_data(wanted.store_text, wanted.plain_floats));
    COLVEC_TRY(vectors_->create(vectors));
    COLVEC_TRY(read_definition());
  }
  if (wanted.key_columns.empty()) return {};
  if (!has_keys()) {
    COLVEC_ASSIGN(keys_, AppendTable::open(*files_, *connection_, folder_ / "keys",
                                           keys_rules(wanted.key_columns)));
    COLVEC_ASSIGN(const DeltaMetaData keys, keys_meta_data(wanted.key_columns));
    COLVEC_TRY(keys_->create(keys));
    // Another process may have been first, with other columns.
    COLVEC_TRY(read_definition());
  }
  if (definition_.key_columns != wanted.key_columns)
    return fail(ErrorCode::kConflict, folder_.string() + ": its key columns are " +
                                          shown(definition_.key_columns) + ", not " +
                                          shown(wanted.key_columns));
  return {};
}

Status ColumnStore::add_model(const StoreModel& model) {
  if (!is_fingerprint(model.fingerprint))
    return fail(ErrorCode::kInvalidArgument,
                "fingerprint: must be 64 lower-case hexadecimal digits: " + model.fingerprint);
  const std::filesystem::path path =
      folder_ / "models" / (vector_set_of(model.fingerprint, "").model + ".json");
  COLVEC_TRY(files_->make_folders(path.parent_path()));
  if (!files_->stat(path)) {
    COLVEC_ASSIGN(const bool is_ours, write_if_absent(*files_, path, to_json(model)));
    if (is_ours) return {};
  }
  COLVEC_ASSIGN(const StoreModel known, this->model(vector_set_of(model.fingerprint, "").model));
  if (known.fingerprint != model.fingerprint)
    return fail(ErrorCode::kConflict, path.string() + ": is of fingerprint " + known.fingerprint +
                                          ", not " + model.fingerprint);
  return {};
}

Result<StoreModel> ColumnStore::model(const std::string& model) {
  const std::filesystem::path path = folder_ / "models" / (model + ".json");
  COLVEC_ASSIGN(const std::string text, files_->read(path, kModelBytesMax));
  return parse_store_model(text, path.string());
}

Result<AppendOutcome> ColumnStore::append_vectors(const StoreRows& rows) {
  const std::string text = definition_.store_text ? "text_value" : "CAST(NULL AS VARCHAR)";
  const std::string engine =
      rows.engine_version.empty() ? "colvec/" + std::string(version()) : rows.engine_version;
  AppendRequest request;
  request.relation = rows.vectors;
  request.position = rows.position;
  request.columns = "text_hash, " + text +
                    " AS text_value, embedding, CAST(token_count AS INTEGER) AS token_count, "
                    "truncated, " +
                    quote_literal(engine) + " AS engine_version, now() AS embedded_at";
  request.scope = rows.set.partition();
  request.range = range_;
  request.slices = [&](std::uint64_t count) { return vector_slices(request.scope, count); };
  request.rows_of_file = kVectorRowsOfFile;
  request.format = {row_group_rows_for(rows.dimension), definition_.plain_floats};
  request.info.operation = "WRITE";
  request.info.parameters = labels_;
  return vectors_->append(request);
}

Result<AppendOutcome> ColumnStore::append_keys(const StoreRows& rows,
                                               std::uint64_t vectors_version) {
  std::string has_null;
  for (const KeyColumn& column : definition_.key_columns)
    has_null += (has_null.empty() ? "" : " OR ") + stored_name(column) + " IS NULL";
  COLVEC_ASSIGN(const Rows counted, connection_->query("SELECT count(*), count(*) FILTER (WHERE " +
                                                       has_null + ") FROM " + rows.keys));
  if (counted.number(0, 1) > 0)
    return fail(ErrorCode::kInvalidArgument,
                "key of the store is NULL: in " + counted.text(0, 1) + " rows");
  AppendRequest request;
  request.relation = rows.keys;
  if (counted.number(0, 0) >= kSpreadKeysMin) {
    COLVEC_TRY(connection_->execute("CREATE OR REPLACE TEMP TABLE spread_keys AS SELECT *, " +
                                    bucket_sql(definition_.key_columns) + " AS pk_bucket FROM " +
                                    rows.keys));
    request.relation = "spread_keys";
  }
  request.columns = key_names(definition_.key_columns, "") + ", text_hash, now() AS seen_at";
  request.slices = key_slices;
  request.info.operation = "WRITE";
  request.info.vectors_version = vectors_version;
  Result<AppendOutcome> outcome = keys_->append(request);
  COLVEC_TRY(connection_->execute("DROP TABLE IF EXISTS spread_keys"));
  return outcome;
}

Result<StoreAppended> ColumnStore::append(const StoreRows& rows) {
  StoreAppended appended;
  if (rows.vectors.empty()) {
    appended.vectors.version = *vectors_->snapshot().version;
  } else {
    COLVEC_ASSIGN(appended.vectors, append_vectors(rows));
  }
  if (rows.keys.empty()) return appended;
  COLVEC_CHECK(has_keys());
  // Vectors that another writer has just added may not be on the disk for good yet.
  if (appended.vectors.rows_added == 0) COLVEC_TRY(vectors_->log().settle());
  COLVEC_ASSIGN(appended.keys, append_keys(rows, appended.vectors.version));
  // Had another writer forgotten one of these texts since it was found to be there, the keys just
  // committed would lack it.
  while (!rows.vectors.empty()) {
    COLVEC_ASSIGN(const bool removed, vectors_->refresh());
    if (!removed) break;
    COLVEC_ASSIGN(const AppendOutcome again, append_vectors(rows));
    appended.vectors.rows_added += again.rows_added;
    appended.vectors.version = again.version;
  }
  return appended;
}

Result<StoreView> ColumnStore::view() {
  StoreView view;
  if (has_keys()) {
    COLVEC_TRY(keys_->refresh());
    view.keys = keys_->snapshot();
  }
  COLVEC_TRY(vectors_->refresh());
  view.vectors = vectors_->snapshot();
  return view;
}

Result<StoreView> ColumnStore::view_at(std::uint64_t version) {
  COLVEC_ASSIGN(StoreView view, this->view());
  if (!has_keys()) {
    COLVEC_ASSIGN(view.vectors, vectors_->log().snapshot_at(version));
    COLVEC_ASSIGN(const auto gone, gone_file(*vectors_, view.vectors));
    return gone ? Result<StoreView>(is_gone(*gone)) : view;
  }
  COLVEC_ASSIGN(view.keys, keys_->log().snapshot_at(version));
  COLVEC_ASSIGN(const auto gone_keys, gone_file(*keys_, *view.keys));
  if (gone_keys) return is_gone(*gone_keys);
  COLVEC_ASSIGN(const std::uint64_t vectors_version,
                recorded_vectors_version(keys_->log(), version));
  COLVEC_ASSIGN(DeltaSnapshot vectors, vectors_->log().snapshot_at(vectors_version));
  COLVEC_ASSIGN(const auto gone, gone_file(*vectors_, vectors));
  if (gone) {
    // Compacted and vacuumed since: the newest vectors do as well, unless some were erased.
    COLVEC_ASSIGN(const std::vector<RemoveFile> erased,
                  erased_since(vectors_->log(), vectors_version));
    if (!erased.empty()) return is_gone(*gone);
    return view;
  }
  view.vectors = std::move(vectors);
  return view;
}

std::vector<VectorSet> ColumnStore::sets(const StoreView& view) const {
  std::vector<VectorSet> found;
  for (const auto& [path, file] : view.vectors.files) {
    const auto model = file.partition.find("model");
    const auto precision = file.partition.find("precision");
    if (model == file.partition.end() || precision == file.partition.end()) continue;
    VectorSet set{model->second.value_or(""), precision->second.value_or("")};
    if (std::find(found.begin(), found.end(), set) == found.end()) found.push_back(std::move(set));
  }
  return found;
}

std::optional<VectorSet> ColumnStore::active_set(const StoreView& view) const {
  return view.keys ? active_set_of(view.keys->meta_data) : std::nullopt;
}

Result<VectorSet> ColumnStore::default_set(const StoreView& view) const {
  if (const std::optional<VectorSet> active = active_set(view)) return *active;
  const std::vector<VectorSet> all = sets(view);
  if (all.empty()) return fail(ErrorCode::kNotFound, folder_.string() + ": holds no vectors yet");
  if (all.size() == 1) return all.front();
  std::string list;
  for (const VectorSet& set : all)
    list += (list.empty() ? "" : ", ") + set.model + " " + set.precision;
  return fail(ErrorCode::kInvalidArgument,
              folder_.string() + ": holds vectors of several models, name one of: " + list);
}

Status ColumnStore::activate(const VectorSet& set, const std::string& fingerprint) {
  COLVEC_CHECK(has_keys());
  COLVEC_TRY(vectors_->refresh());
  CommitInfo info{.operation = "SET MODEL",
                  .parameters = {{"model", set.model}, {"precision", set.precision}},
                  .vectors_version = vectors_->snapshot().version};
  const auto prepare = [&](const DeltaSnapshot& snapshot, DeltaCommit* commit) -> Result<bool> {
    commit->meta_data = with_active(snapshot.meta_data, fingerprint, set.precision, now_ms());
    return commit->meta_data.has_value();
  };
  const Result<bool> committed = keys_->commit(info, prepare);
  return committed ? Status() : tl::make_unexpected(committed.error());
}

Result<bool> ColumnStore::keep_texts(bool wanted) {
  if (definition_.store_text == wanted) return false;
  const std::string value = wanted ? "true" : "false";
  const CommitInfo info{.operation = "SET TEXT", .parameters = {{"storeText", value}}};
  const auto prepare = [&](const DeltaSnapshot& snapshot, DeltaCommit* commit) -> Result<bool> {
    commit->meta_data = snapshot.meta_data;
    return std::exchange(commit->meta_data->configuration[kStoreText], value) != value;
  };
  COLVEC_TRY(vectors_->commit(info, prepare));
  definition_.store_text = wanted;
  return true;
}

Status ColumnStore::note(const std::string& operation,
                         const std::map<std::string, std::string>& labels) {
  const CommitInfo info{.operation = operation, .parameters = labels};
  const auto says_it = [](const DeltaSnapshot&, DeltaCommit*) -> Result<bool> { return true; };
  const Result<bool> committed = vectors_->commit(info, says_it);
  return committed ? Status() : tl::make_unexpected(committed.error());
}

std::vector<const AddFile*> ColumnStore::files_of(const StoreView& view,
                                                  const VectorSet& set) const {
  std::vector<const AddFile*> files = view.vectors.files_of(set.partition());
  std::erase_if(files, [&](const AddFile* file) { return !range_.may_meet(*file); });
  return files;
}

std::string ColumnStore::vectors_sql(const StoreView& view, const VectorSet& set,
                                     const std::string& condition) const {
  const std::vector<const AddFile*> files = files_of(view, set);
  if (files.empty()) return empty_sql(vectors_columns());
  std::string wanted = range_.sql("text_hash");
  if (!condition.empty()) wanted += (wanted.empty() ? "" : " AND ") + ("(" + condition + ")");
  return distinct_vectors_sql(vectors_->folder(), files, wanted);
}

std::string ColumnStore::keys_sql(const StoreView& view) const {
  COLVEC_CHECK(view.keys.has_value());
  const std::vector<const AddFile*> files = view.keys->live_files();
  return files.empty()
             ? empty_sql(keys_columns(definition_.key_columns))
             : distinct_keys_sql(keys_->folder(), files, key_names(definition_.key_columns, ""));
}

Status ColumnStore::check_files(const StoreView& view, const VectorSet& set, bool content) {
  struct Wanted {
    std::filesystem::path folder;
    const AddFile* file;
    bool content;
  };
  std::vector<Wanted> wanted;
  for (const AddFile* file : files_of(view, set))
    if (!checked_.contains(file->path)) wanted.push_back({vectors_->folder(), file, content});
  // Of keys, whatever is read of them may lead to a wrong vector.
  if (view.keys)
    for (const auto& [path, file] : view.keys->files)
      if (!checked_.contains(path)) wanted.push_back({keys_->folder(), &file, true});
  std::vector<Status> results(wanted.size());
  parallel_for(wanted.size(), [&](std::size_t i) {
    const auto& [folder, file, with_content] = wanted[i];
    results[i] = check_data_file(*files_, folder, *file, with_content);
  });
  for (Status& result : results) COLVEC_TRY(std::move(result));
  for (const Wanted& one : wanted)
    if (one.content) checked_.insert(one.file->path);
  return {};
}

}  // namespace colvec
