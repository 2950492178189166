// A Delta table that grows by rows that it does not have yet: what the tables of vectors and of
// keys have in common.
//
// Rows are equal if their identity is: the text hash, or the key and the text hash. Appending
// leaves out the rows that the table has. For that, the identities of all live rows are read once
// into a temporary table of DuckDB (which spills) and kept up to date with what other writers add:
// an append costs the same whether the table has one file or thousands.
//
// Thread-safety: thread-compatible. Errors: those of DeltaLog and Connection.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "store/data_file.h"
#include "store/delta_log.h"
#include "store/hash_range.h"

namespace colvec {

// Expressions are SQL over columns that the files and the relations of appends have.
struct TableRules {
  std::string name;                   // "vectors", "keys": for errors and temporary tables.
  std::vector<std::string> identity;  // Expressions that together make a row what it is.
  std::string order_by;               // The order of the rows in a file.
};

// Rows of an append that become one file: those for which `filter`, over the relation, is true (""
// for all).
struct FileSlice {
  PartitionValues partition;
  std::string filter;
};

struct AppendRequest {
  std::string relation;  // SQL that can follow FROM; may have columns that are not stored.
  // A column of the relation that numbers its rows in the order in which they lie (`rowid` of a
  // table): DuckDB reads a range of it without the rest. "": the relation has none.
  std::string position{};
  std::string columns;    // What is stored: SQL that can follow SELECT, over the relation.
  PartitionValues scope;  // Rows of files with these partition values count as there; {}: all.
  // All rows given have a text hash of this range: of what is there, no other is looked at.
  HashRange range{};
  // Cuts an append of so many rows into files. Of a relation with positions they are ranges of
  // these instead, each with about `rows_of_file` rows at most, in the partition `scope`: each row
  // is read once, however many files there are.
  std::function<std::vector<FileSlice>(std::uint64_t rows)> slices;
  std::uint64_t rows_of_file = 0;
  DataFileFormat format;
  CommitInfo info;  // Operation and what belongs to it; time and ids are set by append().
};

struct AppendOutcome {
  std::uint64_t rows_given = 0;
  std::uint64_t rows_added = 0;
  std::uint64_t version = 0;    // A version that has all rows given.
  std::uint64_t conflicts = 0;  // Versions that other writers took first.
  // Whether rows may have gone meanwhile (a commit of another writer took some out): look again.
  bool saw_removal = false;
};

class AppendTable {
 public:
  // `files` and `connection` must outlive the table.
  static Result<std::unique_ptr<AppendTable>> open(FileSystem& files, Connection& connection,
                                                   std::filesystem::path folder, TableRules rules);
  // The same of a log that is open, with these `files` and `connection`.
  static std::unique_ptr<AppendTable> over(FileSystem& files, Connection& connection, DeltaLog log,
                                           TableRules rules);

  const TableRules& rules() const { return rules_; }
  const std::filesystem::path& folder() const { return log_.folder(); }
  const DeltaSnapshot& snapshot() const { return log_.snapshot(); }
  bool exists() const { return log_.snapshot().version.has_value(); }
  DeltaLog& log() { return log_; }
  FileSystem& files() { return *files_; }
  Connection& connection() { return *connection_; }

  // Makes version 0, unless there is one: the loser takes the winner's.
  Status create(const DeltaMetaData& meta_data);
  // Looks what other writers did. true: some rows were taken out (or files replaced, with rows
  // dropped, or put back).
  Result<bool> refresh();

  // Adds the rows of the relation that are not there, each once, in one commit; no commit where
  // there are none. REQUIRES: exists().
  Result<AppendOutcome> append(const AppendRequest& request);

  // Commits what is not an append. Before each attempt, `prepare` fills the commit from the newest
  // snapshot (but times and ids); false from it: there is nothing to do any more. Returns whether a
  // commit was made.
  using Prepare = std::function<Result<bool>(const DeltaSnapshot& snapshot, DeltaCommit* commit)>;
  Result<bool> commit(const CommitInfo& info, const Prepare& prepare);

  // Deletes files that no entry has named: nobody has seen them.
  void drop_files(const std::vector<AddFile>& files);

 private:
  // The identities of the live rows in a scope and range, in the temporary table `table`.
  struct Known {
    PartitionValues scope;
    HashRange range;
    std::string table;
  };

  // Which rows of the relation are written: all, those in append_fresh, or one of each of these.
  // The last holds a file's worth of rows in memory: only where there are doubles.
  enum class Picking { kAll, kFresh, kFreshOnce };

  AppendTable(FileSystem& files, Connection& connection, DeltaLog log, TableRules rules);
  std::string identity_sql() const;
  Result<std::string> known_table(const AppendRequest& request);
  Status learn(const std::vector<const AddFile*>& added, const Known& known);
  void stamp(const CommitInfo& info, DeltaCommit* commit);
  Status list_given(const AppendRequest& request, AppendOutcome* outcome);
  Status find_new_rows(const AppendRequest& request, const std::string& known,
                       AppendOutcome* outcome);
  // known_table() of the newest version; `removed` becomes true where rows were taken out.
  Result<std::string> known_table_of_newest(const AppendRequest& request, bool* removed);
  Result<Picking> picking_of(const AppendRequest& request, const AppendOutcome& outcome);
  Result<std::vector<FileSlice>> slices_of(const AppendRequest& request, std::uint64_t rows);
  std::string rows_to_write(const AppendRequest& request, Picking picking,
                            const std::string& filter) const;
  Result<std::vector<AddFile>> write_files(const AppendRequest& request,
                                           const AppendOutcome& outcome);
  Status forget_known();

  FileSystem* files_;
  Connection* connection_;
  DeltaLog log_;
  TableRules rules_;
  std::string app_id_;
  std::uint64_t commits_ = 0;
  std::vector<Known> known_;
};

// Whether a file belongs to `scope`: has these values where the scope names a column.
bool is_in_scope(const AddFile& file, const PartitionValues& scope);

// Takes a live file out of the table.
RemoveFile removal_of(const AddFile& file, bool data_change);

}  // namespace colvec
