#include "store/key_columns.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "duck/database.h"
#include "store/uri.h"

namespace colvec {
namespace {

struct StoredType {
  std::string_view source;
  std::string_view stored;
};
constexpr std::array kStoredTypes = {
    StoredType{"BOOLEAN", "BOOLEAN"},
    StoredType{"TINYINT", "BIGINT"},
    StoredType{"SMALLINT", "BIGINT"},
    StoredType{"INTEGER", "BIGINT"},
    StoredType{"BIGINT", "BIGINT"},
    StoredType{"UTINYINT", "BIGINT"},
    StoredType{"USMALLINT", "BIGINT"},
    StoredType{"UINTEGER", "BIGINT"},
    StoredType{"UBIGINT", "DECIMAL(20,0)"},
    StoredType{"HUGEINT", "DECIMAL(38,0)"},
    StoredType{"UHUGEINT", "DECIMAL(38,0)"},
    StoredType{"VARCHAR", "VARCHAR"},
    StoredType{"UUID", "VARCHAR"},
    StoredType{"DATE", "DATE"},
    StoredType{"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"},
    StoredType{"TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE"},
    StoredType{"TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"},
    StoredType{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
};

// "DECIMAL(9,2)" and nothing else: types of a table's configuration go into SQL.
bool is_decimal(std::string_view type) {
  constexpr std::string_view kStart = "DECIMAL(";
  if (!type.starts_with(kStart) || !type.ends_with(")")) return false;
  type = type.substr(kStart.size(), type.size() - kStart.size() - 1);
  return type.find_first_not_of("0123456789,") == std::string_view::npos;
}

// Columns of the keys table that are not key columns.
constexpr std::array<std::string_view, 3> kOwnNames = {"text_hash", "seen_at", "pk_bucket"};

}  // namespace

Result<std::string> stored_key_type(std::string_view source_type) {
  if (is_decimal(source_type)) return std::string(source_type);
  if (source_type.starts_with("ENUM(")) return std::string("VARCHAR");
  const auto found = std::find_if(kStoredTypes.begin(), kStoredTypes.end(),
                                  [&](const StoredType& t) { return t.source == source_type; });
  if (found == kStoredTypes.end())
    return fail(ErrorCode::kUnsupported, "cannot be a key: type " + std::string(source_type));
  return std::string(found->stored);
}

Result<std::vector<KeyColumn>> key_columns_of(const std::vector<KeyColumn>& source) {
  if (source.empty()) return fail(ErrorCode::kInvalidArgument, "no key column");
  std::vector<KeyColumn> columns;
  std::set<std::string> seen;
  for (const KeyColumn& column : source) {
    // SQL and Delta take names that differ in case only for the same.
    std::string folded = encode_column_name(column.name);
    std::transform(folded.begin(), folded.end(), folded.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (std::find(kOwnNames.begin(), kOwnNames.end(), folded) != kOwnNames.end())
      return fail(ErrorCode::kInvalidArgument,
                  "key column " + column.name + ": the store has a column of that name itself");
    if (!seen.insert(folded).second)
      return fail(ErrorCode::kInvalidArgument, "key column " + column.name + ": named twice");
    Result<std::string> type = stored_key_type(column.type);
    if (!type) return at("key column " + column.name, std::move(type).error());
    columns.push_back({column.name, std::move(*type)});
  }
  return columns;
}

std::string stored_name(const KeyColumn& column) {
  return quote_identifier(encode_column_name(column.name));
}

std::string stored_key_sql(std::string_view expression, const KeyColumn& column) {
  return "CAST(" + std::string(expression) + " AS " + column.type + ")";
}

std::string key_names(const std::vector<KeyColumn>& columns, std::string_view alias) {
  std::string names;
  for (const KeyColumn& column : columns) {
    if (!names.empty()) names += ", ";
    if (!alias.empty()) names += std::string(alias) + ".";
    names += stored_name(column);
  }
  return names;
}

std::string key_digest_sql(const std::vector<KeyColumn>& columns) {
  std::string canonical;
  for (const KeyColumn& column : columns) {
    const std::string text = "CAST(" + stored_name(column) + " AS VARCHAR)";
    if (!canonical.empty()) canonical += " || ";
    canonical += "strlen(" + text + ")::VARCHAR || ':' || " + text;
  }
  return "sha256(" + canonical + ")";
}

std::string bucket_sql(const std::vector<KeyColumn>& columns) {
  // Modulo 16, the first 8 bytes are worth the low half of the eighth: hex digit 16.
  return "CAST(strpos('0123456789abcdef', substr(" + key_digest_sql(columns) +
         ", 16, 1)) - 1 AS INTEGER)";
}

std::string key_columns_json(const std::vector<KeyColumn>& columns) {
  std::string json;
  for (const KeyColumn& column : columns)
    json += std::string(json.empty() ? "[" : ",") + "{\"name\":" + json_quote(column.name) +
            ",\"type\":" + json_quote(column.type) + "}";
  return json + "]";
}

Result<std::vector<KeyColumn>> parse_key_columns(std::string_view json, const std::string& where) {
  COLVEC_ASSIGN(const Json list, Json::parse(json, where));
  if (!list.is_array()) return list.wrong("not a list of key columns");
  std::vector<KeyColumn> columns;
  for (std::size_t i = 0; i < list.size(); ++i) {
    KeyColumn column;
    COLVEC_ASSIGN(column.name, list.element(i).string("name"));
    COLVEC_ASSIGN(column.type, list.element(i).string("type"));
    columns.push_back(std::move(column));
  }
  // The types go into SQL: only those that we write are let through.
  Result<std::vector<KeyColumn>> checked = key_columns_of(columns);
  if (!checked) return at(where, std::move(checked).error());
  if (*checked != columns) return list.wrong("not stored types");
  return columns;
}

}  // namespace colvec
