// The order of the steps:
//
//   1. the keys' files that hold a row to erase are written again without it, in one commit
//   2. `erased` = the texts of these rows, and of such rows in files taken out earlier (where a run
//      was killed after step 1, they are only there)
//   3. the vectors' files that hold a text which no live key has are written again without it
//   4. texts that a key has again, added by another writer meanwhile, get their vectors back
//   5. with `now`: dead files that hold an erased row are deleted
#include "store/forget.h"

#include <functional>
#include <set>
#include <utility>

#include "store/distinct_rows.h"
#include "store/store_tables.h"
#include "store/vacuum.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

using Files = std::vector<const AddFile*>;
// SQL that can follow FROM: the rows of a file that are not erased.
using RowsToStay = std::function<std::string(const AddFile* file)>;

class Forgetting {
 public:
  Forgetting(ColumnStore& store, std::string where)
      : store_(store), connection_(store.connection()), where_(std::move(where)) {}

  Status erase_keys();
  Status list_erased();
  Status erase_vectors();
  Status bring_back();
  Status delete_dead_files();
  const StoreForgotten& result() const { return result_; }

 private:
  // The rows of files of the keys, with the columns' own names too; of former keys, below the
  // store's folder, by their path there.
  std::string named_keys(const Files& files) const {
    return named_keys(store_.keys().folder(), files);
  }
  std::string named_keys(const fs::path& folder, const Files& files) const;
  std::string named_keys_of(const fs::path& folder, const DeadFile& file) const {
    AddFile added;
    added.path = file.path;
    return named_keys(folder, {&added});
  }
  // Rows for which the expression is true.
  std::string chosen() const { return " WHERE (\n" + where_ + "\n)"; }
  std::string not_chosen() const { return " WHERE (\n" + where_ + "\n) IS NOT TRUE"; }
  // Makes `orphans`: erased texts that no live key has.
  Status list_orphans();
  Result<Files> files_with(const AppendTable& table, const Files& files, const std::string& rows);
  Result<bool> plan_keys(const DeltaSnapshot& now, DeltaCommit* commit);
  Result<bool> plan_vectors(const DeltaSnapshot& now, DeltaCommit* commit);
  Status rewrite(AppendTable& table, const Files& files, const std::string& columns,
                 const RowsToStay& rows_to_stay, const DataFileFormat& format, DeltaCommit* commit);
  Result<std::uint64_t> count(const std::string& from);
  Status list_erased_of(const fs::path& folder, const DeadFile& file, bool has_columns);
  Status delete_files_with(AppendTable& table, const std::string& condition);
  // Whether there are such rows; files that cannot be read could hold anything.
  bool may_be_some(const std::string& rows);
  Status delete_file(const fs::path& path);

  ColumnStore& store_;
  Connection& connection_;
  std::string where_;
  std::vector<AddFile> written_;  // By the plan that waits for its commit.
  std::vector<AddFile> old_vectors_;
  StoreForgotten result_;
};

Result<std::uint64_t> Forgetting::count(const std::string& from) {
  COLVEC_ASSIGN(const Rows rows, connection_.query("SELECT count(*) FROM " + from));
  return rows.number(0, 0);
}

std::string Forgetting::named_keys(const fs::path& folder, const Files& files) const {
  std::string aliases;
  for (const KeyColumn& column : store_.definition().key_columns)
    if (stored_name(column) != quote_identifier(column.name))
      aliases += ", " + stored_name(column) + " AS " + quote_identifier(column.name);
  return "(SELECT *" + aliases + " FROM " + read_named_files_sql(folder, files) + ")";
}

// Those of `files` that `rows` (SQL with a column colvec_file) come from.
Result<Files> Forgetting::files_with(const AppendTable& table, const Files& files,
                                     const std::string& rows) {
  COLVEC_ASSIGN(const Rows found, connection_.query("SELECT DISTINCT colvec_file FROM " + rows));
  std::set<std::string> paths;
  for (std::size_t r = 0; r < found.size(); ++r) paths.insert(found.text(r, 0));
  Files with;
  for (const AddFile* file : files)
    if (paths.contains((table.folder() / file->path).string())) with.push_back(file);
  return with;
}

// Writes each file again with the rows of it that are to stay, if there are any.
Status Forgetting::rewrite(AppendTable& table, const Files& files, const std::string& columns,
                           const RowsToStay& rows_to_stay, const DataFileFormat& format,
                           DeltaCommit* commit) {
  for (const AddFile* file : files) {
    const std::string select =
        "SELECT " + columns + " FROM " + rows_to_stay(file) + " ORDER BY " + table.rules().order_by;
    COLVEC_ASSIGN(const std::optional<AddFile> left,
                  write_data_file(store_.files(), connection_, table.folder(), file->partition,
                                  select, format));
    if (left) {
      commit->adds.push_back(*left);
      if (may_double(*file)) commit->adds.back().tags[kMayDouble] = "true";
      written_.push_back(*left);
    }
    commit->removes.push_back(removal_of(*file, true));
  }
  return {};
}

Result<bool> Forgetting::plan_keys(const DeltaSnapshot& now, DeltaCommit* commit) {
  AppendTable& keys = store_.keys();
  keys.drop_files(std::exchange(written_, {}));
  const Files live = now.live_files();
  if (live.empty()) return false;
  COLVEC_ASSIGN(const Files files, files_with(keys, live, named_keys(live) + chosen()));
  if (files.empty()) return false;
  const std::string names = key_names(store_.definition().key_columns, "");
  COLVEC_ASSIGN(result_.keys,
                count("(SELECT DISTINCT " + names + " FROM " + named_keys(files) + chosen() + ")"));
  const RowsToStay rows_to_stay = [&](const AddFile* file) {
    return named_keys({file}) + not_chosen();
  };
  COLVEC_TRY(rewrite(keys, files, names + ", text_hash, seen_at", rows_to_stay, {}, commit));
  return true;
}

Status Forgetting::erase_keys() {
  const CommitInfo info{.operation = "DELETE",
                        .vectors_version = store_.vectors().snapshot().version};
  const Result<bool> committed = store_.keys().commit(
      info, [&](const DeltaSnapshot& now, DeltaCommit* commit) { return plan_keys(now, commit); });
  if (!committed) return tl::make_unexpected(committed.error());
  written_.clear();
  return {};
}

Status Forgetting::list_erased() {
  COLVEC_TRY(connection_.execute("CREATE OR REPLACE TEMP TABLE erased (text_hash VARCHAR)"));
  COLVEC_ASSIGN(const std::vector<DeadFile> dead, dead_files(store_.keys()));
  for (const DeadFile& file : dead)
    if (is_nobodys(file)) COLVEC_TRY(list_erased_of(store_.keys().folder(), file, true));
  COLVEC_ASSIGN(const std::vector<DeadFile> former, former_keys(store_));
  for (const DeadFile& file : former) COLVEC_TRY(list_erased_of(store_.folder(), file, false));
  return {};
}

// `has_columns`: it has the columns that the keys have now.
Status Forgetting::list_erased_of(const fs::path& folder, const DeadFile& file, bool has_columns) {
  if (!file.path.ends_with(".parquet")) return {};
  const std::string rows = named_keys_of(folder, file);
  Status listed =
      connection_.execute("INSERT INTO erased SELECT DISTINCT text_hash FROM " + rows + chosen());
  if (listed || !has_columns) return {};
  // The only place that may still tell which texts are to go.
  if (file.was_named) return listed;
  // Half a file, of a writer that was killed, has nothing to tell; the keys have gone already, and
  // what they had must go, too.
  return connection_.query("SELECT max(text_hash) FROM " + rows) ? listed : Status();
}

Status Forgetting::list_orphans() {
  COLVEC_TRY(store_.keys().refresh());
  StoreView now;
  now.keys = store_.keys().snapshot();
  return connection_.execute(
      "CREATE OR REPLACE TEMP TABLE orphans AS SELECT DISTINCT text_hash FROM erased ANTI JOIN " +
      store_.keys_sql(now) + " k USING (text_hash)");
}

Result<bool> Forgetting::plan_vectors(const DeltaSnapshot& now, DeltaCommit* commit) {
  AppendTable& vectors = store_.vectors();
  vectors.drop_files(std::exchange(written_, {}));
  old_vectors_.clear();
  COLVEC_TRY(list_orphans());
  StoreView view;
  view.vectors = now;
  for (const VectorSet& set : store_.sets(view)) {
    const Files live = now.files_of(set.partition());
    const std::string rows = read_named_files_sql(vectors.folder(), live);
    COLVEC_ASSIGN(const Files files,
                  files_with(vectors, live, rows + " SEMI JOIN orphans USING (text_hash)"));
    if (files.empty()) continue;
    COLVEC_ASSIGN(const StoreModel model, store_.model(set.model));
    const DataFileFormat format{row_group_rows_for(model.dimension),
                                store_.definition().plain_floats};
    std::string columns;
    for (const DeltaColumn& column : vectors_columns())
      columns += (columns.empty() ? "" : ", ") + column.name;
    const RowsToStay rows_to_stay = [&](const AddFile* file) {
      return read_named_files_sql(vectors.folder(), {file}) +
             " ANTI JOIN orphans USING (text_hash)";
    };
    COLVEC_TRY(rewrite(vectors, files, columns, rows_to_stay, format, commit));
    for (const AddFile* file : files) old_vectors_.push_back(*file);
  }
  return !commit->removes.empty();
}

Status Forgetting::erase_vectors() {
  const Result<bool> committed = store_.vectors().commit(
      {.operation = "DELETE"},
      [&](const DeltaSnapshot& now, DeltaCommit* commit) { return plan_vectors(now, commit); });
  if (!committed) return tl::make_unexpected(committed.error());
  written_.clear();
  if (*committed) {
    COLVEC_ASSIGN(result_.texts, count("orphans"));
  }
  return {};
}

Status Forgetting::bring_back() {
  if (old_vectors_.empty()) return {};
  COLVEC_TRY(connection_.execute("CREATE OR REPLACE TEMP TABLE taken AS SELECT * FROM orphans"));
  COLVEC_TRY(list_orphans());
  COLVEC_TRY(connection_.execute(
      "CREATE OR REPLACE TEMP TABLE wanted_again AS SELECT * FROM taken ANTI JOIN orphans USING "
      "(text_hash)"));
  COLVEC_ASSIGN(const std::uint64_t wanted, count("wanted_again"));
  if (wanted == 0) return {};
  StoreView old;
  for (const AddFile& file : old_vectors_) old.vectors.files.emplace(file.path, file);
  for (const VectorSet& set : store_.sets(old)) {
    COLVEC_ASSIGN(const StoreModel model, store_.model(set.model));
    const StoreRows rows{.set = set,
                         .dimension = model.dimension,
                         .vectors = "(SELECT * FROM " + store_.vectors_sql(old, set) +
                                    " SEMI JOIN wanted_again USING (text_hash))",
                         .keys = "",
                         .engine_version = ""};
    COLVEC_TRY(store_.append(rows));
  }
  result_.texts -= wanted;
  return {};
}

// Deletes dead files of a table that hold a row for which `condition` is true.
Status Forgetting::delete_files_with(AppendTable& table, const std::string& condition) {
  COLVEC_ASSIGN(const std::vector<DeadFile> dead, dead_files(table));
  for (const DeadFile& file : dead) {
    if (!file.path.ends_with(".parquet") || !is_nobodys(file)) continue;
    AddFile added;
    added.path = file.path;
    const bool is_keys = &table != &store_.vectors();
    const std::string rows =
        is_keys ? named_keys({&added}) : read_named_files_sql(table.folder(), {&added});
    if (!may_be_some(rows + condition)) continue;
    COLVEC_ASSIGN(const bool is_live, is_live_again(table, file));
    if (!is_live) COLVEC_TRY(delete_file(table.folder() / file.path));
  }
  return {};
}

bool Forgetting::may_be_some(const std::string& rows) {
  const Result<std::uint64_t> found = count(rows);
  return !found || *found > 0;
}

Status Forgetting::delete_file(const fs::path& path) {
  COLVEC_TRY(store_.files().remove(path));
  COLVEC_TRY(store_.files().sync_folder(path.parent_path()));
  ++result_.files_deleted;
  return {};
}

Status Forgetting::delete_dead_files() {
  COLVEC_TRY(list_orphans());
  COLVEC_TRY(delete_files_with(store_.vectors(), " SEMI JOIN orphans USING (text_hash)"));
  // Last: these files tell which texts are to go, should this be cut short.
  COLVEC_TRY(delete_files_with(store_.keys(), chosen()));
  COLVEC_ASSIGN(const std::vector<DeadFile> former, former_keys(store_));
  for (const DeadFile& file : former) {
    if (!file.path.ends_with(".parquet")) continue;
    const std::string rows = named_keys_of(store_.folder(), file);
    if (may_be_some(rows + chosen())) COLVEC_TRY(delete_file(store_.folder() / file.path));
  }
  return {};
}

// The expression sees the key columns and nothing else, and is true or false: a number would count
// as true, and erase all.
Status check_condition(ColumnStore& store, const std::string& where) {
  std::string columns;
  std::string known;
  for (const KeyColumn& column : store.definition().key_columns) {
    columns += (columns.empty() ? "" : ", ") + ("CAST(NULL AS " + column.type + ") AS ") +
               quote_identifier(column.name);
    known += (known.empty() ? "" : ", ") + column.name + " " + column.type;
  }
  const Result<Rows> type =
      store.connection().query("SELECT typeof((\n" + where + "\n)) FROM (SELECT " + columns + ")");
  if (!type)
    return fail(ErrorCode::kInvalidArgument,
                type.error().message + "; the key columns are " + known);
  // A bare NULL, which is never true, has a type of its own.
  if (type->text(0, 0) != "BOOLEAN" && type->text(0, 0) != "\"NULL\"")
    return fail(ErrorCode::kInvalidArgument,
                "not a condition, but of type " + type->text(0, 0) + ": " + where);
  return {};
}

}  // namespace

Result<StoreForgotten> forget(ColumnStore& store, const std::string& where, bool now) {
  if (!store.has_keys())
    return fail(ErrorCode::kUnsupported,
                store.folder().string() + ": a cache of texts, it has no keys to forget");
  Status is_expression = check_row_expression(store.connection(), where);
  if (!is_expression) return at("--where", std::move(is_expression).error());
  Status is_condition = check_condition(store, where);
  if (!is_condition) return at("--where", std::move(is_condition).error());
  COLVEC_TRY(store.view());
  Forgetting forgetting(store, where);
  Status erased = forgetting.erase_keys();
  if (!erased) return at("--where", std::move(erased).error());
  COLVEC_TRY(forgetting.list_erased());
  COLVEC_TRY(forgetting.erase_vectors());
  COLVEC_TRY(forgetting.bring_back());
  if (now) COLVEC_TRY(forgetting.delete_dead_files());
  return forgetting.result();
}

}  // namespace colvec
