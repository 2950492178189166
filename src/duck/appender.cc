#include "duck/appender.h"

#include <duckdb.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "duck/error.h"

namespace colvec {
namespace {

tl::unexpected<Error> appender_error(duckdb_appender appender) {
  duckdb_error_data data = duckdb_appender_error_data(appender);
  const auto error =
      duck_error(duckdb_error_data_error_type(data), duckdb_error_data_message(data));
  duckdb_destroy_error_data(&data);
  return error;
}

}  // namespace

struct Appender::State {
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<duckdb_type> types;       // Of the columns.
  std::vector<std::size_t> list_sizes;  // Values in the FLOAT[] columns so far.

  ~State() {
    if (chunk != nullptr) duckdb_destroy_data_chunk(&chunk);
    // This flushes what is left into the open transaction: roll back after it, not before.
    if (appender != nullptr) duckdb_appender_destroy(&appender);
  }
  duckdb_vector vector(std::size_t column) const {
    return duckdb_data_chunk_get_vector(chunk, column);
  }
};

Appender::Appender(std::unique_ptr<State> state) : state_(std::move(state)) {}
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;
Appender::~Appender() = default;

Result<Appender> Appender::open(Connection& connection, const std::string& catalog,
                                const std::string& schema, const std::string& table) {
  auto state = std::make_unique<State>();
  if (duckdb_appender_create_ext(connection.handle(), catalog.c_str(), schema.c_str(),
                                 table.c_str(), &state->appender) == DuckDBError)
    return appender_error(state->appender);
  std::vector<duckdb_logical_type> types;
  for (idx_t c = 0; c < duckdb_appender_column_count(state->appender); ++c) {
    types.push_back(duckdb_appender_column_type(state->appender, c));
    state->types.push_back(duckdb_get_type_id(types.back()));
  }
  state->list_sizes.resize(types.size());
  state->chunk = duckdb_create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  return Appender(std::move(state));
}

void Appender::copy(std::size_t to, const DataChunk& source, std::size_t from,
                    std::span<const std::uint32_t> selected) {
  COLVEC_CHECK(selected.size() <= kChunkRowsMax);
  duckdb_selection_vector selection = duckdb_create_selection_vector(selected.size());
  std::copy(selected.begin(), selected.end(), duckdb_selection_vector_get_data_ptr(selection));
  duckdb_vector_copy_sel(duckdb_data_chunk_get_vector(source.handle(), from), state_->vector(to),
                         selection, selected.size(), 0, 0);
  duckdb_destroy_selection_vector(selection);
}

void Appender::set_text(std::size_t column, std::size_t row, std::string_view text) {
  duckdb_vector_assign_string_element_len(state_->vector(column), row, text.data(), text.size());
}

void Appender::set_boolean(std::size_t column, std::size_t row, bool value) {
  static_cast<bool*>(duckdb_vector_get_data(state_->vector(column)))[row] = value;
}

void Appender::set_integer(std::size_t column, std::size_t row, std::int32_t value) {
  static_cast<std::int32_t*>(duckdb_vector_get_data(state_->vector(column)))[row] = value;
}

void Appender::set_null(std::size_t column, std::size_t row) {
  duckdb_vector vector = state_->vector(column);
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
  if (state_->types[column] == DUCKDB_TYPE_LIST)
    static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row] = {
        state_->list_sizes[column], 0};
}

void Appender::set_vector(std::size_t column, std::size_t row, std::span<const float> values) {
  duckdb_vector vector = state_->vector(column);
  float* destination = nullptr;
  if (state_->types[column] == DUCKDB_TYPE_ARRAY) {
    destination =
        static_cast<float*>(duckdb_vector_get_data(duckdb_array_vector_get_child(vector))) +
        row * values.size();
  } else {
    std::size_t& size = state_->list_sizes[column];
    duckdb_list_vector_reserve(vector, size + values.size());
    destination =
        static_cast<float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(vector))) + size;
    static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row] = {size, values.size()};
    size += values.size();
    duckdb_list_vector_set_size(vector, size);
  }
  std::copy(values.begin(), values.end(), destination);
}

Status Appender::append(std::size_t rows) {
  duckdb_data_chunk_set_size(state_->chunk, rows);
  const duckdb_state appended = duckdb_append_data_chunk(state_->appender, state_->chunk);
  duckdb_data_chunk_reset(state_->chunk);
  std::fill(state_->list_sizes.begin(), state_->list_sizes.end(), 0);
  if (appended == DuckDBError) return appender_error(state_->appender);
  return {};
}

Status Appender::flush() {
  if (duckdb_appender_flush(state_->appender) == DuckDBError)
    return appender_error(state_->appender);
  return {};
}

}  // namespace colvec
