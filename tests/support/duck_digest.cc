// duck_digest SQL: runs a query whose columns are VARCHAR or FLOAT[] and prints a JSON line with
// the digest of each (tests/readers/column_digest.mjs says of what). For tests that compare what
// DuckDB reads with what other readers do.
#include <duckdb.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "duck/database.h"

namespace {

using colvec::Connection;
using colvec::Database;
using colvec::DataChunk;

int fail_with(const std::string& message) {
  std::fprintf(stderr, "duck_digest: %s\n", message.c_str());
  return 1;
}

enum class Kind { kText, kFloats, kOther };

Kind kind_of(const DataChunk& chunk, std::size_t column) {
  duckdb_logical_type type =
      duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunk.handle(), column));
  Kind kind = Kind::kOther;
  if (duckdb_get_type_id(type) == DUCKDB_TYPE_VARCHAR) kind = Kind::kText;
  if (duckdb_get_type_id(type) == DUCKDB_TYPE_LIST) {
    duckdb_logical_type child = duckdb_list_type_child_type(type);
    if (duckdb_get_type_id(child) == DUCKDB_TYPE_FLOAT) kind = Kind::kFloats;
    duckdb_destroy_logical_type(&child);
  }
  duckdb_destroy_logical_type(&type);
  return kind;
}

std::string_view bytes_of_floats(const DataChunk& chunk, std::size_t column, std::size_t row) {
  duckdb_vector lists = duckdb_data_chunk_get_vector(chunk.handle(), column);
  const auto entry = static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(lists))[row];
  const auto* const values =
      static_cast<const float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(lists)));
  return {reinterpret_cast<const char*>(values + entry.offset), entry.length * sizeof(float)};
}

struct ColumnDigest {
  std::size_t rows = 0;
  std::unique_ptr<colvec::Sha256> hash = std::make_unique<colvec::Sha256>();

  void add(const DataChunk& chunk, std::size_t column, Kind kind) {
    for (std::size_t row = 0; row < chunk.rows(); ++row) {
      if (chunk.is_null(column, row)) {
        hash->update("N;");
        continue;
      }
      const bool is_text = kind == Kind::kText;
      const auto bytes = is_text ? chunk.text(column, row) : bytes_of_floats(chunk, column, row);
      hash->update(is_text ? std::to_string(bytes.size()) + ":"
                           : std::to_string(bytes.size() / sizeof(float)) + "f:");
      hash->update(bytes);
      hash->update(";");
    }
    rows += chunk.rows();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto database = Database::open({.memory_limit = "4GB", .temp_directory = "", .threads = 0});
  if (!database) return fail_with(database.error().message);
  auto connection = database->connect();
  if (!connection) return fail_with(connection.error().message);
  auto stream = connection->stream(argv[1]);
  if (!stream) return fail_with(stream.error().message);
  std::vector<ColumnDigest> digests;
  while (true) {
    const auto chunk = stream->next();
    if (!chunk) return fail_with(chunk.error().message);
    if (!chunk->has_value()) break;
    digests.resize(duckdb_data_chunk_get_column_count((*chunk)->handle()));
    for (std::size_t column = 0; column < digests.size(); ++column) {
      const Kind kind = kind_of(**chunk, column);
      if (kind == Kind::kOther) return fail_with("column " + std::to_string(column) + ": type");
      digests[column].add(**chunk, column, kind);
    }
  }
  for (const ColumnDigest& digest : digests)
    std::printf("{\"rows\": %zu, \"sha256\": \"%s\"}\n", digest.rows,
                colvec::hex(digest.hash->finish()).c_str());
  return 0;
}
