// Measures the store from inside, and prints JSON lines; bench/store.py runs it and reads them.
//
//   store_bench source DATABASE ROWS DIMENSION        a table of texts with random unit vectors
//   store_bench append DATABASE FOLDER ROUNDS         appends it to new stores, in turns with COPY
//   store_bench small FOLDER COMMITS ROWS DIMENSION   the seconds of each of many small appends
//   store_bench fill STORE FIRST ROWS TEXTS DIMENSION keys FIRST, FIRST + 1, ...; TEXTS texts in
//                                                     turns, 0: each its own
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "duck/appender.h"
#include "duck/database.h"
#include "store/column_store.h"
#include "store/data_file.h"
#include "store/open_store.h"

namespace {

using colvec::Appender;
using colvec::ColumnStore;
using colvec::Connection;
using colvec::Database;
using colvec::quote_literal;
using colvec::Result;
using colvec::Status;

const std::string kFingerprint(64, 'b');
// What a relation of StoreRows is made of, from a table of key, text_value, embedding.
const std::string kColumns =
    colvec::text_hash_sql("text_value") +
    " AS text_hash, text_value, embedding, 9::INTEGER AS token_count, false AS truncated";

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void fill_unit_vector(std::uint64_t seed, std::span<float> out) {
  std::minstd_rand random(static_cast<std::uint32_t>(seed * 2654435761U + 12345U));
  std::normal_distribution<float> normal;
  double squares = 0;
  for (float& value : out) {
    value = normal(random);
    squares += static_cast<double>(value) * value;
  }
  const auto length = static_cast<float>(std::sqrt(squares));
  for (float& value : out) value /= length;
}

// Adds rows of (key as text, text_value, embedding) to `catalog`.`main`.`table`; `texts` 0: a text
// for each key.
Status add_rows(Connection& connection, const std::string& catalog, const std::string& table,
                std::uint64_t first, std::uint64_t rows, std::uint64_t texts,
                std::size_t dimension) {
  COLVEC_ASSIGN(Appender appender, Appender::open(connection, catalog, "main", table));
  std::vector<float> vectors(colvec::kChunkRowsMax * dimension);
  for (std::uint64_t done = 0; done < rows; done += colvec::kChunkRowsMax) {
    const std::size_t count = std::min<std::uint64_t>(rows - done, colvec::kChunkRowsMax);
    const auto text_of = [&](std::size_t i) {
      const std::uint64_t key = first + done + i;
      return texts == 0 ? key : key % texts;
    };
    colvec::parallel_for(count, [&](std::size_t i) {
      fill_unit_vector(text_of(i), std::span(vectors).subspan(i * dimension, dimension));
    });
    for (std::size_t i = 0; i < count; ++i) {
      appender.set_text(0, i, std::to_string(first + done + i));
      appender.set_text(1, i, "a text of some words, number " + std::to_string(text_of(i)));
      appender.set_vector(2, i, std::span(vectors).subspan(i * dimension, dimension));
    }
    COLVEC_TRY(appender.append(count));
  }
  return appender.flush();
}

Status make_source(const char* database_path, std::uint64_t rows, std::size_t dimension) {
  COLVEC_ASSIGN(Database database, Database::open({.temp_directory = ""}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_TRY(colvec::attach(connection, database_path, "source", "TYPE duckdb"));
  COLVEC_TRY(connection.execute(
      "CREATE TABLE source.rows (key VARCHAR, text_value VARCHAR, embedding FLOAT[])"));
  return add_rows(connection, "source", "rows", 0, rows, 0, dimension);
}

Result<std::unique_ptr<ColumnStore>> open_store(Database& database,
                                                const std::filesystem::path& folder, bool has_keys,
                                                std::size_t dimension) {
  colvec::StoreDefinition definition;
  if (has_keys) definition.key_columns = {{"key", "BIGINT"}};
  COLVEC_ASSIGN(auto store, ColumnStore::open_or_create(colvec::local_file_system(), database,
                                                        folder, definition));
  COLVEC_TRY(store->add_model(
      {.fingerprint = kFingerprint, .name = "random", .made_of = "", .dimension = dimension}));
  return store;
}

Status append_rows(ColumnStore& store, const std::string& table, std::size_t dimension) {
  const auto appended =
      store.append({.set = colvec::vector_set_of(kFingerprint, "f32"),
                    .dimension = dimension,
                    .vectors = "(SELECT rowid AS position, " + kColumns + " FROM " + table + ")",
                    .position = "position",
                    .keys = store.has_keys() ? "(SELECT key::BIGINT AS key, " +
                                                   colvec::text_hash_sql("text_value") +
                                                   " AS text_hash FROM " + table + ")"
                                             : "",
                    .engine_version = ""});
  return appended ? Status() : tl::make_unexpected(appended.error());
}

Status sync_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  const bool is_synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!is_synced) return colvec::fail(colvec::ErrorCode::kIo, path.string() + ": fsync");
  return {};
}

Status copy_rows(Connection& connection, const std::filesystem::path& path, std::size_t dimension,
                 bool sorted) {
  COLVEC_TRY(connection.execute(
      "COPY (SELECT " + kColumns + ", 'colvec/0.1.0' AS engine_version, now() AS embedded_at " +
      "FROM source.rows" + (sorted ? " ORDER BY text_hash" : "") + ") TO " +
      quote_literal(path.string()) +
      " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2, "
      "ROW_GROUP_SIZE " +
      std::to_string(colvec::row_group_rows_for(dimension)) + ")"));
  return sync_file(path);
}

// The size of all files, and what the vectors' numbers take in them.
Status print_bytes(ColumnStore& store) {
  COLVEC_ASSIGN(const colvec::StoreView view, store.view());
  COLVEC_ASSIGN(const auto rows,
                store.connection().query(
                    "SELECT sum(total_compressed_size)::BIGINT FROM parquet_metadata(" +
                    quote_literal((store.folder() / "vectors" / "model=*/*/*.parquet").string()) +
                    ") WHERE path_in_schema LIKE 'embedding%'"));
  std::printf(", \"bytes\": %zu, \"vector_bytes\": %zu",
              static_cast<std::size_t>(view.vectors.bytes()),
              static_cast<std::size_t>(rows.number(0, 0)));
  return {};
}

Status measure_append(const char* source, const std::filesystem::path& folder, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    for (const std::string_view kind : {"append", "copy", "append", "copy_sorted"}) {
      // A database of its own each time: none profits from what another has read.
      COLVEC_ASSIGN(Database database, Database::open({.temp_directory = folder / "tmp"}));
      COLVEC_ASSIGN(auto store, open_store(database, folder / "store", false, 384));
      Connection& connection = store->connection();
      COLVEC_TRY(colvec::attach(connection, source, "source", "TYPE duckdb, READ_ONLY"));
      const double begin = seconds_now();
      if (kind == "append") {
        COLVEC_TRY(append_rows(*store, "source.rows", 384));
      } else {
        COLVEC_TRY(copy_rows(connection, folder / "copy.parquet", 384, kind == "copy_sorted"));
      }
      std::printf("{\"kind\": \"%s\", \"seconds\": %.3f", std::string(kind).c_str(),
                  seconds_now() - begin);
      if (kind == "append") COLVEC_TRY(print_bytes(*store));
      std::printf("}\n");
      std::fflush(stdout);
      store.reset();
      std::filesystem::remove_all(folder / "store");
    }
  }
  return {};
}

Status measure_small(const std::filesystem::path& folder, std::uint64_t commits, std::uint64_t rows,
                     std::size_t dimension) {
  COLVEC_ASSIGN(Database database, Database::open({.temp_directory = folder / "tmp"}));
  COLVEC_ASSIGN(auto store, open_store(database, folder / "store", true, dimension));
  Connection& connection = store->connection();
  COLVEC_TRY(connection.execute(
      "CREATE TEMP TABLE batch (key VARCHAR, text_value VARCHAR, embedding FLOAT[])"));
  for (std::uint64_t commit = 0; commit < commits; ++commit) {
    COLVEC_TRY(connection.execute("DELETE FROM batch"));
    COLVEC_TRY(add_rows(connection, "temp", "batch", commit * rows, rows, 0, dimension));
    const double begin = seconds_now();
    COLVEC_TRY(append_rows(*store, "batch", dimension));
    std::printf("%.4f\n", seconds_now() - begin);
  }
  return {};
}

// The peak that is measured is that of the append, not that of making its rows (proc(5)).
void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

Status fill(const std::filesystem::path& folder, std::uint64_t first, std::uint64_t rows,
            std::uint64_t texts, std::size_t dimension) {
  COLVEC_ASSIGN(Database database, colvec::open_store_database(folder, {}));
  COLVEC_ASSIGN(auto store, open_store(database, folder, true, dimension));
  COLVEC_TRY(store->connection().execute(
      "CREATE TEMP TABLE batch (key VARCHAR, text_value VARCHAR, embedding FLOAT[])"));
  COLVEC_TRY(add_rows(store->connection(), "temp", "batch", first, rows, texts, dimension));
  forget_peak_memory();
  const double begin = seconds_now();
  COLVEC_TRY(append_rows(*store, "batch", dimension));
  std::printf("{\"seconds\": %.3f}\n", seconds_now() - begin);
  return {};
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

Status run(std::string_view command, char** arguments, int count) {
  if (command == "source" && count == 3)
    return make_source(arguments[0], number(arguments[1]), number(arguments[2]));
  if (command == "append" && count == 3)
    return measure_append(arguments[0], arguments[1], std::atoi(arguments[2]));
  if (command == "small" && count == 4)
    return measure_small(arguments[0], number(arguments[1]), number(arguments[2]),
                         number(arguments[3]));
  if (command == "fill" && count == 5)
    return fill(arguments[0], number(arguments[1]), number(arguments[2]), number(arguments[3]),
                number(arguments[4]));
  return colvec::fail(colvec::ErrorCode::kInvalidArgument, "see the head of bench/store_bench.cc");
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run(argc > 1 ? argv[1] : "", argv + 2, argc - 2);
  if (done) return 0;
  std::fprintf(stderr, "store_bench: %s\n", done.error().message.c_str());
  return colvec::exit_code(done.error().code);
}
