#include "duck/chunk.h"

#include <duckdb.h>

#include <utility>

namespace colvec {

DataChunk::DataChunk(_duckdb_data_chunk* handle) : handle_(handle) {}

DataChunk::DataChunk(DataChunk&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

DataChunk& DataChunk::operator=(DataChunk&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

DataChunk::~DataChunk() {
  if (handle_ != nullptr) duckdb_destroy_data_chunk(&handle_);
}

std::size_t DataChunk::rows() const { return duckdb_data_chunk_get_size(handle_); }

bool DataChunk::is_null(std::size_t column, std::size_t row) const {
  std::uint64_t* const validity =
      duckdb_vector_get_validity(duckdb_data_chunk_get_vector(handle_, column));
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

std::string_view DataChunk::text(std::size_t column, std::size_t row) const {
  auto* const strings = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(handle_, column)));
  duckdb_string_t& string = strings[row];
  return {duckdb_string_t_data(&string), duckdb_string_t_length(string)};
}

bool DataChunk::boolean(std::size_t column, std::size_t row) const {
  return static_cast<const bool*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(handle_, column)))[row];
}

std::int64_t DataChunk::bigint(std::size_t column, std::size_t row) const {
  return static_cast<const std::int64_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(handle_, column)))[row];
}

Hash128 DataChunk::uuid(std::size_t column, std::size_t row) const {
  const auto& value = static_cast<const duckdb_hugeint*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(handle_, column)))[row];
  return {.low = value.lower, .high = static_cast<std::uint64_t>(value.upper)};
}

std::span<const float> DataChunk::floats(std::size_t column, std::size_t row) const {
  duckdb_vector lists = duckdb_data_chunk_get_vector(handle_, column);
  const duckdb_list_entry& entry =
      static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(lists))[row];
  const auto* values =
      static_cast<const float*>(duckdb_vector_get_data(duckdb_list_vector_get_child(lists)));
  return {values + entry.offset, entry.length};
}

}  // namespace colvec
