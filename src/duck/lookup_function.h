// Makes vectors in our memory readable in SQL: a function from the number of a row, or from a UUID,
// to a vector.
//
// A query that only scans a table and calls such functions keeps the order of the table, which a
// join would not.
//
// Thread-safety: thread-compatible; queries call `find` from several threads at once. Errors: those
// of Connection.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/hash.h"
#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

enum class LookupKey { kBigint, kUuid };

struct LookupFunction {
  std::string name;
  LookupKey key = LookupKey::kBigint;
  std::size_t dimension = 0;
  // The numbers of the vector, or null for NULL. The key of a BIGINT is {.low}, that of a UUID as
  // DataChunk::uuid() gives it. What it points to must stay as long as queries run.
  std::function<const float*(const Hash128& key)> find;
};

// Registers `name(key) -> FLOAT[]` for all connections of the database, in the place of an earlier
// one of that name. NULL gives NULL.
Status register_lookup_function(Connection& connection, LookupFunction function);

}  // namespace colvec
