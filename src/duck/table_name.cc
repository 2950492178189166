#include "duck/table_name.h"

namespace colvec {
namespace {

// Splits at dots outside double quotes and takes the quotes off.
Result<std::vector<std::string>> split_parts(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      parts.back().push_back('"');
      ++i;
    } else if (c == '"' && (quoted || parts.back().empty())) {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  if (quoted)
    return fail(ErrorCode::kInvalidArgument, "a quote is not closed: " + std::string(text));
  for (const std::string& part : parts)
    if (part.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "an empty part in a table name: " + std::string(text));
  return parts;
}

Result<bool> table_exists(Connection& connection, const TableName& name) {
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT 1 FROM information_schema.tables WHERE table_catalog = " +
                                 quote_literal(name.catalog) + " AND lower(table_schema) = lower(" +
                                 quote_literal(name.schema) + ") AND lower(table_name) = lower(" +
                                 quote_literal(name.table) + ")"));
  return !rows.empty();
}

}  // namespace

std::string TableName::sql() const {
  return quote_identifier(catalog) + "." + quote_identifier(schema) + "." + quote_identifier(table);
}

TableName TableName::with_suffix(std::string_view suffix) const {
  return {catalog, schema, table + std::string(suffix)};
}

Result<TableName> parse_table_name(std::string_view catalog, std::string_view text) {
  COLVEC_ASSIGN(const std::vector<std::string> parts, split_parts(text));
  TableName name{.catalog = std::string(catalog), .schema = "main", .table = parts.back()};
  if (parts.size() > 2)
    return fail(ErrorCode::kInvalidArgument,
                "a table name has at most a schema and a table: " + std::string(text));
  if (parts.size() == 2) name.schema = parts[0];
  return name;
}

Result<FoundTable> find_table(Connection& connection, std::string_view catalog,
                              std::string_view text) {
  const TableName literal{std::string(catalog), "main", std::string(text)};
  COLVEC_ASSIGN(const bool literal_exists, table_exists(connection, literal));
  if (literal_exists) return FoundTable{literal, true};
  COLVEC_ASSIGN(const TableName parsed, parse_table_name(catalog, text));
  COLVEC_ASSIGN(const bool parsed_exists, table_exists(connection, parsed));
  return FoundTable{parsed, parsed_exists};
}

Result<std::string> list_tables(Connection& connection, std::string_view catalog) {
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT CASE table_schema WHEN 'main' THEN table_name"
                                 " ELSE table_schema || '.' || table_name END"
                                 " FROM information_schema.tables WHERE table_catalog = " +
                                 quote_literal(catalog) + " ORDER BY 1 LIMIT 21"));
  std::string list;
  for (std::size_t r = 0; r < rows.size(); ++r)
    list += (r == 0 ? "" : ", ") + (r == 20 ? "..." : rows.text(r, 0));
  return list;
}

}  // namespace colvec
