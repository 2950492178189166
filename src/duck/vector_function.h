// Makes a function of ours callable in SQL: one vector in, another out.
//
// Thread-safety: thread-compatible; queries call the function from several threads at once.
// Errors: those of Connection.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

struct VectorFunction {
  std::string name;
  std::size_t in = 0;   // Numbers of the argument.
  std::size_t out = 0;  // Numbers of the result.
  std::function<void(std::span<const float> in, std::span<float> out)> apply;
};

// Registers `name(FLOAT[]) -> FLOAT[]` for all connections of the database. NULL gives NULL; a
// query with a vector of another length than `in` fails.
Status register_vector_function(Connection& connection, VectorFunction function);

}  // namespace colvec
