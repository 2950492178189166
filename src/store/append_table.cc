// An append, step by step:
//
//   1. the identities of the given rows go into the temporary table append_given
//   2. what other writers did since is read; append_fresh = given, less those known to be there
//   3. the rows of append_fresh are written to files (data_file.h), which nobody sees yet
//   4. the log gets its next entry; who loses the version goes back to 2, and writes its files
//      again only if a winner has added one of its rows
#include "store/append_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "colvec/version.h"

namespace colvec {
namespace {

// The columns of the tables of identities; no column of a user is called so.
std::string identity_column(std::size_t index) {
  return "colvec_identity_" + std::to_string(index);
}

std::string identity_columns(std::size_t count) {
  std::string columns;
  for (std::size_t i = 0; i < count; ++i) columns += (i == 0 ? "" : ", ") + identity_column(i);
  return columns;
}

// In the tables append_given and append_fresh: where a row lies in the relation.
constexpr const char* kPosition = "colvec_position";

}  // namespace

bool is_in_scope(const AddFile& file, const PartitionValues& scope) {
  return std::all_of(scope.begin(), scope.end(), [&](const auto& wanted) {
    const auto found = file.partition.find(wanted.first);
    return found != file.partition.end() && found->second == wanted.second;
  });
}

RemoveFile removal_of(const AddFile& file, bool data_change) {
  return {.path = file.path,
          .data_change = data_change,
          .partition = file.partition,
          .size = file.size};
}

AppendTable::AppendTable(FileSystem& files, Connection& connection, DeltaLog log, TableRules rules)
    : files_(&files),
      connection_(&connection),
      log_(std::move(log)),
      rules_(std::move(rules)),
      app_id_(new_uuid()) {}

Result<std::unique_ptr<AppendTable>> AppendTable::open(FileSystem& files, Connection& connection,
                                                       std::filesystem::path folder,
                                                       TableRules rules) {
  COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(files, connection, std::move(folder)));
  return over(files, connection, std::move(log), std::move(rules));
}

std::unique_ptr<AppendTable> AppendTable::over(FileSystem& files, Connection& connection,
                                               DeltaLog log, TableRules rules) {
  return std::unique_ptr<AppendTable>(
      new AppendTable(files, connection, std::move(log), std::move(rules)));
}

void AppendTable::stamp(const CommitInfo& info, DeltaCommit* commit) {
  commit->info = info;
  commit->info->timestamp_ms = std::max(now_ms(), snapshot().timestamp_ms);
  commit->info->commit_id = new_uuid();
  commit->info->engine = "colvec/" + std::string(version());
  commit->transactions = {
      {.app_id = app_id_, .version = commits_, .updated_ms = commit->info->timestamp_ms}};
  for (RemoveFile& file : commit->removes) file.deleted_ms = commit->info->timestamp_ms;
}

Status AppendTable::create(const DeltaMetaData& meta_data) {
  if (exists()) return {};
  COLVEC_TRY(files_->make_folders(folder() / "_delta_log"));
  DeltaCommit first;
  stamp({.operation = "CREATE TABLE"}, &first);
  first.protocol = DeltaProtocol{};
  first.meta_data = meta_data;
  COLVEC_ASSIGN(const bool landed, log_.try_commit(first));
  if (landed) ++commits_;
  return landed ? Status() : log_.refresh({});
}

std::string AppendTable::identity_sql() const {
  std::string sql;
  for (std::size_t i = 0; i < rules_.identity.size(); ++i)
    sql += (i == 0 ? "" : ", ") + rules_.identity[i] + " AS " + identity_column(i);
  return sql;
}

Status AppendTable::learn(const std::vector<const AddFile*>& added, const Known& known) {
  std::vector<const AddFile*> files;
  for (const AddFile* file : added)
    if (is_in_scope(*file, known.scope) && known.range.may_meet(*file)) files.push_back(file);
  if (files.empty()) return {};
  const std::string in_range = known.range.sql("text_hash");
  return connection_->execute("INSERT INTO " + known.table + " SELECT " + identity_sql() +
                              " FROM " + read_files_sql(folder(), files) +
                              (in_range.empty() ? "" : " WHERE " + in_range));
}

Status AppendTable::forget_known() {
  for (const Known& known : known_)
    COLVEC_TRY(connection_->execute("DROP TABLE IF EXISTS " + known.table));
  known_.clear();
  return {};
}

Result<bool> AppendTable::refresh() {
  std::vector<AddFile> added;
  bool removed = false;
  const Status read = log_.refresh([&](std::uint64_t, const DeltaCommit& commit) {
    for (const AddFile& file : commit.adds)
      if (file.data_change) added.push_back(file);
    for (const RemoveFile& file : commit.removes) removed = removed || file.data_change;
    return Status();
  });
  if (!read) {
    // Some entries may have been taken in: what is known is behind the snapshot now.
    COLVEC_TRY(forget_known());
    return tl::make_unexpected(read.error());
  }
  if (removed) {
    COLVEC_TRY(forget_known());
    return true;
  }
  std::vector<const AddFile*> files;
  for (const AddFile& file : added) files.push_back(&file);
  for (const Known& known : known_) {
    // Of a file that is gone again, its successors know.
    if (!learn(files, known)) {
      COLVEC_TRY(forget_known());
      break;
    }
  }
  return false;
}

Result<std::string> AppendTable::known_table(const AppendRequest& request) {
  for (const Known& known : known_)
    if (known.scope == request.scope && known.range == request.range) return known.table;
  const Known known{request.scope, request.range,
                    "known_" + rules_.name + "_" + std::to_string(known_.size())};
  // The types of the identity come from the rows given.
  COLVEC_TRY(connection_->execute("CREATE OR REPLACE TEMP TABLE " + known.table + " AS SELECT " +
                                  identity_columns(rules_.identity.size()) +
                                  " FROM append_given LIMIT 0"));
  COLVEC_TRY(learn(snapshot().live_files(), known));
  known_.push_back(known);
  return known.table;
}

Status AppendTable::list_given(const AppendRequest& request, AppendOutcome* outcome) {
  const std::string position =
      request.position.empty() ? "" : ", " + request.position + " AS " + kPosition;
  COLVEC_TRY(connection_->execute("CREATE OR REPLACE TEMP TABLE append_given AS SELECT " +
                                  identity_sql() + position + " FROM " + request.relation));
  COLVEC_ASSIGN(const Rows counted, connection_->query("SELECT count(*) FROM append_given"));
  outcome->rows_given = counted.number(0, 0);
  return {};
}

Status AppendTable::find_new_rows(const AppendRequest& request, const std::string& known,
                                  AppendOutcome* outcome) {
  const std::string columns = identity_columns(rules_.identity.size());
  const std::string position =
      request.position.empty() ? "" : fmt::format(", min({0}) AS {0}", kPosition);
  COLVEC_TRY(connection_->execute(
      fmt::format("CREATE OR REPLACE TEMP TABLE append_fresh AS SELECT {0}{1} FROM append_given "
                  "ANTI JOIN {2} USING ({0}) GROUP BY {0}",
                  columns, position, known)));
  COLVEC_ASSIGN(const Rows counted, connection_->query("SELECT count(*) FROM append_fresh"));
  outcome->rows_added = counted.number(0, 0);
  return {};
}

Result<AppendTable::Picking> AppendTable::picking_of(const AppendRequest& request,
                                                     const AppendOutcome& outcome) {
  if (outcome.rows_added == outcome.rows_given) return Picking::kAll;
  if (!request.position.empty()) return Picking::kFresh;  // Positions tell doubles apart.
  COLVEC_ASSIGN(
      const Rows counted,
      connection_->query("SELECT count(*) FROM append_given SEMI JOIN append_fresh USING (" +
                         identity_columns(rules_.identity.size()) + ")"));
  return counted.number(0, 0) == outcome.rows_added ? Picking::kFresh : Picking::kFreshOnce;
}

Result<std::vector<FileSlice>> AppendTable::slices_of(const AppendRequest& request,
                                                      std::uint64_t rows) {
  if (request.position.empty()) return request.slices(rows);
  COLVEC_CHECK(request.rows_of_file > 0);
  const std::uint64_t files = (rows + request.rows_of_file - 1) / request.rows_of_file;
  if (files <= 1) return std::vector<FileSlice>{{request.scope, ""}};
  const std::uint64_t rows_each = (rows + files - 1) / files;
  // The position at which each file but the first begins.
  COLVEC_ASSIGN(const Rows begins,
                connection_->query(fmt::format(
                    "SELECT {0} FROM (SELECT {0}, row_number() OVER (ORDER BY {0}) - 1 AS n FROM "
                    "append_fresh) WHERE n > 0 AND n % {1} = 0 ORDER BY n",
                    kPosition, rows_each)));
  std::vector<FileSlice> slices;
  std::string from;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::string begin = begins.text(i, 0);
    slices.push_back(
        {request.scope, from + (from.empty() ? "" : " AND ") + request.position + " < " + begin});
    from = request.position + " >= " + begin;
  }
  slices.push_back({request.scope, from});
  return slices;
}

std::string AppendTable::rows_to_write(const AppendRequest& request, Picking picking,
                                       const std::string& filter) const {
  const std::string where = filter.empty() ? "" : " WHERE " + filter;
  if (picking == Picking::kAll) return "(SELECT * FROM " + request.relation + where + ")";
  // What rows of append_fresh are found by.
  std::string columns = kPosition;
  std::string named = request.position + " AS " + kPosition;
  if (request.position.empty()) {
    columns = identity_columns(rules_.identity.size());
    named = identity_sql();
  }
  return fmt::format(
      "(SELECT {0}* FROM (SELECT *, {1} FROM {2}{3}) SEMI JOIN append_fresh USING ({4}))",
      picking == Picking::kFreshOnce ? "DISTINCT ON (" + columns + ") " : "", named,
      request.relation, where, columns);
}

Result<std::vector<AddFile>> AppendTable::write_files(const AppendRequest& request,
                                                      const AppendOutcome& outcome) {
  COLVEC_ASSIGN(const Picking picking, picking_of(request, outcome));
  COLVEC_ASSIGN(const std::vector<FileSlice> slices, slices_of(request, outcome.rows_added));
  std::vector<AddFile> written;
  for (const FileSlice& slice : slices) {
    const std::string select = "SELECT " + request.columns + " FROM " +
                               rows_to_write(request, picking, slice.filter) + " ORDER BY " +
                               rules_.order_by;
    Result<std::optional<AddFile>> file =
        write_data_file(*files_, *connection_, folder(), slice.partition, select, request.format);
    if (!file) {
      drop_files(written);
      return tl::make_unexpected(std::move(file).error());
    }
    if (*file) written.push_back(std::move(**file));
  }
  return written;
}

void AppendTable::drop_files(const std::vector<AddFile>& files) {
  for (const AddFile& file : files) (void)files_->remove(folder() / file.path);
}

Result<std::string> AppendTable::known_table_of_newest(const AppendRequest& request,
                                                       bool* removed) {
  while (true) {
    COLVEC_ASSIGN(const bool removed_now, refresh());
    *removed = *removed || removed_now;
    const std::optional<std::uint64_t> version = snapshot().version;
    Result<std::string> known = known_table(request);
    if (known) return known;
    // A file may have been taken out, and deleted, since the log was read.
    COLVEC_ASSIGN(const bool removed_since, refresh());
    *removed = *removed || removed_since;
    if (snapshot().version == version) return known;
  }
}

Result<AppendOutcome> AppendTable::append(const AppendRequest& request) {
  COLVEC_CHECK(exists());
  AppendOutcome outcome;
  COLVEC_TRY(list_given(request, &outcome));
  std::vector<AddFile> written;
  std::uint64_t rows_written = 0;
  while (true) {
    bool removed = false;
    COLVEC_ASSIGN(const std::string known, known_table_of_newest(request, &removed));
    outcome.saw_removal = outcome.saw_removal || removed;
    COLVEC_TRY(find_new_rows(request, known, &outcome));
    outcome.version = *snapshot().version;
    if (removed || outcome.rows_added != rows_written) {
      drop_files(written);
      written.clear();
      if (outcome.rows_added > 0) {
        COLVEC_ASSIGN(written, write_files(request, outcome));
      }
      rows_written = outcome.rows_added;
    }
    if (rows_written == 0) return outcome;
    DeltaCommit commit;
    stamp(request.info, &commit);
    commit.adds = written;
    // After an error it is not known whether the entry is there: the files stay, for vacuum.
    COLVEC_ASSIGN(const bool landed, log_.try_commit(commit));
    if (!landed) {
      ++outcome.conflicts;
      continue;
    }
    ++commits_;
    outcome.version = *snapshot().version;
    // Not knowing what is there costs a look at all files; knowing wrongly would cost doubles.
    if (!connection_->execute("INSERT INTO " + known + " SELECT " +
                              identity_columns(rules_.identity.size()) + " FROM append_fresh"))
      COLVEC_TRY(forget_known());
    return outcome;
  }
}

Result<bool> AppendTable::commit(const CommitInfo& info, const Prepare& prepare) {
  while (true) {
    COLVEC_TRY(refresh());
    DeltaCommit commit;
    COLVEC_ASSIGN(const bool wanted, prepare(snapshot(), &commit));
    if (!wanted) return false;
    const CommitInfo stamped = commit.info.value_or(info);
    stamp(stamped, &commit);
    COLVEC_ASSIGN(const bool landed, log_.try_commit(commit));
    if (!landed) continue;
    ++commits_;
    const auto changes = [](const auto& file) { return file.data_change; };
    if (std::any_of(commit.removes.begin(), commit.removes.end(), changes) ||
        std::any_of(commit.adds.begin(), commit.adds.end(), changes))
      COLVEC_TRY(forget_known());
    return true;
  }
}

}  // namespace colvec
