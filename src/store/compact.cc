// A compaction plans from the newest version, writes the new files, which nobody sees yet, and
// swaps them for the old ones in one commit, if those are still live. Where they are not, another
// compaction (or forget, restore) was first: what was written goes, and it plans again.
#include "store/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "store/distinct_rows.h"
#include "store/log_history.h"
#include "store/past.h"
#include "store/store_tables.h"

namespace colvec {
namespace {

// A file to write: the rows of a query, which is sorted.
struct NewFile {
  PartitionValues partition;
  std::string select;
};

struct CompactionPlan {
  std::vector<AddFile> inputs;  // None: there is nothing to do.
  std::vector<NewFile> outputs;
  DataFileFormat format;
  std::set<std::string> single;  // Marked files that stay, and have no row of another then.
};

using Planner = std::function<Result<CompactionPlan>()>;

bool is_small(const AddFile& file) { return rows_of(file).value_or(0) < kVectorRowsOfFile / 2; }

std::string path_list(const AppendTable& table, const std::vector<const AddFile*>& files) {
  std::string list;
  for (const AddFile* file : files)
    list += (list.empty() ? "" : ", ") + quote_literal((table.folder() / file->path).string());
  return "(" + (list.empty() ? "''" : list) + ")";
}

std::string joined(const std::vector<std::string>& expressions) {
  std::string list;
  for (const std::string& expression : expressions) list += (list.empty() ? "" : ", ") + expression;
  return list;
}

// The identities that are live more than once, in the temporary table compact_doubles: the columns
// colvec_id_0..., the file, and how often
// it is there.
class Doubles {
 public:
  explicit Doubles(AppendTable& table) : table_(&table) {
    for (std::size_t i = 0; i < table.rules().identity.size(); ++i) {
      ids_.push_back(fmt::format("colvec_id_{}", i));
      named_.push_back(table.rules().identity[i] + " AS " + ids_.back());
    }
  }

  // Of all `files`. Cost: reads their identities.
  Status find(const std::vector<const AddFile*>& files) {
    const std::string rows = fmt::format("(SELECT {}, colvec_file FROM {})", joined(named_),
                                         read_named_files_sql(table_->folder(), files));
    return table_->connection().execute(
        fmt::format("CREATE OR REPLACE TEMP TABLE compact_twice AS SELECT {0} FROM {1} GROUP BY ALL"
                    " HAVING count(*) > 1;"
                    "CREATE OR REPLACE TEMP TABLE compact_doubles AS SELECT {0}, colvec_file, "
                    "count(*) AS colvec_copies"
                    " FROM {1} SEMI JOIN compact_twice USING ({0}) GROUP BY ALL",
                    joined(ids_), rows));
  }

  // Those of `files` that must be rewritten, so that each row is in the first of them only.
  Result<std::set<std::string>> to_rewrite(const std::vector<const AddFile*>& files) {
    COLVEC_ASSIGN(
        const Rows rows,
        table_->connection().query(fmt::format(
            "SELECT DISTINCT colvec_file FROM (SELECT *, min(colvec_file) OVER (PARTITION BY"
            " {}) AS first_file FROM compact_doubles WHERE colvec_file IN {})"
            " WHERE colvec_file <> first_file OR colvec_copies > 1",
            joined(ids_), path_list(*table_, files))));
    std::set<std::string> paths;
    for (std::size_t r = 0; r < rows.size(); ++r) paths.insert(rows.text(r, 0));
    return paths;
  }

  Result<bool> are_there() {
    COLVEC_ASSIGN(const Rows rows,
                  table_->connection().query("SELECT 1 FROM compact_doubles LIMIT 1"));
    return !rows.empty();
  }
  Result<bool> are_in(const std::vector<const AddFile*>& files) {
    COLVEC_ASSIGN(const Rows rows,
                  table_->connection().query("SELECT 1 FROM compact_doubles WHERE colvec_file IN " +
                                             path_list(*table_, files) + " LIMIT 1"));
    return !rows.empty();
  }

  // A condition: the row is not in one of `files`, which stay.
  std::string not_in(const std::vector<const AddFile*>& files) const {
    std::string same;
    for (std::size_t i = 0; i < ids_.size(); ++i)
      same += " AND " + ids_[i] + " = " + table_->rules().identity[i];
    return "NOT EXISTS (SELECT 1 FROM compact_doubles WHERE colvec_file IN " +
           path_list(*table_, files) + same + ")";
  }

 private:
  AppendTable* table_;
  std::vector<std::string> ids_;
  std::vector<std::string> named_;
};

// What a compaction rewrites of some files, and what it leaves.
struct Choice {
  std::vector<const AddFile*> inputs;
  std::vector<const AddFile*> staying;
};

// All small files, and large ones with rows that are elsewhere, too.
Result<Choice> choose(AppendTable& table, Doubles& doubles,
                      const std::vector<const AddFile*>& files) {
  std::vector<const AddFile*> large;
  std::copy_if(files.begin(), files.end(), std::back_inserter(large),
               [](const AddFile* file) { return !is_small(*file); });
  COLVEC_ASSIGN(const std::set<std::string> rewritten, doubles.to_rewrite(large));
  Choice choice;
  for (const AddFile* file : files) {
    const bool is_input =
        is_small(*file) || rewritten.contains((table.folder() / file->path).string());
    (is_input ? choice.inputs : choice.staying).push_back(file);
  }
  return choice;
}

std::string where(const std::vector<std::string>& conditions) {
  std::string sql;
  for (const std::string& condition : conditions)
    if (!condition.empty()) sql += (sql.empty() ? " WHERE " : " AND ") + condition;
  return sql;
}

Result<std::uint64_t> count_rows(Connection& connection, const std::string& from) {
  COLVEC_ASSIGN(const Rows rows, connection.query("SELECT count(*) FROM " + from));
  return rows.number(0, 0);
}

// The row group that suits the vectors of these files.
Result<DataFileFormat> vectors_format(ColumnStore& store, const std::string& from) {
  COLVEC_ASSIGN(const Rows rows,
                store.connection().query("SELECT len(embedding) FROM " + from + " LIMIT 1"));
  const std::size_t dimension = rows.empty() ? 0 : rows.number(0, 0);
  return DataFileFormat{row_group_rows_for(dimension), store.definition().plain_floats};
}

void add_inputs(const std::vector<const AddFile*>& files, CompactionPlan* plan) {
  for (const AddFile* file : files) plan->inputs.push_back(*file);
}

void add_single(const Choice& choice, CompactionPlan* plan) {
  for (const std::vector<const AddFile*>* files : {&choice.inputs, &choice.staying})
    for (const AddFile* file : *files)
      if (may_double(*file)) plan->single.insert(file->path);
}

Result<CompactionPlan> plan_vectors(ColumnStore& store, const VectorSet& set) {
  AppendTable& table = store.vectors();
  CompactionPlan plan;
  const std::vector<const AddFile*> files = table.snapshot().files_of(set.partition());
  if (files.empty()) return plan;
  Doubles doubles(table);
  COLVEC_TRY(doubles.find(files));
  COLVEC_ASSIGN(const Choice choice, choose(table, doubles, files));
  add_single(choice, &plan);
  COLVEC_ASSIGN(const bool has_doubles, doubles.are_in(choice.inputs));
  if (choice.inputs.size() < 2 && !has_doubles) return plan;

  add_inputs(choice.inputs, &plan);
  const std::string rows = read_files_sql(table.folder(), choice.inputs);
  COLVEC_ASSIGN(const std::uint64_t count, count_rows(store.connection(), rows));
  COLVEC_ASSIGN(plan.format, vectors_format(store, rows));
  for (const FileSlice& slice : vector_slices(set.partition(), count)) {
    const std::string from =
        rows + where({slice.filter, has_doubles ? doubles.not_in(choice.staying) : ""});
    plan.outputs.push_back(
        {slice.partition, fmt::format("SELECT {} * FROM {} ORDER BY text_hash",
                                      has_doubles ? "DISTINCT ON (text_hash)" : "", from)});
  }
  return plan;
}

// Cuts the keys of one bucket into files.
Status plan_bucket(ColumnStore& store, const PartitionValues& partition, const std::string& from,
                   const std::string& condition, CompactionPlan* plan) {
  const std::vector<KeyColumn>& columns = store.definition().key_columns;
  COLVEC_ASSIGN(const std::uint64_t count, count_rows(store.connection(), from));
  for (const std::string& range :
       hash_ranges("substr(" + key_digest_sql(columns) + ", 1, 8)", count)) {
    const std::string keys = key_names(columns, "");
    // A key that is there twice was seen when it was seen first.
    plan->outputs.push_back(
        {partition, fmt::format("SELECT {0}, text_hash, {1} AS seen_at FROM {2}{3}{4} ORDER BY {0}",
                                keys, condition.empty() ? "seen_at" : "min(seen_at)", from,
                                where({range, condition}),
                                condition.empty() ? "" : " GROUP BY " + keys + ", text_hash")});
  }
  return {};
}

// The rows of these files of bucket NULL, with their buckets, in the temporary table compact_keys.
Status spread_keys(ColumnStore& store, const std::vector<const AddFile*>& files) {
  const std::string rows = files.empty()
                               ? store.keys_sql(StoreView{.vectors = {}, .keys = DeltaSnapshot()})
                               : read_files_sql(store.keys().folder(), files);
  return store.connection().execute("CREATE OR REPLACE TEMP TABLE compact_keys AS SELECT *, " +
                                    bucket_sql(store.definition().key_columns) +
                                    " AS pk_bucket FROM " + rows);
}

bool is_in_bucket(const AddFile& file, const std::optional<std::string>& bucket) {
  return is_in_scope(file, {{"pk_bucket", bucket}});
}

// Of the files of one bucket and the rows that come to it, if there is anything to do.
Status plan_bucket_files(ColumnStore& store, Doubles& doubles, const Choice& choice,
                         const std::optional<std::string>& bucket, CompactionPlan* plan) {
  std::vector<const AddFile*> inputs;
  for (const AddFile* file : choice.inputs)
    if (is_in_bucket(*file, bucket)) inputs.push_back(file);
  std::string from;
  std::uint64_t coming = 0;
  if (bucket) {
    from = "SELECT * EXCLUDE pk_bucket FROM compact_keys WHERE pk_bucket = " + *bucket;
    COLVEC_ASSIGN(coming, count_rows(store.connection(), "(" + from + ")"));
  }
  COLVEC_ASSIGN(const bool has_doubles, doubles.are_in(inputs));
  if (coming == 0 && inputs.size() < 2 && !has_doubles) return {};
  if (!inputs.empty())
    from += (from.empty() ? "FROM " : " UNION ALL FROM ") +
            read_files_sql(store.keys().folder(), inputs);
  add_inputs(inputs, plan);
  COLVEC_ASSIGN(const bool is_any_double, doubles.are_there());
  return plan_bucket(store, {{"pk_bucket", bucket}}, "(" + from + ")",
                     is_any_double ? doubles.not_in(choice.staying) : "", plan);
}

Result<CompactionPlan> plan_keys(ColumnStore& store) {
  AppendTable& table = store.keys();
  CompactionPlan plan;
  std::vector<const AddFile*> loose;
  std::vector<const AddFile*> spread;
  for (const auto& [path, file] : table.snapshot().files)
    (is_in_bucket(file, std::nullopt) ? loose : spread).push_back(&file);
  std::vector<const AddFile*> files = loose;
  files.insert(files.end(), spread.begin(), spread.end());
  if (files.empty()) return plan;
  Doubles doubles(table);
  COLVEC_TRY(doubles.find(files));

  // Few keys would only make many small files of few.
  const bool is_spread = !spread.empty() || table.snapshot().rows() >= kSpreadKeysMin;
  if (!is_spread) {
    COLVEC_ASSIGN(const Choice choice, choose(table, doubles, loose));
    add_single(choice, &plan);
    COLVEC_TRY(plan_bucket_files(store, doubles, choice, std::nullopt, &plan));
    return plan;
  }
  COLVEC_TRY(spread_keys(store, loose));
  add_inputs(loose, &plan);
  COLVEC_ASSIGN(const Choice choice, choose(table, doubles, spread));
  add_single(choice, &plan);
  for (std::size_t bucket = 0; bucket < kKeyBuckets; ++bucket)
    COLVEC_TRY(plan_bucket_files(store, doubles, choice, std::to_string(bucket), &plan));
  return plan;
}

class Compaction {
 public:
  Compaction(AppendTable& table, Planner planner, bool is_of_keys, const CancelToken* cancel)
      : table_(&table), planner_(std::move(planner)), is_of_keys_(is_of_keys), cancel_(cancel) {}

  // Returns the rows that were dropped.
  Result<std::uint64_t> run() {
    while (true) {
      COLVEC_TRY(table_->refresh());
      COLVEC_ASSIGN(plan_, planner_());
      if (plan_.inputs.empty()) return clear_marks();
      written_.clear();
      const Status written = write();
      if (written) {
        COLVEC_ASSIGN(const bool landed, commit());
        if (landed) return clear_marks();
      }
      table_->drop_files(written_);
      COLVEC_TRY(table_->refresh());
      if (!written && is_current(table_->snapshot())) return tl::make_unexpected(written.error());
    }
  }

 private:
  bool is_current(const DeltaSnapshot& snapshot) const {
    return std::all_of(plan_.inputs.begin(), plan_.inputs.end(),
                       [&](const AddFile& file) { return snapshot.files.contains(file.path); });
  }

  // Says of the files that stayed that they have no row of another file any more; then returns the
  // rows that were dropped. What came since the plan was made has marks of its own.
  Result<std::uint64_t> clear_marks() {
    CommitInfo info{.operation = "OPTIMIZE", .parameters = {{kClears, kMayDouble}}};
    if (plan_.single.empty()) return rows_dropped_;
    COLVEC_TRY(table_->commit(
        info, [&](const DeltaSnapshot& snapshot, DeltaCommit* commit) -> Result<bool> {
          for (const std::string& path : plan_.single) {
            const auto found = snapshot.files.find(path);
            if (found == snapshot.files.end() || !may_double(found->second)) continue;
            commit->adds.push_back(found->second);
            commit->adds.back().tags.erase(kMayDouble);
          }
          if (commit->adds.empty() || !is_of_keys_) return !commit->adds.empty();
          commit->info = info;
          COLVEC_ASSIGN(commit->info->vectors_version,
                        recorded_vectors_version(table_->log(), *snapshot.version));
          return true;
        }));
    return rows_dropped_;
  }

  Status write() {
    std::vector<const AddFile*> inputs;
    for (const AddFile& file : plan_.inputs) inputs.push_back(&file);
    Connection& connection = table_->connection();
    COLVEC_ASSIGN(const std::uint64_t rows,
                  count_rows(connection, read_files_sql(table_->folder(), inputs)));
    std::uint64_t rows_written = 0;
    for (const NewFile& output : plan_.outputs) {
      if (cancel_ != nullptr && cancel_->requested())
        return fail(ErrorCode::kCancelled, table_->folder().string() + ": cancelled");
      COLVEC_ASSIGN(std::optional<AddFile> file,
                    write_data_file(table_->files(), connection, table_->folder(), output.partition,
                                    output.select, plan_.format));
      if (!file) continue;
      rows_written += rows_of(*file).value_or(0);
      written_.push_back(std::move(*file));
    }
    rows_dropped_ = rows - rows_written;
    for (AddFile& file : written_) file.data_change = rows_dropped_ > 0;
    return {};
  }

  Result<bool> commit() {
    CommitInfo info{.operation = "OPTIMIZE"};
    std::set<std::string> paths;
    for (const AddFile& file : plan_.inputs) paths.insert(file.path);
    COLVEC_ASSIGN(info.replaced_commits, commits_that_added(table_->log(), paths));
    return table_->commit(
        info, [&](const DeltaSnapshot& snapshot, DeltaCommit* commit) -> Result<bool> {
          if (!is_current(snapshot)) return false;
          commit->info = info;
          if (is_of_keys_) {
            COLVEC_ASSIGN(commit->info->vectors_version,
                          recorded_vectors_version(table_->log(), *snapshot.version));
          }
          for (const AddFile& file : plan_.inputs)
            commit->removes.push_back(removal_of(file, rows_dropped_ > 0));
          commit->adds = written_;
          return true;
        });
  }

  AppendTable* table_;
  Planner planner_;
  bool is_of_keys_;
  const CancelToken* cancel_;
  CompactionPlan plan_;
  std::vector<AddFile> written_;
  std::uint64_t rows_dropped_ = 0;
};

std::uint64_t count_files(ColumnStore& store) {
  return store.vectors().snapshot().files.size() +
         (store.has_keys() ? store.keys().snapshot().files.size() : 0);
}

}  // namespace

Result<StoreCompacted> compact(ColumnStore& store, const CancelToken* cancel) {
  COLVEC_ASSIGN(const StoreView view, store.view());
  StoreCompacted done;
  done.files_before = count_files(store);
  for (const VectorSet& set : store.sets(view)) {
    Compaction vectors(
        store.vectors(), [&] { return plan_vectors(store, set); }, false, cancel);
    COLVEC_ASSIGN(const std::uint64_t dropped, vectors.run());
    done.doubles_dropped += dropped;
  }
  if (store.has_keys()) {
    Compaction keys(
        store.keys(), [&] { return plan_keys(store); }, true, cancel);
    COLVEC_ASSIGN(const std::uint64_t dropped, keys.run());
    done.doubles_dropped += dropped;
  }
  COLVEC_TRY(
      store.connection().execute("DROP TABLE IF EXISTS compact_keys;"
                                 "DROP TABLE IF EXISTS compact_doubles;"
                                 "DROP TABLE IF EXISTS compact_twice"));
  done.files_after = count_files(store);
  return done;
}

}  // namespace colvec
