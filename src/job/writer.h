// Writes windows to the output and commits them: vectors and issues in one transaction, all or
// none.
//
// New rows go to the output table, changed ones to its staging table. A writer commits by itself
// when much has gathered, so that the memory is bounded; how long rows may wait is for Writers to
// say (job/writers.h).
//
// Thread-safety: thread-compatible. Errors: those of Connection (kIo when the disk is full); after
// one the open transaction is rolled back, and what was committed stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/appender.h"
#include "duck/database.h"
#include "job/output.h"
#include "job/window.h"

namespace colvec {

struct WriterTotals {
  std::uint64_t rows_written = 0;
  std::uint64_t rows_done = 0;  // Written, left out or in error.
  std::uint64_t policy_errors = 0;
  std::uint64_t commits = 0;
  std::map<std::string, std::uint64_t> issues;  // Rows by kind.
};

// Rows of one transaction: those of whole row groups of about 128 MB of vectors, and one more,
// which has DuckDB write the last of them. Row groups larger than that are not waited for.
std::uint64_t commit_rows(std::size_t dimension);

class Writer {
 public:
  // `connection` is the writer's own until finish(). REQUIRES: output.has_staging if rows are
  // changed.
  static Result<std::unique_ptr<Writer>> open(Connection connection, const TableJobConfig& config,
                                              const Output& output, std::size_t dimension);
  // Runs `before` at the start of each commit; an error of it ends the commit.
  void before_commit(std::function<Status()> before) { before_commit_ = std::move(before); }

  Status write(const Window& window);
  // Commits what is left.
  Status finish();
  // When the open transaction began; nullopt where there is none.
  std::optional<std::chrono::steady_clock::time_point> begun() const { return begun_; }
  // Committed rows only.
  const WriterTotals& committed() const { return committed_; }
  // Those of the open transaction too.
  std::uint64_t rows_done() const { return committed_.rows_done + open_.rows_done; }

 private:
  Writer(Connection connection, const TableJobConfig& config, const Output& output,
         std::size_t dimension);
  Status begin();
  Status write_window(const Window& window);
  Status commit();
  // Drops the open transaction, so that finish() never commits half a window.
  void roll_back();
  Status append_vectors(const Window& window, bool changed, Appender* appender);
  Status log_rows(const Window& window);
  void set_issue(std::size_t column, std::size_t row, const RowIssue* issue);
  std::string replace_issues_sql() const;

  Connection connection_;
  const TableJobConfig& config_;
  const Output& output_;
  std::size_t dimension_;
  std::uint64_t commit_rows_;  // Vectors in a transaction before it is committed.
  std::function<Status()> before_commit_;
  bool is_fresh_;                   // The output was empty: no old row or issue can be in the way.
  std::optional<Appender> rows_;    // To the output table.
  std::optional<Appender> staged_;  // To the staging table, where there is one.
  std::optional<Appender> log_;     // To the temporary table `touched`.
  std::uint64_t logged_rows_ = 0;   // In `touched`.
  std::uint64_t unflushed_bytes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> begun_;
  WriterTotals open_;  // Of the open transaction.
  WriterTotals committed_;
};

}  // namespace colvec
