// One of many workers that commit to a shared store, and prints JSON; bench/scale.py starts them.
//
//   scale_bench commit PLACE WRITER WRITERS COMMITS ROWS DIMENSION START_MS
//       opens the store at PLACE for its part of the texts, waits until START_MS (since the epoch),
//       then commits as fast as it can: the milliseconds of each commit, until it is published
//   scale_bench replay STORE
//       opens the log of a store: seconds, with its checkpoint and from its entries alone
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "store/remote_stores.h"
#include "store/shared_store.h"

namespace {

using colvec::Database;
using colvec::Status;
using Clock = std::chrono::steady_clock;

const std::string kFingerprint(64, 'c');

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Commits {
  std::string place;
  std::uint64_t writer = 0;
  std::uint64_t writers = 1;
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;
  std::uint64_t dimension = 0;
  std::int64_t start_ms = 0;
};

// The rows of all commits, each with the number of its commit.
Status make_rows(colvec::Connection& connection, const Commits& job,
                 const colvec::HashRange& range) {
  const std::string in_range = range.sql("h");
  const std::uint64_t wanted = job.commits * job.rows;
  const std::uint64_t tried = wanted * job.writers * 3 / 2 + 1000;
  return connection.execute(
      "CREATE TEMP TABLE all_rows AS SELECT h AS text_hash, t AS text_value, "
      "list_transform(range(" +
      std::to_string(job.dimension) +
      "), j -> (hash(t || j) % 2001 / 1000.0 - 1)::FLOAT)::FLOAT[] AS embedding, 9::INTEGER AS "
      "token_count, false AS truncated, (row_number() OVER () - 1) // " +
      std::to_string(job.rows) + " AS batch FROM (SELECT " + colvec::text_hash_sql("t") +
      " AS h, t FROM (SELECT 'text ' || i AS t FROM range(" + std::to_string(tried) + ") r(i)))" +
      (in_range.empty() ? "" : " WHERE " + in_range) + " LIMIT " + std::to_string(wanted));
}

Status run_commits(const Commits& job) {
  COLVEC_ASSIGN(const colvec::ReplicaScratch scratch, colvec::ReplicaScratch::make());
  COLVEC_ASSIGN(Database database, Database::open({.memory_limit = "500MB",
                                                   .temp_directory = scratch.path() / "spill",
                                                   .threads = 1}));
  const colvec::HashRange range = colvec::hash_range(job.writer, job.writers);
  const Clock::time_point opening = Clock::now();
  COLVEC_ASSIGN(
      const auto shared,
      colvec::SharedStore::open(
          database, job.place,
          {.fingerprint = kFingerprint, .name = "bench", .made_of = "", .dimension = job.dimension},
          {.replica = scratch.path() / "store", .range = range}));
  const double open_ms = ms_since(opening);
  COLVEC_TRY(make_rows(shared->store().connection(), job, range));
  const std::int64_t wait_ms = job.start_ms - colvec::now_ms();
  const bool was_late = wait_ms < 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  std::string times;
  std::uint64_t conflicts = 0;
  std::uint64_t rows = 0;
  for (std::uint64_t i = 0; i < job.commits; ++i) {
    const Clock::time_point begin = Clock::now();
    COLVEC_ASSIGN(const colvec::StoreAppended appended,
                  shared->store().append({.set = colvec::vector_set_of(kFingerprint, "f32"),
                                          .dimension = job.dimension,
                                          .vectors = "(SELECT * FROM all_rows WHERE batch = " +
                                                     std::to_string(i) + ")"}));
    COLVEC_TRY(shared->publish());
    times += (i == 0 ? "" : ",") + std::to_string(ms_since(begin));
    conflicts += appended.vectors.conflicts;
    rows += appended.vectors.rows_added;
  }
  std::printf(
      "{\"ms\":[%s],\"conflicts\":%llu,\"rows\":%llu,\"open_ms\":%f,\"was_late\":%s,"
      "\"end_ms\":%lld}\n",
      times.c_str(), static_cast<unsigned long long>(conflicts + shared->conflicts()),
      static_cast<unsigned long long>(rows), open_ms, was_late ? "true" : "false",
      static_cast<long long>(colvec::now_ms()));
  return {};
}

Status run_replay(const std::filesystem::path& store) {
  COLVEC_ASSIGN(Database database,
                Database::open({.memory_limit = "1GB", .temp_directory = {}, .threads = 1}));
  COLVEC_ASSIGN(colvec::Connection connection, database.connect());
  const Clock::time_point begin = Clock::now();
  COLVEC_ASSIGN(const colvec::DeltaLog log,
                colvec::DeltaLog::open(colvec::local_file_system(), connection, store / "vectors"));
  std::printf("{\"ms\":%f,\"versions\":%llu,\"files\":%zu}\n", ms_since(begin),
              static_cast<unsigned long long>(*log.snapshot().version + 1),
              log.snapshot().files.size());
  return {};
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  Status done;
  if (command == "commit" && argc == 9)
    done = run_commits({.place = argv[2],
                        .writer = number(argv[3]),
                        .writers = number(argv[4]),
                        .commits = number(argv[5]),
                        .rows = number(argv[6]),
                        .dimension = number(argv[7]),
                        .start_ms = static_cast<std::int64_t>(number(argv[8]))});
  else if (command == "replay" && argc == 3)
    done = run_replay(argv[2]);
  else
    return 2;
  if (!done) std::fprintf(stderr, "scale_bench: %s\n", done.error().message.c_str());
  return done ? 0 : colvec::exit_code(done.error().code);
}
