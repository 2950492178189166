// Shows a finished output: its first rows, and which rows are nearest to the first of them.
#include "colvec/table_job.h"
#include "duck/database.h"
#include "duck/table_name.h"
#include "job/open_job.h"

namespace colvec {
namespace {

constexpr std::size_t kRowsShown = 5;

// The id columns as one text: "7", or "a, 7".
std::string id_text(const TableJobConfig& config) {
  std::string list;
  for (const std::string& column : config.id_column)
    list += (list.empty() ? "o." : ", o.") + quote_identifier(column);
  return "concat_ws(', ', " + list + ")";
}

// The query for the rows nearest to the first one; `columns` are those of the table as `o`.
std::string nearest_sql(const TableJobConfig& config, const std::string& columns,
                        const std::string& table) {
  const std::string vector = quote_identifier(config.vector_column);
  const std::string similarity = config.vector_type == VectorType::kArray
                                     ? "array_cosine_similarity"
                                     : "list_cosine_similarity";
  return "SELECT " + columns + ", " + similarity + "(o." + vector + ", q.v) AS score FROM " +
         table + " o, (SELECT " + vector + " AS v FROM " + table + " WHERE " + vector +
         " IS NOT NULL ORDER BY rowid LIMIT 1) q WHERE o." + vector +
         " IS NOT NULL ORDER BY score DESC LIMIT " + std::to_string(kRowsShown);
}

OutputPeek::Row row_of(const Rows& rows, std::size_t r) {
  return {.id = rows.text(r, 0), .text = rows.text(r, 1), .vector = rows.text(r, 2)};
}

}  // namespace

Result<OutputPeek> peek_output(const TableJobConfig& config) {
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection connection, database.connect());
  Status attached = attach(connection, config.output_db_path, "out", "TYPE duckdb, READ_ONLY");
  if (!attached)
    return at("output_db_path: " + config.output_db_path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const FoundTable found, find_table(connection, "out", config.output_table));
  if (!found.exists)
    return fail(ErrorCode::kNotFound, "output_table: no such table in " +
                                          config.output_db_path.string() + ": " +
                                          config.output_table);
  const std::string table = found.name.sql();
  const std::string vector = "o." + quote_identifier(config.vector_column);
  const std::string text = "o." + quote_identifier(config.text_column);
  const std::string shown = id_text(config) + ", " + text + ", " + vector + "[1:4]::VARCHAR";

  OutputPeek peek;
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM " + table));
  peek.rows = counted.number(0, 0);
  COLVEC_ASSIGN(
      const Rows first,
      connection.query("SELECT " + shown + " FROM " + table + " o WHERE " + vector +
                       " IS NOT NULL ORDER BY rowid LIMIT " + std::to_string(kRowsShown)));
  for (std::size_t r = 0; r < first.size(); ++r) peek.first.push_back(row_of(first, r));
  if (first.empty()) return peek;

  peek.query = peek.first.front();
  COLVEC_ASSIGN(const Rows nearest, connection.query(nearest_sql(config, shown, table)));
  for (std::size_t r = 0; r < nearest.size(); ++r) {
    peek.nearest.push_back(row_of(nearest, r));
    peek.nearest.back().score = std::strtod(nearest.text(r, 3).c_str(), nullptr);
  }
  const std::string own_name =
      (found.name.schema == "main" ? "" : quote_identifier(found.name.schema) + ".") +
      quote_identifier(found.name.table);
  peek.sql = nearest_sql(config, id_text(config) + ", " + text, own_name);
  return peek;
}

}  // namespace colvec
