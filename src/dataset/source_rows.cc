#include "dataset/source_rows.h"

namespace colvec {
namespace {

constexpr std::string_view kExamplesMax = "3";
constexpr std::string_view kOwnPrefix = "colvec_";

std::string text_sql(const SourceTable& source, const std::string& column) {
  const SourceColumn* const found = source.find(column);
  const std::string name = quote_identifier(column);
  return found != nullptr && found->type != "VARCHAR" ? "CAST(" + name + " AS VARCHAR)" : name;
}

// 32 hex digits are a UUID for DuckDB: 16 bytes in its tables and joins.
std::string hash_sql(const std::string& text, bool takes_empty) {
  const std::string hash = "left(sha256(" + text + "), 32)::UUID";
  return takes_empty ? hash : "CASE WHEN " + text + " <> '' THEN " + hash + " END";
}

// The digest of numbered rows: of each value, and of which row it is in.
Result<SourceDigest> digest_rows(Connection& connection, const SourceTable& source,
                                 const std::string& numbered) {
  std::string columns = "colvec_n";
  for (const SourceColumn& column : source.columns) columns += ", " + quote_identifier(column.name);
  Result<Rows> rows = connection.query(
      "SELECT count(*), format('{}-{:x}-{:x}-{}', count(*), coalesce(bit_xor(h), 0), "
      "(coalesce(sum(h), 0) % 18446744073709551616)::UBIGINT, version()) FROM (SELECT hash(" +
      columns + ") AS h FROM " + numbered + ")");
  if (!rows) return at(source.shown, std::move(rows).error());
  std::string digest = rows->text(0, 1);
  for (const SourceColumn& column : source.columns) digest += "," + column.name + " " + column.type;
  return SourceDigest{.rows = rows->number(0, 0), .digest = std::move(digest)};
}

}  // namespace

std::string hash_column(std::size_t index) { return "colvec_h" + std::to_string(index); }

Result<SourceDigest> digest_source(Connection& connection, const SourceTable& source) {
  return digest_rows(connection, source,
                     "(SELECT row_number() OVER () - 1 AS colvec_n, * FROM " + source.from + ")");
}

Result<std::string> digest_source_rows(Connection& connection, const SourceTable& source) {
  COLVEC_ASSIGN(SourceDigest digest, digest_rows(connection, source, "source_rows"));
  return std::move(digest.digest);
}

Status read_source_rows(Connection& connection, const SourceTable& source,
                        std::span<const std::string> columns, std::span<const HashedText> texts) {
  for (const SourceColumn& column : source.columns)
    if (same_column_name(std::string_view(column.name).substr(0, kOwnPrefix.size()), kOwnPrefix))
      return fail(ErrorCode::kInvalidArgument,
                  source.shown + ": column " + column.name + ": names with colvec_ are ours");
  std::string items = "row_number() OVER () - 1 AS colvec_n";
  for (const std::string& column : columns) items += ", " + quote_identifier(column);
  for (std::size_t i = 0; i < texts.size(); ++i)
    items += ", " + hash_sql(text_sql(source, texts[i].column), texts[i].takes_empty) + " AS " +
             hash_column(i);
  Status read = connection.execute("CREATE OR REPLACE TABLE source_rows AS SELECT " + items +
                                   " FROM " + source.from);
  return read ? Status() : at(source.shown, std::move(read).error());
}

std::string source_key_list(const std::vector<KeyColumn>& source_key, std::string_view alias) {
  std::string list;
  for (const KeyColumn& column : source_key) {
    list += list.empty() ? "" : ", ";
    if (!alias.empty()) list += std::string(alias) + ".";
    list += quote_identifier(column.name);
  }
  return list;
}

std::string show_key(const Rows& rows, std::size_t row, const std::vector<KeyColumn>& key) {
  std::string shown;
  for (std::size_t c = 0; c < key.size(); ++c)
    shown += (c == 0 ? "" : ", ") + key[c].name + " = " + rows.at(row, c).value_or("NULL");
  return shown;
}

Status check_keys(Connection& connection, const std::vector<KeyColumn>& source_key,
                  std::string_view setting) {
  const std::string keys = source_key_list(source_key, "");
  std::string has_null;
  for (const KeyColumn& column : source_key)
    has_null += (has_null.empty() ? "" : " OR ") + quote_identifier(column.name) + " IS NULL";
  COLVEC_ASSIGN(const Rows counted,
                connection.query("SELECT count(*), count(*) FILTER (WHERE " + has_null +
                                 "), (SELECT count(*) FROM (SELECT DISTINCT " + keys +
                                 " FROM source_rows)) FROM source_rows"));
  const auto refuse = [&](const std::string& what, const std::string& select,
                          bool with_count) -> Status {
    COLVEC_ASSIGN(const Rows rows, connection.query(select + std::string(kExamplesMax)));
    std::string examples;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      examples += (r == 0 ? "" : "; ") + show_key(rows, r, source_key);
      if (with_count) examples += " (" + rows.text(r, source_key.size()) + " rows)";
    }
    return fail(ErrorCode::kInvalidArgument, std::string(setting) + ": " + what + ": " + examples);
  };
  if (counted.number(0, 1) > 0)
    return refuse(
        "NULL in the key of " + counted.text(0, 1) + " rows",
        "SELECT " + keys + " FROM source_rows WHERE " + has_null + " ORDER BY colvec_n LIMIT ",
        false);
  if (counted.number(0, 2) != counted.number(0, 0))
    return refuse("keys must be unique, but",
                  "SELECT " + keys + ", count(*) FROM source_rows GROUP BY " + keys +
                      " HAVING count(*) > 1 ORDER BY min(colvec_n) LIMIT ",
                  true);
  return {};
}

}  // namespace colvec
