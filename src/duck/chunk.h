// The rows of a query, up to 2,048 at a time, as DuckDB hands them over: columns of values.
//
// Thread-safety: const members may be called by several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/hash.h"

struct _duckdb_data_chunk;

namespace colvec {

// Rows in the largest chunk: DuckDB's vector size.
inline constexpr std::size_t kChunkRowsMax = 2048;

class DataChunk {
 public:
  explicit DataChunk(_duckdb_data_chunk* handle);  // Takes ownership.
  DataChunk(DataChunk&& other) noexcept;
  DataChunk& operator=(DataChunk&& other) noexcept;
  ~DataChunk();

  std::size_t rows() const;
  bool is_null(std::size_t column, std::size_t row) const;
  // The bytes of a VARCHAR or BLOB; valid as long as the chunk. REQUIRES: !is_null().
  std::string_view text(std::size_t column, std::size_t row) const;
  // REQUIRES: a BOOLEAN column, !is_null().
  bool boolean(std::size_t column, std::size_t row) const;
  // REQUIRES: a BIGINT column, !is_null().
  std::int64_t bigint(std::size_t column, std::size_t row) const;
  // The two halves of a UUID, in DuckDB's own form. REQUIRES: a UUID column, !is_null().
  Hash128 uuid(std::size_t column, std::size_t row) const;
  // The numbers of a FLOAT[], which hold no NULL; valid as long as the chunk. REQUIRES: !is_null().
  std::span<const float> floats(std::size_t column, std::size_t row) const;

  _duckdb_data_chunk* handle() const { return handle_; }

 private:
  _duckdb_data_chunk* handle_;
};

}  // namespace colvec
