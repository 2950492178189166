#include "duck/vector_function.h"

#include <duckdb.h>

#include <memory>
#include <utility>

namespace colvec {
namespace {

void run(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& function =
      *static_cast<const VectorFunction*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  duckdb_vector lists = duckdb_data_chunk_get_vector(input, 0);
  const auto* entries = static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(lists));
  std::uint64_t* const validity = duckdb_vector_get_validity(lists);
  const auto* values =
      static_cast<const float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(lists)));

  if (duckdb_list_vector_reserve(output, rows * function.out) == DuckDBError)
    return duckdb_scalar_function_set_error(info, "out of memory");
  auto* out_entries = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(output));
  auto* out_values =
      static_cast<float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(output)));
  idx_t used = 0;
  for (idx_t row = 0; row < rows; ++row) {
    out_entries[row] = {used, 0};
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) {
      duckdb_vector_ensure_validity_writable(output);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      continue;
    }
    const duckdb_list_entry& entry = entries[row];
    if (entry.length != function.in) {
      const std::string message = function.name + ": a vector of " + std::to_string(entry.length) +
                                  " numbers, not " + std::to_string(function.in);
      return duckdb_scalar_function_set_error(info, message.c_str());
    }
    function.apply({values + entry.offset, function.in}, {out_values + used, function.out});
    out_entries[row].length = function.out;
    used += function.out;
  }
  (void)duckdb_list_vector_set_size(output, used);
}

void destroy(void* function) { delete static_cast<VectorFunction*>(function); }

}  // namespace

Status register_vector_function(Connection& connection, VectorFunction function) {
  const std::string name = function.name;
  duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_FLOAT);
  duckdb_logical_type list = duckdb_create_list_type(number);
  duckdb_scalar_function scalar = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(scalar, name.c_str());
  duckdb_scalar_function_add_parameter(scalar, list);
  duckdb_scalar_function_set_return_type(scalar, list);
  duckdb_scalar_function_set_extra_info(
      scalar, std::make_unique<VectorFunction>(std::move(function)).release(), destroy);
  duckdb_scalar_function_set_function(scalar, run);
  const duckdb_state registered = duckdb_register_scalar_function(connection.handle(), scalar);
  duckdb_destroy_scalar_function(&scalar);
  duckdb_destroy_logical_type(&list);
  duckdb_destroy_logical_type(&number);
  if (registered == DuckDBError)
    return fail(ErrorCode::kInvalidArgument, "DuckDB: cannot register the function " + name);
  return {};
}

}  // namespace colvec
