// For tests of the job: a folder with databases, and an encoder that shows what it was asked for.
#pragma once

#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/input.h"
#include "job/output.h"
#include "job/window.h"

namespace colvec {

// A query of one number that takes hours: it comes to an end only where it is broken off.
inline constexpr const char* kEndless =
    "SELECT count(*) FROM range(100000000) a(i), range(1000000) b(j) WHERE hash(i, j) % 7 = 3";

// What can follow FROM: many numbers i at once, more than DuckDB gathers before it gives the first
// chunk, and after hours the end.
inline constexpr const char* kFirstRowsOfEndless =
    "(SELECT i FROM range(10000000000000) r(i) WHERE i < 200000 OR hash(i) = 7)";

// Requests the cancel in a moment, when what follows runs.
[[nodiscard]] std::future<void> request_soon(CancelToken* cancel);

// An encoder of 4 numbers a text, made from its hash. Texts that begin with "nan" give a NaN, texts
// longer than 40 bytes count as truncated, and "fail" makes encode() fail.
class FakeEncoder final : public Encoder {
 public:
  FakeEncoder();
  const EncoderInfo& info() const override { return info_; }
  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override;

  // Every text that encode() was given, in some order.
  std::vector<std::string> encoded() const;
  void forget();

  EncoderInfo info_;
  std::size_t calls_max() const override { return calls_max_; }

  std::size_t calls_max_ = 0;
  std::size_t calls_at_once_ = 0;       // The largest number of threads inside encode() so far.
  std::size_t calls_us_ = 0;            // Microseconds that a call takes longer.
  CancelToken* cancel_after = nullptr;  // Requested once `cancel_at` texts have come.
  std::size_t cancel_at = 0;

 private:
  mutable std::mutex mutex_;
  std::size_t calls_now_ = 0;
  std::vector<std::string> encoded_;
};

// Requests the cancel a second after 500 texts have come, when what gives them has none left at
// hand and goes on looking.
[[nodiscard]] std::future<void> request_in_the_middle(const FakeEncoder& encoder,
                                                      CancelToken* cancel);

// A folder of its own for one test, removed at the end, with input.duckdb and output.duckdb.
class JobFolder {
 public:
  JobFolder();
  ~JobFolder();
  JobFolder(const JobFolder&) = delete;
  JobFolder& operator=(const JobFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Runs SQL in one of the databases, "input" or "output"; aborts the test program on an error.
  void run(const std::string& database, const std::string& sql) const;
  // The rows of a query, values joined with "|", NULL as "NULL".
  std::vector<std::string> rows(const std::string& database, const std::string& sql) const;
  // A config for table t (id, text) of the input, to table vectors of the output.
  TableJobConfig config() const;

 private:
  std::filesystem::path path_;
};

// Input and output of a job, opened as far as the search for pending rows: for tests of its parts.
struct OpenedTables {
  OpenedTables(const TableJobConfig& config, const EncoderInfo& encoder);

  // The rows of a query on the job's own connection, as JobFolder::rows() gives them.
  std::vector<std::string> rows(const std::string& sql);

  Database database;
  Connection connection;
  Input input;
  Output output;
};

// A window of the rows of a query (one id, text, changed), encoded and judged.
Window encoded_window(OpenedTables& tables, const TableJobConfig& config, FakeEncoder* encoder,
                      const std::string& sql);

}  // namespace colvec
