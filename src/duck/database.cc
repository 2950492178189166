#include "duck/database.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "duck/allocator.h"
#include "duck/error.h"

namespace colvec {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result.push_back(quote);
    result.push_back(c);
  }
  result.push_back(quote);
  return result;
}

// A string that DuckDB allocated.
std::string take(char* text) {
  std::string copy = text == nullptr ? "" : text;
  duckdb_free(text);
  return copy;
}

// Destroys a materialised result at the end of its scope.
struct ResultGuard {
  duckdb_result value{};
  ~ResultGuard() { duckdb_destroy_result(&value); }
};

// Whether the C API turns values of this type into text; of others it makes nothing.
bool has_text_form(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_VARCHAR:
      return true;
    default:
      return false;
  }
}

// `sql`, or a query around it that has every value cast to text, where some would get lost.
std::string with_values_as_text(duckdb_connection connection, const std::string& sql) {
  duckdb_prepared_statement statement = nullptr;
  bool is_as_it_is = duckdb_prepare(connection, sql.c_str(), &statement) == DuckDBError ||
                     duckdb_prepared_statement_type(statement) != DUCKDB_STATEMENT_TYPE_SELECT;
  if (!is_as_it_is) {
    is_as_it_is = true;
    for (idx_t c = 0; c < duckdb_prepared_statement_column_count(statement); ++c)
      if (!has_text_form(duckdb_prepared_statement_column_type(statement, c))) is_as_it_is = false;
  }
  duckdb_destroy_prepare(&statement);
  return is_as_it_is ? sql : "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + sql + "\n)";
}

Status set_option(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) == DuckDBError)
    return fail(ErrorCode::kInvalidArgument, std::string(name) + ": not a valid value: " + value);
  return {};
}

Status set_options(duckdb_config config, const DatabaseOptions& options, const WorkFolder& spill) {
  COLVEC_TRY(set_option(config, "memory_limit", options.memory_limit));
  if (!spill.path().empty())
    COLVEC_TRY(set_option(config, "temp_directory", spill.path().string()));
  if (options.threads != 0)
    COLVEC_TRY(set_option(config, "threads", std::to_string(options.threads)));
  COLVEC_TRY(set_option(config, "allocator_background_threads", "true"));
  COLVEC_TRY(set_option(config, "autoinstall_known_extensions", "false"));
  return set_option(config, "autoload_known_extensions", "false");
}

}  // namespace

std::string quote_identifier(std::string_view name) { return quoted(name, '"'); }

std::string quote_literal(std::string_view text) { return quoted(text, '\''); }

std::uint64_t Rows::number(std::size_t row, std::size_t column) const {
  return std::strtoull(text(row, column).c_str(), nullptr, 10);
}

struct Stream::State {
  const std::atomic<bool>* is_interrupted = nullptr;
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};

  ~State() {
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&statement);
  }
};

Stream::Stream(std::unique_ptr<State> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::~Stream() = default;

Result<std::optional<DataChunk>> Stream::next() {
  duckdb_data_chunk chunk = duckdb_fetch_chunk(state_->result);
  if (chunk != nullptr) return std::optional<DataChunk>(DataChunk(chunk));
  // The end and an error look alike: only the error has a message.
  const char* message = duckdb_result_error(&state_->result);
  if (message != nullptr && *message != '\0')
    return duck_error(duckdb_result_error_type(&state_->result), message, *state_->is_interrupted);
  return std::optional<DataChunk>();
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      is_interrupted_(std::move(other.is_interrupted_)) {}
Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(is_interrupted_, other.is_interrupted_);
  return *this;
}
Connection::~Connection() {
  if (handle_ != nullptr) duckdb_disconnect(&handle_);
}

Status Connection::execute(const std::string& sql) {
  ResultGuard result;
  if (duckdb_query(handle_, sql.c_str(), &result.value) == DuckDBError)
    return duck_error(duckdb_result_error_type(&result.value), duckdb_result_error(&result.value),
                      *is_interrupted_);
  return {};
}

Result<Rows> Connection::query(const std::string& sql) {
  ResultGuard result;
  if (duckdb_query(handle_, with_values_as_text(handle_, sql).c_str(), &result.value) ==
      DuckDBError)
    return duck_error(duckdb_result_error_type(&result.value), duckdb_result_error(&result.value),
                      *is_interrupted_);
  Rows rows;
  const idx_t columns = duckdb_column_count(&result.value);
  const idx_t count = duckdb_row_count(&result.value);
  for (idx_t r = 0; r < count; ++r) {
    auto& row = rows.rows_.emplace_back();
    for (idx_t c = 0; c < columns; ++c) {
      if (duckdb_value_is_null(&result.value, c, r))
        row.emplace_back();
      else
        row.emplace_back(take(duckdb_value_varchar(&result.value, c, r)));
    }
  }
  return rows;
}

Result<Stream> Connection::stream(const std::string& sql) {
  auto state = std::make_unique<Stream::State>();
  state->is_interrupted = is_interrupted_.get();
  if (duckdb_prepare(handle_, sql.c_str(), &state->statement) == DuckDBError) {
    // It does not say what kind of error that is; running it does.
    COLVEC_TRY(execute(sql));
    return duck_error(DUCKDB_ERROR_BINDER, duckdb_prepare_error(state->statement),
                      *is_interrupted_);
  }
  duckdb_pending_result pending = nullptr;
  if (duckdb_pending_prepared_streaming(state->statement, &pending) == DuckDBError) {
    const auto error =
        duck_error(DUCKDB_ERROR_INVALID_INPUT, duckdb_pending_error(pending), *is_interrupted_);
    duckdb_destroy_pending(&pending);
    return error;
  }
  const duckdb_state executed = duckdb_execute_pending(pending, &state->result);
  duckdb_destroy_pending(&pending);
  if (executed == DuckDBError)
    return duck_error(duckdb_result_error_type(&state->result), duckdb_result_error(&state->result),
                      *is_interrupted_);
  return Stream(std::move(state));
}

Result<Database> Database::open(const DatabaseOptions& options) {
  shorten_decay_of_freed_memory();
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) == DuckDBError)
    return fail(ErrorCode::kIo, "DuckDB: cannot make a configuration");
  duckdb_database database = nullptr;
  WorkFolder spill;
  if (!options.temp_directory.empty()) spill = WorkFolder::make(options.temp_directory);
  Status status = set_options(config, options, spill);
  char* message = nullptr;
  if (status && duckdb_open_ext(":memory:", &database, config, &message) == DuckDBError)
    status = duck_error(DUCKDB_ERROR_INVALID_INPUT, take(message));
  duckdb_destroy_config(&config);
  if (!status) return tl::make_unexpected(std::move(status).error());
  return Database(database, std::move(spill));
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), spill_(std::move(other.spill_)) {}
Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(spill_, other.spill_);
  return *this;
}
Database::~Database() {
  if (handle_ != nullptr) duckdb_close(&handle_);
}

Result<Connection> Database::connect() {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(handle_, &connection) == DuckDBError)
    return fail(ErrorCode::kIo, "DuckDB: cannot connect");
  return Connection(connection);
}

Status attach(Connection& connection, const std::filesystem::path& path, std::string_view name,
              std::string_view options) {
  std::error_code ignored;
  if (options.find("READ_ONLY") != std::string_view::npos &&
      !std::filesystem::exists(path, ignored))
    return fail(ErrorCode::kNotFound, "no such file");
  std::string sql = "ATTACH " + quote_literal(path.string()) + " AS " + quote_identifier(name);
  if (!options.empty()) sql += " (" + std::string(options) + ")";
  return connection.execute(sql);
}

Status check_expression(Connection& connection, std::string_view expression) {
  // Parsed inside "SELECT (...)", the text is one expression exactly if the statement differs from
  // "SELECT (1)" in nothing but the item selected: a closing bracket, a clause or a second
  // statement in it would show elsewhere in the tree. The line breaks end a comment in it. Brackets
  // that close and open again, "a) OR (b", are not balanced in those of the other kind.
  const auto tree = [](std::string_view item, char open, char close) {
    return "json_serialize_sql(" +
           quote_literal(fmt::format("SELECT {}\n{}\n{}", open, item, close)) + ")::JSON";
  };
  const auto all_but_item = [](std::string_view json) {
    return "json_merge_patch(" + std::string(json) +
           "->'$.statements[0].node', '{\"select_list\": null}')::VARCHAR";
  };
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT e->>'error', e->>'error_message',"
                                 " json_array_length(e->'statements'),"
                                 " json_array_length(e->'$.statements[0].node.select_list'), " +
                                 all_but_item("e") + " = " + all_but_item("one") +
                                 ", listed->>'error' FROM (SELECT " + tree(expression, '(', ')') +
                                 " AS e, " + tree("1", '(', ')') + " AS one, " +
                                 tree(expression, '[', ']') + " AS listed)"));
  if (rows.text(0, 0) != "false")
    return fail(ErrorCode::kInvalidArgument, "not an SQL expression: " + rows.text(0, 1));
  if (rows.number(0, 2) != 1 || rows.number(0, 3) != 1 || rows.text(0, 4) != "true" ||
      rows.text(0, 5) != "false")
    return fail(ErrorCode::kInvalidArgument,
                "must be one SQL expression and nothing else: " + std::string(expression));
  return {};
}

Status check_row_expression(Connection& connection, std::string_view expression) {
  COLVEC_TRY(check_expression(connection, expression));
  // Inside a string of the tree the quotes would be escaped.
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT contains(json_serialize_sql(" +
                                 quote_literal("SELECT (\n" + std::string(expression) + "\n)") +
                                 ")::VARCHAR, '\"class\":\"SUBQUERY\"')"));
  if (rows.text(0, 0) != "true") return {};
  return fail(ErrorCode::kInvalidArgument, "must have no subquery: " + std::string(expression));
}

}  // namespace colvec
