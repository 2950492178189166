#include "store/delta_schema.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/json.h"

namespace colvec {
namespace {

struct TypePair {
  std::string_view duck;
  std::string_view delta;
};

// Types with one name on each side.
constexpr std::array kTypes = {
    TypePair{"BOOLEAN", "boolean"},
    TypePair{"TINYINT", "byte"},
    TypePair{"SMALLINT", "short"},
    TypePair{"INTEGER", "integer"},
    TypePair{"BIGINT", "long"},
    TypePair{"FLOAT", "float"},
    TypePair{"DOUBLE", "double"},
    TypePair{"VARCHAR", "string"},
    TypePair{"BLOB", "binary"},
    TypePair{"DATE", "date"},
    TypePair{"TIMESTAMP WITH TIME ZONE", "timestamp"},
};

struct Decimal {
  unsigned precision = 0;
  unsigned scale = 0;
};

// "NAME(P,S)", spaces allowed before the numbers.
std::optional<Decimal> decimal_of(std::string_view type, std::string_view name) {
  if (!type.starts_with(name)) return std::nullopt;
  type.remove_prefix(name.size());
  const auto take = [&](char opening, unsigned* number) {
    if (type.empty() || type.front() != opening) return false;
    type.remove_prefix(1);
    while (type.starts_with(' ')) type.remove_prefix(1);
    const auto [end, error] = std::from_chars(type.data(), type.data() + type.size(), *number);
    type.remove_prefix(static_cast<std::size_t>(end - type.data()));
    return error == std::errc();
  };
  constexpr unsigned kPrecisionMax = 38;
  Decimal decimal;
  if (!take('(', &decimal.precision) || !take(',', &decimal.scale) || type != ")")
    return std::nullopt;
  if (decimal.precision == 0 || decimal.precision > kPrecisionMax ||
      decimal.scale > decimal.precision)
    return std::nullopt;
  return decimal;
}

// What is before the last "[]" or "[384]"; nullopt where `type` is no list.
std::optional<std::string_view> element_of_list(std::string_view type) {
  if (!type.ends_with(']')) return std::nullopt;
  const std::size_t bracket = type.rfind('[');
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::string_view length = type.substr(bracket + 1, type.size() - bracket - 2);
  if (length.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return type.substr(0, bracket);
}

// The JSON of a type; nullopt where Delta has none.
std::optional<std::string> to_delta(std::string_view type) {
  for (const TypePair& pair : kTypes)
    if (type == pair.duck) return json_quote(pair.delta);
  if (const auto decimal = decimal_of(type, "DECIMAL"))
    return fmt::format("\"decimal({},{})\"", decimal->precision, decimal->scale);
  const std::optional<std::string_view> element = element_of_list(type);
  if (!element) return std::nullopt;
  const std::optional<std::string> element_json = to_delta(*element);
  if (!element_json) return std::nullopt;
  return fmt::format(R"({{"type":"array","elementType":{},"containsNull":true}})", *element_json);
}

// DuckDB's name of a type; nullopt where only others write it.
std::optional<std::string> to_duck(const Json& type) {
  if (const auto name = type.as_string()) {
    for (const TypePair& pair : kTypes)
      if (*name == pair.delta) return std::string(pair.duck);
    if (*name == "timestamp_ntz") return "TIMESTAMP";
    if (const auto decimal = decimal_of(*name, "decimal"))
      return fmt::format("DECIMAL({},{})", decimal->precision, decimal->scale);
    return std::nullopt;
  }
  if (type.string("type").value_or("") != "array") return std::nullopt;
  const auto element = type.member("elementType");
  if (!element) return std::nullopt;
  const std::optional<std::string> element_type = to_duck(*element);
  if (!element_type) return std::nullopt;
  return *element_type + "[]";
}

Result<DeltaColumn> column_of(const Json& field) {
  DeltaColumn column;
  COLVEC_ASSIGN(column.name, field.string("name"));
  COLVEC_ASSIGN(const Json type, field.member("type"));
  if (!type.is_string() && !type.is_object()) return type.wrong("not a type");
  column.type = to_duck(type).value_or(type.dump());
  return column;
}

Result<std::vector<DeltaColumn>> columns_of(const Json& json) {
  COLVEC_ASSIGN(const std::string type, json.string("type"));
  if (type != "struct") return json.wrong("not a struct");
  COLVEC_ASSIGN(const Json fields, json.member("fields"));
  if (!fields.is_array()) return fields.wrong("not a list");
  std::vector<DeltaColumn> columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    COLVEC_ASSIGN(DeltaColumn column, column_of(fields.element(i)));
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

Result<std::string> to_schema_string(const std::vector<DeltaColumn>& columns) {
  std::string fields;
  for (const DeltaColumn& column : columns) {
    const std::optional<std::string> type = to_delta(column.type);
    if (!type)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("column {}: Delta has no type for: {}", column.name, column.type));
    fields += fmt::format(R"({}{{"name":{},"type":{},"nullable":true,"metadata":{{}}}})",
                          fields.empty() ? "" : ",", json_quote(column.name), *type);
  }
  return fmt::format(R"({{"type":"struct","fields":[{}]}})", fields);
}

Result<std::vector<DeltaColumn>> parse_schema_string(std::string_view schema,
                                                     const std::string& where) {
  COLVEC_ASSIGN(const Json json, Json::parse(schema, where));
  Result<std::vector<DeltaColumn>> columns = columns_of(json);
  // The reader of JSON blames its caller; here it is the file.
  if (!columns && columns.error().code == ErrorCode::kInvalidArgument)
    columns.error().code = ErrorCode::kCorruption;
  return columns;
}

}  // namespace colvec
