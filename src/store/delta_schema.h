// Puts the columns of a table into Delta's schemaString, and reads it.
//
// Source: Delta Lake protocol, "Schema Serialization Format".
//
// Thread-safety: pure functions. Errors: kCorruption: not such JSON; kUnsupported: a type that has
// no Delta form, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

// A column with DuckDB's name of its type: "BIGINT", "DECIMAL(20,0)", "VARCHAR", "FLOAT[]",
// "TIMESTAMP WITH TIME ZONE", ...
struct DeltaColumn {
  std::string name;
  std::string type;
  bool operator==(const DeltaColumn&) const = default;
};

// All columns are nullable.
Result<std::string> to_schema_string(const std::vector<DeltaColumn>& columns);
// Types that only others write (maps, structs) come back as Delta's own JSON.
Result<std::vector<DeltaColumn>> parse_schema_string(std::string_view schema,
                                                     const std::string& where);

}  // namespace colvec
