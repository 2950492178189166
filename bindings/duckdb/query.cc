#include "query.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <random>

namespace colvec::sql {
namespace {

// Bytes of a value of a type of fixed width; 0 for others.
std::size_t width_of(duckdb_logical_type type) {
  duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_DECIMAL) id = duckdb_decimal_internal_type(type);
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT:
      return 1;
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT:
      return 2;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DATE:
      return 4;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return 8;
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UUID:
      return 16;
    default:
      return 0;
  }
}

bool is_valid(const std::uint64_t* validity, idx_t row) {
  return validity == nullptr ||
         duckdb_validity_row_is_valid(const_cast<std::uint64_t*>(validity), row);
}

void copy_validity(duckdb_vector from, duckdb_vector to, idx_t rows) {
  const std::uint64_t* const validity = duckdb_vector_get_validity(from);
  if (validity == nullptr) return;
  duckdb_vector_ensure_validity_writable(to);
  std::uint64_t* const written = duckdb_vector_get_validity(to);
  for (idx_t row = 0; row < rows; ++row)
    duckdb_validity_set_row_validity(written, row, is_valid(validity, row));
}

void copy_strings(duckdb_vector from, duckdb_vector to, idx_t rows) {
  auto* const strings = static_cast<duckdb_string_t*>(duckdb_vector_get_data(from));
  const std::uint64_t* const validity = duckdb_vector_get_validity(from);
  for (idx_t row = 0; row < rows; ++row)
    if (is_valid(validity, row))
      duckdb_vector_assign_string_element_len(to, row, duckdb_string_t_data(&strings[row]),
                                              duckdb_string_t_length(strings[row]));
}

Status copy_lists(duckdb_vector from, duckdb_vector to, idx_t rows, std::size_t width) {
  const auto* const entries = static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(from));
  const std::uint64_t* const validity = duckdb_vector_get_validity(from);
  const idx_t size = duckdb_list_vector_get_size(from);
  if (duckdb_list_vector_reserve(to, size) == DuckDBError ||
      duckdb_list_vector_set_size(to, size) == DuckDBError)
    return fail(ErrorCode::kIo, "out of memory");
  auto* const copied = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(to));
  for (idx_t row = 0; row < rows; ++row)
    copied[row] = is_valid(validity, row) ? entries[row] : duckdb_list_entry{0, 0};
  if (size > 0)
    std::memcpy(duckdb_vector_get_data(duckdb_list_vector_get_child(to)),
                duckdb_vector_get_data(duckdb_list_vector_get_child(from)), size * width);
  return {};
}

Status copy(duckdb_vector from, duckdb_vector to, idx_t rows, duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (const std::size_t width = width_of(type); width > 0) {
    std::memcpy(duckdb_vector_get_data(to), duckdb_vector_get_data(from), rows * width);
  } else if (id == DUCKDB_TYPE_VARCHAR) {
    copy_strings(from, to, rows);
  } else if (id == DUCKDB_TYPE_LIST) {
    duckdb_logical_type child = duckdb_list_type_child_type(type);
    const std::size_t child_width = width_of(child);
    duckdb_destroy_logical_type(&child);
    if (child_width == 0) return fail(ErrorCode::kUnsupported, "a list of another type");
    COLVEC_TRY(copy_lists(from, to, rows, child_width));
  } else {
    return fail(ErrorCode::kUnsupported, "a column of DuckDB's type " + std::to_string(id));
  }
  copy_validity(from, to, rows);
  return {};
}

// For one database alone: DuckDB makes it where it spills, and takes it away when it is closed.
std::filesystem::path spill_folder() {
  std::error_code ignored;
  std::random_device random;
  std::string name = "colvec_duckdb";
  for (int i = 0; i < 4; ++i) name += "_" + std::to_string(random());
  return std::filesystem::temp_directory_path(ignored) / name;
}

}  // namespace

Result<std::unique_ptr<Query>> Query::run(const std::string& sql) {
  std::unique_ptr<Query> query(new Query);
  if (duckdb_open(nullptr, &query->database_) == DuckDBError ||
      duckdb_connect(query->database_, &query->connection_) == DuckDBError)
    return fail(ErrorCode::kIo, "cannot open a database in memory");
  duckdb_query(query->connection_,
               ("SET temp_directory = " + sql_quoted(spill_folder().string())).c_str(), nullptr);
  if (duckdb_query(query->connection_, sql.c_str(), &query->result_) == DuckDBError)
    return fail(ErrorCode::kInvalidArgument, duckdb_result_error(&query->result_));
  for (idx_t c = 0; c < duckdb_column_count(&query->result_); ++c)
    query->columns_.push_back(
        {duckdb_column_name(&query->result_, c), duckdb_column_logical_type(&query->result_, c)});
  return query;
}

Query::~Query() {
  for (QueryColumn& column : columns_) duckdb_destroy_logical_type(&column.type);
  duckdb_destroy_result(&result_);
  if (connection_ != nullptr) duckdb_disconnect(&connection_);
  if (database_ != nullptr) duckdb_close(&database_);
}

Status Query::next(duckdb_data_chunk output) {
  duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
  if (chunk == nullptr) {
    duckdb_data_chunk_set_size(output, 0);
    return {};
  }
  const idx_t rows = duckdb_data_chunk_get_size(chunk);
  Status status;
  for (idx_t c = 0; status && c < columns_.size(); ++c)
    status = copy(duckdb_data_chunk_get_vector(chunk, c), duckdb_data_chunk_get_vector(output, c),
                  rows, columns_[c].type);
  duckdb_destroy_data_chunk(&chunk);
  duckdb_data_chunk_set_size(output, status ? rows : 0);
  return status;
}

std::string sql_quoted(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result.push_back(quote);
    result.push_back(c);
  }
  return result + quote;
}

}  // namespace colvec::sql
