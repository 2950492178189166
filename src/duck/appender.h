// Appends rows to a table in bulk, column by column.
//
// Rows become visible with the transaction of the connection: flush() before COMMIT; before
// ROLLBACK, let the appender go out of scope.
//
// Thread-safety: thread-compatible. Errors: those of Connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "colvec/error.h"
#include "duck/chunk.h"
#include "duck/database.h"

namespace colvec {

class Appender {
 public:
  // Opens `catalog`.`schema`.`table` for appending.
  static Result<Appender> open(Connection& connection, const std::string& catalog,
                               const std::string& schema, const std::string& table);
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;
  ~Appender();

  // Rows that are being put together; at most kChunkRowsMax. Fill every column, then append().
  //
  // Copies the rows `selected` of `source`'s column `from`, whatever its type, to rows 0, 1, ... of
  // `to`.
  void copy(std::size_t to, const DataChunk& source, std::size_t from,
            std::span<const std::uint32_t> selected);
  void set_text(std::size_t column, std::size_t row, std::string_view text);
  void set_boolean(std::size_t column, std::size_t row, bool value);
  void set_integer(std::size_t column, std::size_t row, std::int32_t value);
  void set_null(std::size_t column, std::size_t row);
  // Writes `values` as the FLOAT[n] or FLOAT[] value of a row; rows in ascending order.
  void set_vector(std::size_t column, std::size_t row, std::span<const float> values);

  // Adds the first `rows` rows to the table, and starts anew.
  Status append(std::size_t rows);
  // Hands all rows to the transaction.
  Status flush();

 private:
  struct State;
  explicit Appender(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace colvec
