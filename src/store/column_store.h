// A store of embeddings: the tables of vectors and of keys in one folder, and the order in which
// they are written and read.
//
// Vectors are committed before the keys that need them, so that a reader who takes the keys first
// and the vectors then finds a vector for each key.
//
// Format: docs/formats/store.md.
//
// Thread-safety: thread-compatible; any number of processes may use one store.
// Errors: kNotFound: no store there; kConflict: made with other key columns (shows both);
// kCorruption, kUnsupported: of the log; kIo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"
#include "store/append_table.h"
#include "store/key_columns.h"
#include "store/store_model.h"
#include "store/vector_set.h"

namespace colvec {

struct StoreDefinition {
  std::vector<KeyColumn> key_columns;  // Empty: no table of keys, a cache of texts.
  bool store_text = true;
  bool plain_floats = false;
};

// Rows to append. Relations are SQL that can follow FROM on the store's connection; they are read
// several times and must give the same rows each time.
struct StoreRows {
  VectorSet set;
  std::size_t dimension = 0;
  // text_hash, text_value, embedding (FLOAT[]), token_count, truncated; "" for no vectors.
  std::string vectors{};
  // A column of `vectors` that numbers the rows in the order in which they lie ("rowid"). "": there
  // is none; many rows then have to come from a store, sorted by their hash: what becomes several
  // files is read once for each otherwise.
  std::string position{};
  // The key columns under their stored names and types, text_hash; "" for no keys.
  std::string keys{};
  std::string engine_version{};  // "" for ours.
};

struct StoreAppended {
  AppendOutcome vectors;
  AppendOutcome keys;
};

// One state of the store, to read from. Valid as long as the store.
struct StoreView {
  DeltaSnapshot vectors;
  std::optional<DeltaSnapshot> keys;
};

// What the names of tables of keys that were put aside begin with.
inline constexpr std::string_view kFormerKeys = "keys.";

class ColumnStore {
 public:
  // Opens the store in `folder` with connections of `database`; both references must outlive it.
  static Result<std::unique_ptr<ColumnStore>> open(FileSystem& files, Database& database,
                                                   std::filesystem::path folder);
  // The same; makes the tables that are not there yet. Key columns that the store lacks are added
  // (a cache becomes a store of keys); other than its own are kConflict. What else the definition
  // says is for a new store: one that is there stays as it is.
  static Result<std::unique_ptr<ColumnStore>> open_or_create(FileSystem& files, Database& database,
                                                             std::filesystem::path folder,
                                                             const StoreDefinition& definition);

  // Puts the keys of the store in `folder` aside, as keys.<uuid>, so that it can get others: its
  // vectors stay, and are a cache until then. For a store whose keys are made of other columns now.
  // Nobody reads them any more; vacuum deletes them, and forget() finds what it erases in them.
  static Status put_keys_aside(FileSystem& files, const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const StoreDefinition& definition() const { return definition_; }
  // Where relations of StoreRows live: temporary tables, attached files. Time zone UTC.
  Connection& connection() { return *connection_; }
  FileSystem& files() { return *files_; }
  AppendTable& vectors() { return *vectors_; }
  // REQUIRES: definition().key_columns is not empty.
  AppendTable& keys() { return *keys_; }
  bool has_keys() const { return keys_ != nullptr; }

  // Writes models/<f16>.json where it is not there. kConflict: another fingerprint has these
  // digits.
  Status add_model(const StoreModel& model);
  Result<StoreModel> model(const std::string& model);

  // From here on this object is for the texts of one range: it appends no others, and reads and
  // checks only the files of vectors that may have some of them.
  void work_on(HashRange range) { range_ = std::move(range); }
  // Each append of vectors from here on says this in the log (operationParameters).
  void label_appends(std::map<std::string, std::string> labels) { labels_ = std::move(labels); }
  // Whether texts are stored with the vectors that are appended from here on, by whomever opens the
  // store then; those of before stay as they are. Returns whether that is a change.
  Result<bool> keep_texts(bool wanted);
  // Puts an entry into the log of vectors that changes nothing and says this.
  Status note(const std::string& operation, const std::map<std::string, std::string>& labels);

  // Appends what is not there: vectors first, then keys.
  Result<StoreAppended> append(const StoreRows& rows);

  // The newest state; or that of a version of the table of keys (of vectors, where there are none).
  // kNotFound: no such version, or one of which vacuum has deleted files. Vectors that were
  // compacted since are there all the same.
  Result<StoreView> view();
  Result<StoreView> view_at(std::uint64_t version);

  // The vectors that readers get who name none: the active ones, else the only ones. kNotFound: no
  // vectors at all; kInvalidArgument: several (lists them).
  Result<VectorSet> default_set(const StoreView& view) const;
  std::vector<VectorSet> sets(const StoreView& view) const;
  std::optional<VectorSet> active_set(const StoreView& view) const;
  // Makes `set` the active one, in one commit.
  Status activate(const VectorSet& set, const std::string& fingerprint);

  // SQL that can follow FROM: all rows of a table, each once. `condition`, if not "", is SQL over
  // text_hash that is true for the rows wanted.
  std::string vectors_sql(const StoreView& view, const VectorSet& set,
                          const std::string& condition = "") const;
  std::string keys_sql(const StoreView& view) const;
  // Checks that the files of `set` are there, and with `content` that they are as they were
  // written; those of the keys always (once for each file in the life of this object). Readers call
  // it before they hand out rows.
  Status check_files(const StoreView& view, const VectorSet& set, bool content);

 private:
  ColumnStore(FileSystem& files, std::filesystem::path folder, Connection connection);
  static Result<std::unique_ptr<ColumnStore>> attach_to(FileSystem& files, Database& database,
                                                        std::filesystem::path folder);
  Status open_tables();
  Status read_definition();
  Status create_tables(const StoreDefinition& wanted);
  std::vector<const AddFile*> files_of(const StoreView& view, const VectorSet& set) const;
  Result<AppendOutcome> append_vectors(const StoreRows& rows);
  Result<AppendOutcome> append_keys(const StoreRows& rows, std::uint64_t vectors_version);

  FileSystem* files_;
  std::filesystem::path folder_;
  std::unique_ptr<Connection> connection_;  // Stays where it is: the tables point to it.
  std::unique_ptr<AppendTable> vectors_;
  std::unique_ptr<AppendTable> keys_;
  StoreDefinition definition_;
  HashRange range_;
  std::map<std::string, std::string> labels_;
  std::set<std::string> checked_;  // Paths of files whose content was compared.
};

// The text hash as SQL over a VARCHAR (or BLOB) expression.
std::string text_hash_sql(std::string_view text);

}  // namespace colvec
