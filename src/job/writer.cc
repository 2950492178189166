// A commit is this order of steps, inside one transaction of DuckDB:
//
//   1. vectors are appended to the output and staging tables, while windows come in
//   2. rows that were touched are listed in the temporary table `touched`, with their issues
//   3. at the commit: old issues of touched ids go, the output loses rows whose new text is left
//      out, the new issues come
//   4. COMMIT, which DuckDB makes durable (its write-ahead log is synced)
//
// A kill or an error before the end of step 4 leaves the state of the last commit.
//
// DuckDB compresses a row group and writes it into the file as soon as the next one begins, in step
// 1 and on the caller's thread. What is left at step 4 goes through the log, which one transaction
// writes at a time: so a commit comes just after a row group is full (docs/decisions/016).
#include "job/writer.h"

#include <algorithm>

#include "job/input.h"

namespace colvec {
namespace {

// Rows gather in the appender outside DuckDB's memory limit until they are flushed.
constexpr std::uint64_t kFlushBytes = 4u << 20;
// Vectors of one transaction, at least: so much of each writer is lost by a kill, and up to four
// times as much where a row group has more than 32 MB.
constexpr std::uint64_t kCommitBytes = 128u << 20;
// The few rows behind the last whole row group make a small one. DuckDB's checkpoint writes row
// groups again where up to three whole ones can take the place of more; with four between two small
// ones that is never so.
constexpr std::uint64_t kCommitRowGroupsMin = 4;
// Issues are lighter than vectors, but not free.
constexpr std::uint64_t kCommitLogRows = 500'000;

bool is_written(const WindowRow& row) { return row.action != RowAction::kLeaveOut; }

}  // namespace

std::uint64_t commit_rows(std::size_t dimension) {
  const std::uint64_t rows = kCommitBytes / (dimension * sizeof(float));
  if (rows < kRowGroupRows) return rows;
  return std::max(rows / kRowGroupRows, kCommitRowGroupsMin) * kRowGroupRows + 1;
}

Writer::Writer(Connection connection, const TableJobConfig& config, const Output& output,
               std::size_t dimension)
    : connection_(std::move(connection)),
      config_(config),
      output_(output),
      dimension_(dimension),
      commit_rows_(commit_rows(dimension)),
      is_fresh_(!output.has_rows && !output.has_staging) {}

Result<std::unique_ptr<Writer>> Writer::open(Connection connection, const TableJobConfig& config,
                                             const Output& output, std::size_t dimension) {
  std::unique_ptr<Writer> writer(new Writer(std::move(connection), config, output, dimension));
  // The id columns as the output has them, under the names that the queries use.
  COLVEC_TRY(writer->connection_.execute(
      "CREATE TEMP TABLE touched AS SELECT " + ids_as_keys(config) +
      "false AS unwritten, '' AS kind, '' AS text_hash, '' AS detail, '' AS policy FROM " +
      output.table.sql() + " LIMIT 0"));
  return writer;
}

Status Writer::begin() {
  COLVEC_TRY(connection_.execute("BEGIN"));
  begun_ = std::chrono::steady_clock::now();
  COLVEC_ASSIGN(rows_, Appender::open(connection_, output_.table.catalog, output_.table.schema,
                                      output_.table.table));
  COLVEC_ASSIGN(log_, Appender::open(connection_, "temp", "main", "touched"));
  if (output_.has_staging) {
    COLVEC_ASSIGN(staged_, Appender::open(connection_, output_.staging.catalog,
                                          output_.staging.schema, output_.staging.table));
  }
  return {};
}

Status Writer::append_vectors(const Window& window, bool changed, Appender* appender) {
  std::vector<std::uint32_t> selected;
  for (const WindowRow& row : window.rows)
    if (is_written(row) && row.changed == changed) selected.push_back(row.chunk_row);
  if (selected.empty()) return {};
  for (std::size_t k = 0; k < window.keys; ++k) appender->copy(k, *window.chunk, k, selected);

  const std::size_t text_column = window.keys;
  std::size_t to = 0;
  for (const WindowRow& row : window.rows) {
    if (!is_written(row) || row.changed != changed) continue;
    unflushed_bytes_ += row.text.size();
    if (row.action == RowAction::kWriteNull) {
      appender->set_null(text_column, to);
      appender->set_null(text_column + 1, to);
    } else {
      appender->set_text(text_column, to, row.text);
      appender->set_vector(text_column + 1, to, row.vector.vectors->row(row.vector.index));
    }
    ++to;
  }
  open_.rows_written += selected.size();
  unflushed_bytes_ += selected.size() * dimension_ * sizeof(float);
  return appender->append(selected.size());
}

// Lists issues; where old rows may be in the way, every row of the window.
Status Writer::log_rows(const Window& window) {
  struct Entry {
    std::uint32_t row;
    const RowIssue* issue;
  };
  std::vector<Entry> entries;
  if (!is_fresh_)
    for (std::uint32_t i = 0; i < window.rows.size(); ++i) entries.push_back({i, nullptr});
  for (const RowIssue& issue : window.issues) entries.push_back({issue.row, &issue});

  for (std::size_t begin = 0; begin < entries.size(); begin += kChunkRowsMax) {
    const std::size_t count = std::min(kChunkRowsMax, entries.size() - begin);
    std::vector<std::uint32_t> selected(count);
    for (std::size_t i = 0; i < count; ++i)
      selected[i] = window.rows[entries[begin + i].row].chunk_row;
    for (std::size_t k = 0; k < window.keys; ++k) log_->copy(k, *window.chunk, k, selected);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& [row, issue] = entries[begin + i];
      log_->set_boolean(window.keys, i, !is_written(window.rows[row]) && window.rows[row].changed);
      set_issue(window.keys + 1, i, issue);
    }
    COLVEC_TRY(log_->append(count));
  }
  logged_rows_ += entries.size();
  return {};
}

// Columns kind, text_hash, detail and policy of a row of `touched`; all NULL where there is no
// issue.
void Writer::set_issue(std::size_t column, std::size_t row, const RowIssue* issue) {
  if (issue == nullptr) {
    for (std::size_t c = 0; c < 4; ++c) log_->set_null(column + c, row);
    return;
  }
  log_->set_text(column, row, issue->kind);
  if (issue->text_hash.empty())
    log_->set_null(column + 1, row);
  else
    log_->set_text(column + 1, row, issue->text_hash);
  log_->set_text(column + 2, row, issue->detail);
  log_->set_text(column + 3, row, name_of(issue->policy));
}

Status Writer::write(const Window& window) {
  Status written = write_window(window);
  if (!written) roll_back();
  return written;
}

Status Writer::write_window(const Window& window) {
  if (!begun_) COLVEC_TRY(begin());
  COLVEC_TRY(append_vectors(window, false, &*rows_));
  if (output_.has_staging) COLVEC_TRY(append_vectors(window, true, &*staged_));
  COLVEC_TRY(log_rows(window));

  open_.rows_done += window.rows.size();
  for (const RowIssue& issue : window.issues) {
    ++open_.issues[std::string(issue.kind)];
    if (issue.policy == Policy::kError) ++open_.policy_errors;
  }
  if (unflushed_bytes_ >= kFlushBytes) {
    COLVEC_TRY(rows_->flush());
    if (staged_) COLVEC_TRY(staged_->flush());
    unflushed_bytes_ = 0;
  }
  const bool is_due = open_.rows_written >= commit_rows_ || logged_rows_ >= kCommitLogRows;
  return is_due ? commit() : Status();
}

std::string Writer::replace_issues_sql() const {
  const std::size_t keys = config_.id_column.size();
  const std::string same_id = ids_equal(config_, "t");
  std::string sql;
  if (!is_fresh_) {
    sql += "DELETE FROM " + output_.issues.sql() +
           " AS g WHERE EXISTS (SELECT 1 FROM touched t WHERE " + same_id + ");";
    // Only rows that have changed lose their vector.
    if (output_.has_staging)
      sql += "DELETE FROM " + output_.table.sql() +
             " AS g WHERE EXISTS (SELECT 1 FROM touched t WHERE t.unwritten AND " + same_id + ");";
  }
  sql += "INSERT INTO " + output_.issues.sql() + " SELECT " + key_list(keys) +
         ", kind, text_hash, detail, policy FROM touched WHERE kind IS NOT NULL;";
  return sql + "TRUNCATE touched;";
}

Status Writer::commit() {
  if (before_commit_) COLVEC_TRY(before_commit_());
  COLVEC_TRY(rows_->flush());
  COLVEC_TRY(log_->flush());
  if (staged_) COLVEC_TRY(staged_->flush());
  rows_.reset();
  staged_.reset();
  log_.reset();
  if (logged_rows_ > 0) COLVEC_TRY(connection_.execute(replace_issues_sql()));
  COLVEC_TRY(connection_.execute("COMMIT"));
  begun_.reset();
  logged_rows_ = 0;
  unflushed_bytes_ = 0;

  committed_.rows_written += open_.rows_written;
  committed_.rows_done += open_.rows_done;
  committed_.policy_errors += open_.policy_errors;
  for (const auto& [kind, count] : open_.issues) committed_.issues[kind] += count;
  ++committed_.commits;
  open_ = {};
  return {};
}

Status Writer::finish() {
  if (!begun_) return {};
  Status finished = commit();
  if (!finished) roll_back();
  return finished;
}

void Writer::roll_back() {
  // Appenders hand over what they hold when they go: before the end of the transaction.
  rows_.reset();
  staged_.reset();
  log_.reset();
  // Fails where DuckDB has ended the transaction already.
  (void)connection_.execute("ROLLBACK");
  begun_.reset();
  logged_rows_ = 0;
  unflushed_bytes_ = 0;
  open_ = {};
}

}  // namespace colvec
