#include "duck/lookup_function.h"

#include <duckdb.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace colvec {
namespace {

Hash128 key_at(const LookupFunction& function, const void* data, idx_t row) {
  if (function.key == LookupKey::kBigint)
    return {.low = static_cast<std::uint64_t>(static_cast<const std::int64_t*>(data)[row])};
  const duckdb_hugeint& value = static_cast<const duckdb_hugeint*>(data)[row];
  return {.low = value.lower, .high = static_cast<std::uint64_t>(value.upper)};
}

void run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& function =
      *static_cast<const LookupFunction*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector keys = duckdb_data_chunk_get_vector(input, 0);
  std::uint64_t* const validity = duckdb_vector_get_validity(keys);
  const void* const data = duckdb_vector_get_data(keys);
  if (duckdb_list_vector_reserve(output, rows * function.dimension) == DuckDBError)
    return duckdb_scalar_function_set_error(info, "out of memory");
  duckdb_vector_ensure_validity_writable(output);
  auto* const entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output));
  auto* const values =
      static_cast<float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(output)));
  idx_t used = 0;
  for (idx_t row = 0; row < rows; ++row) {
    const bool is_null = validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
    const float* const found = is_null ? nullptr : function.find(key_at(function, data, row));
    entries[row] = {used, found == nullptr ? 0 : function.dimension};
    if (found == nullptr) {
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      continue;
    }
    std::copy_n(found, function.dimension, values + used);
    used += function.dimension;
  }
  (void)duckdb_list_vector_set_size(output, used);
}

void destroy(void* function) { delete static_cast<LookupFunction*>(function); }

}  // namespace

Status register_lookup_function(Connection& connection, LookupFunction function) {
  const std::string name = function.name;
  duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
  duckdb_logical_type list = duckdb_create_list_type(number);
  duckdb_logical_type key = duckdb_create_logical_type(
      function.key == LookupKey::kBigint ? DUCKDB_TYPE_BIGINT : DUCKDB_TYPE_UUID);
  duckdb_scalar_function scalar = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(scalar, name.c_str());
  duckdb_scalar_function_add_parameter(scalar, key);
  duckdb_scalar_function_set_return_type(scalar, list);
  duckdb_scalar_function_set_extra_info(
      scalar, std::make_unique<LookupFunction>(std::move(function)).release(), destroy);
  duckdb_scalar_function_set_function(scalar, run);
  const duckdb_state registered = duckdb_register_scalar_function(connection.handle(), scalar);
  duckdb_destroy_scalar_function(&scalar);
  for (duckdb_logical_type* type : {&key, &list, &number}) duckdb_destroy_logical_type(type);
  if (registered == DuckDBError)
    return fail(ErrorCode::kInvalidArgument, "DuckDB: cannot register the function " + name);
  return {};
}

}  // namespace colvec
