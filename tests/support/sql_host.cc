// sql_host DATABASE [--connections N] SQL...: a DuckDB that allows unsigned extensions, as users
// have one: linked to DuckDB alone. Prints the rows of each statement, values separated by "|".
//
// With --connections, the last statement is run by N connections at the same time, each in a thread
// of its own, and the rows of each are printed.
#include <duckdb.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

// The rows as lines, or the error after "error: ".
std::string run(duckdb_connection connection, const char* sql) {
  duckdb_result result;
  std::string lines;
  if (duckdb_query(connection, sql, &result) == DuckDBError) {
    lines = std::string("error: ") + duckdb_result_error(&result) + "\n";
  } else {
    for (idx_t r = 0; r < duckdb_row_count(&result); ++r) {
      for (idx_t c = 0; c < duckdb_column_count(&result); ++c) {
        char* const value = duckdb_value_varchar(&result, c, r);
        lines += (c == 0 ? "" : "|") + std::string(value == nullptr ? "NULL" : value);
        duckdb_free(value);
      }
      lines += "\n";
    }
  }
  duckdb_destroy_result(&result);
  return lines;
}

std::vector<std::string> run_at_once(duckdb_database database, const char* sql, std::size_t count) {
  std::vector<std::string> answers(count);
  std::vector<std::thread> threads;
  for (std::string& answer : answers)
    threads.emplace_back([&answer, database, sql] {
      duckdb_connection connection = nullptr;
      duckdb_connect(database, &connection);
      answer = run(connection, sql);
      duckdb_disconnect(&connection);
    });
  for (std::thread& thread : threads) thread.join();
  return answers;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  int first = 2;
  std::size_t connections = 1;
  if (argc > 4 && std::strcmp(argv[2], "--connections") == 0) {
    connections = std::strtoul(argv[3], nullptr, 10);
    first = 4;
  }
  duckdb_config config = nullptr;
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "allow_unsigned_extensions", "true");
  char* message = nullptr;
  if (duckdb_open_ext(argv[1], &database, config, &message) == DuckDBError) {
    std::fprintf(stderr, "sql_host: %s\n", message);
    return 1;
  }
  duckdb_destroy_config(&config);
  duckdb_connect(database, &connection);
  bool failed = false;
  for (int i = first; i < argc; ++i) {
    const bool is_shared = connections > 1 && i + 1 == argc;
    const std::vector<std::string> answers =
        is_shared ? run_at_once(database, argv[i], connections)
                  : std::vector<std::string>{run(connection, argv[i])};
    for (const std::string& answer : answers) {
      failed |= answer.starts_with("error: ");
      std::fputs(answer.c_str(), stdout);
    }
  }
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return failed ? 1 : 0;
}
