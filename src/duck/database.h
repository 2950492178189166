// Opens databases and runs SQL: the one door to DuckDB (its C API).
//
// A Database is an in-memory DuckDB to which files are attached under names; a Connection is one
// conversation with it, with its own transaction.
//
// Thread-safety: Database is thread-safe; Connection, Rows and Stream are thread-compatible (one
// thread at a time). Errors: DuckDB's, on one line, with our codes: kNotFound for what is not in
// the catalog, kIo for disks and locks, kConflict for constraints and transactions, kCancelled for
// what an InterruptGuard has broken off (interrupt_guard.h), else kInvalidArgument.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/work_folder.h"
#include "colvec/error.h"
#include "duck/chunk.h"

struct _duckdb_database;
struct _duckdb_connection;

namespace colvec {

// `name` in double quotes, quotes inside doubled: safe to put into SQL as an identifier.
std::string quote_identifier(std::string_view name);
// `text` in single quotes, quotes inside doubled: safe to put into SQL as a string.
std::string quote_literal(std::string_view text);

// All rows of a small result, as text.
class Rows {
 public:
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  std::size_t columns() const { return rows_.empty() ? 0 : rows_.front().size(); }
  // nullopt is SQL NULL. REQUIRES: row < size(), column within the query's.
  const std::optional<std::string>& at(std::size_t row, std::size_t column) const {
    return rows_.at(row).at(column);
  }
  // The value as text, "" for NULL.
  std::string text(std::size_t row, std::size_t column) const {
    return at(row, column).value_or("");
  }
  // The value as a whole number, 0 for NULL.
  std::uint64_t number(std::size_t row, std::size_t column) const;

 private:
  friend class Connection;
  std::vector<std::vector<std::optional<std::string>>> rows_;
};

// The rows of a large result, a chunk at a time, computed while they are read.
class Stream {
 public:
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // The next rows; nullopt at the end.
  Result<std::optional<DataChunk>> next();

 private:
  friend class Connection;
  struct State;
  explicit Stream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs all statements of `sql`, for their effect.
  Status execute(const std::string& sql);
  // Runs one query and takes all of its rows; values of every type become text as CAST does it.
  Result<Rows> query(const std::string& sql);
  // Starts one query. The connection must outlive the stream and run nothing else meanwhile.
  Result<Stream> stream(const std::string& sql);

  _duckdb_connection* handle() const { return handle_; }

 private:
  friend class Database;
  friend class InterruptGuard;
  explicit Connection(_duckdb_connection* handle) : handle_(handle) {}
  _duckdb_connection* handle_;
  // Whether a guard has asked to end what runs. A place of its own: streams look at it, too.
  std::unique_ptr<std::atomic<bool>> is_interrupted_ = std::make_unique<std::atomic<bool>>(false);
};

struct DatabaseOptions {
  std::string memory_limit = "1GB";  // As DuckDB writes it.
  // Queries spill to a folder of their own in this one (work_folder.h), which may be shared with
  // other processes and goes with the last of them: DuckDB names its spill files by a number, so
  // two in one folder overwrite each other's. "": where DuckDB spills by itself.
  std::filesystem::path temp_directory;
  std::size_t threads = 0;  // 0: DuckDB's default.
};

class Database {
 public:
  static Result<Database> open(const DatabaseOptions& options);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  Result<Connection> connect();

 private:
  Database(_duckdb_database* handle, WorkFolder spill)
      : handle_(handle), spill_(std::move(spill)) {}
  _duckdb_database* handle_;
  WorkFolder spill_;
};

// Attaches the database file `path` as `name`. `options` is DuckDB's list, e.g. "READ_ONLY".
// kNotFound: no such file, where it must exist. kInvalidArgument: not a database. kIo: locked by
// another process (the message has its id), unreadable, disk full.
Status attach(Connection& connection, const std::filesystem::path& path, std::string_view name,
              std::string_view options);

// Checks that `expression` is one SQL expression and nothing else.
// kInvalidArgument with the parser's word on it.
Status check_expression(Connection& connection, std::string_view expression);
// The same, and that it has no subquery: it can see nothing but the row that it is asked of.
Status check_row_expression(Connection& connection, std::string_view expression);

}  // namespace colvec
