// The primary-key columns of a store: which types there are, and how keys become text and buckets.
//
// Format: docs/formats/store.md, "Table keys".
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

struct KeyColumn {
  std::string name;  // The user's.
  std::string type;  // As stored: "BIGINT", "VARCHAR", ...
  bool operator==(const KeyColumn&) const = default;
};

inline constexpr std::size_t kKeyBuckets = 16;

// The type that a key column of DuckDB's type `source_type` is stored with. kUnsupported: floats,
// nested types and others that cannot be keys, by name.
Result<std::string> stored_key_type(std::string_view source_type);

// Key columns for source columns with these names and types. kInvalidArgument: none, a name that
// the table needs itself, the same name twice; kUnsupported: see above, with the column's name.
Result<std::vector<KeyColumn>> key_columns_of(const std::vector<KeyColumn>& source);

// The name of a column in the table's files, quoted for SQL.
std::string stored_name(const KeyColumn& column);
// `expression`, of a source type, as SQL of the stored type.
std::string stored_key_sql(std::string_view expression, const KeyColumn& column);
// "a"."k1", "a"."k2" of the stored columns; `alias` may be empty.
std::string key_names(const std::vector<KeyColumn>& columns, std::string_view alias);
// SHA-256 of the canonical key of a row, as hex digits: SQL over the stored columns.
std::string key_digest_sql(const std::vector<KeyColumn>& columns);
// The bucket of a row, SQL of type INTEGER over the stored columns.
std::string bucket_sql(const std::vector<KeyColumn>& columns);

// The key columns as the table's configuration keeps them.
std::string key_columns_json(const std::vector<KeyColumn>& columns);
Result<std::vector<KeyColumn>> parse_key_columns(std::string_view json, const std::string& where);

}  // namespace colvec
