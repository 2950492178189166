// duck_sql DATABASE SQL...: runs statements in a DuckDB file and prints the rows of each, values
// separated by "|", NULL as "NULL". For tests, which have no other DuckDB program at hand.
#include <cstdio>

#include "duck/database.h"

namespace {

using colvec::Connection;
using colvec::Database;

int fail_with(const colvec::Error& error) {
  std::fprintf(stderr, "duck_sql: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  auto database = Database::open({.memory_limit = "4GB", .temp_directory = "", .threads = 0});
  if (!database) return fail_with(database.error());
  auto connection = database->connect();
  if (!connection) return fail_with(connection.error());
  if (const auto attached = colvec::attach(*connection, argv[1], "db", "TYPE duckdb"); !attached)
    return fail_with(attached.error());
  if (const auto used = connection->execute("USE db"); !used) return fail_with(used.error());
  for (int i = 2; i < argc; ++i) {
    const auto rows = connection->query(argv[i]);
    if (!rows) return fail_with(rows.error());
    for (std::size_t r = 0; r < rows->size(); ++r) {
      for (std::size_t c = 0; c < rows->columns(); ++c)
        std::printf("%s%s", c == 0 ? "" : "|", rows->at(r, c).value_or("NULL").c_str());
      std::printf("\n");
    }
  }
  return 0;
}
