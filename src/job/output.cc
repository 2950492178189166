#include "job/output.h"

#include <algorithm>

#include "base/json.h"
#include "colvec/version.h"
#include "duck/interrupt_guard.h"
#include "duck/transaction.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

std::string policies_json(const TableJobConfig& config) {
  const auto member = [](std::string_view name, std::string_view value) {
    return json_quote(name) + ":" + json_quote(value);
  };
  return "{" + member("on_null", name_of(config.on_null)) + "," +
         member("on_empty", name_of(config.on_empty)) + "," +
         member("on_truncate", name_of(config.on_truncate)) + "," +
         member("on_bad_vector", name_of(config.on_bad_vector)) + "," +
         member("on_change", config.on_change == OnChange::kUpdate ? "update" : "keep") + "," +
         member("on_delete", config.on_delete == OnDelete::kKeep ? "keep" : "remove") + "}";
}

std::string table_definition(const TableJobConfig& config, const Input& input,
                             const Output& output) {
  return id_definitions(config, input) + ", " + quote_identifier(config.text_column) +
         " VARCHAR, " + quote_identifier(config.vector_column) + " " + output.vector_type;
}

std::string issues_definition(const TableJobConfig& config, const Input& input) {
  return id_definitions(config, input) +
         ", kind VARCHAR, text_hash VARCHAR, detail VARCHAR, policy VARCHAR";
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Two columns of one name would make tables that cannot be.
Status check_names(const TableJobConfig& config) {
  std::vector<std::string> names = config.id_column;
  names.push_back(config.text_column);
  names.push_back(config.vector_column);
  for (std::string& name : names) name = lower(std::move(name));
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == "rowid")
      return fail(ErrorCode::kInvalidArgument,
                  "id_column, text_column, vector_column: rowid: DuckDB numbers the rows of the "
                  "output by this name; rename it through a view");
    if (std::count(names.begin(), names.end(), names[i]) > 1)
      return fail(
          ErrorCode::kInvalidArgument,
          "id_column, text_column and vector_column must differ, but two are named " + names[i]);
    for (const std::string_view reserved : {"kind", "text_hash", "detail", "policy"})
      if (i < config.id_column.size() && names[i] == reserved)
        return fail(ErrorCode::kInvalidArgument,
                    "id_column: " + config.id_column[i] +
                        ": is a column of the table of issues; rename it through a view");
  }
  return {};
}

// Tables beside an output are named after it: an output of such a name would be taken for one.
Status check_table_name(const TableName& table) {
  const std::string name = lower(table.table);
  for (const std::string_view end : {"_issues", "_meta", "_staging", "_rebuild"})
    if (name.ends_with(end))
      return fail(ErrorCode::kInvalidArgument, "output_table: " + table.table + ": a name on " +
                                                   std::string(end) +
                                                   " is that of a table beside an output");
  return {};
}

// "id BIGINT, text VARCHAR, embedding FLOAT[384]" of a table that is there.
Result<std::string> columns_of(Connection& connection, const TableName& table) {
  COLVEC_ASSIGN(const Rows rows, connection.query("DESCRIBE " + table.sql()));
  std::string columns;
  for (std::size_t r = 0; r < rows.size(); ++r)
    columns += (r == 0 ? "" : ", ") + quote_identifier(rows.text(r, 0)) + " " + rows.text(r, 1);
  return columns;
}

// The same of a table that `definition` would make.
Result<std::string> columns_of_definition(Connection& connection, const std::string& definition) {
  COLVEC_TRY(
      connection.execute("CREATE OR REPLACE TEMP TABLE __colvec_expected (" + definition + ")"));
  return columns_of(connection, TableName{"temp", "main", "__colvec_expected"});
}

Result<bool> has_rows(Connection& connection, const TableName& table) {
  COLVEC_ASSIGN(const Rows rows, connection.query("SELECT 1 FROM " + table.sql() + " LIMIT 1"));
  return !rows.empty();
}

Result<bool> exists(Connection& connection, const TableName& table) {
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT 1 FROM duckdb_tables() WHERE database_name = " +
                                 quote_literal(table.catalog) + " AND lower(schema_name) = lower(" +
                                 quote_literal(table.schema) + ") AND lower(table_name) = lower(" +
                                 quote_literal(table.table) + ")"));
  return !rows.empty();
}

struct MadeWith {
  std::string fingerprint, model, dimension, precision, isa;
};

Result<MadeWith> read_meta(Connection& connection, const TableName& meta) {
  Result<Rows> rows =
      connection.query("SELECT fingerprint, model, dimension, precision, isa FROM " + meta.sql());
  if (is_broken_off(rows)) return tl::make_unexpected(std::move(rows).error());
  if (!rows || rows->size() != 1)
    return fail(ErrorCode::kCorruption,
                meta.table + ": must hold one row that says what made the vectors");
  return MadeWith{rows->text(0, 0), rows->text(0, 1), rows->text(0, 2), rows->text(0, 3),
                  rows->text(0, 4)};
}

bool is_same_model(const MadeWith& made, const EncoderInfo& encoder) {
  return made.fingerprint == encoder.fingerprint &&
         made.dimension == std::to_string(encoder.dimension) &&
         made.precision == name_of(encoder.precision);
}

std::string show_model(std::string_view model, std::string_view fingerprint,
                       std::string_view dimension, std::string_view precision) {
  return std::string(model) + " (fingerprint " + std::string(fingerprint.substr(0, 16)) +
         ", dimension " + std::string(dimension) + ", " + std::string(precision) + ")";
}

void set_names(const TableName& base, std::string_view suffix, Output* output) {
  output->table = base.with_suffix(suffix);
  output->issues = output->table.with_suffix("_issues");
  output->meta = output->table.with_suffix("_meta");
  output->staging = output->table.with_suffix("_staging");
}

struct Columns {
  std::string there, expected;
};

// The columns of the table that is there, and those that this run would write.
Result<Columns> columns_of_output(Connection& connection, const TableJobConfig& config,
                                  const Input& input, const Output& output) {
  Columns columns;
  COLVEC_ASSIGN(columns.there, columns_of(connection, output.table));
  COLVEC_ASSIGN(columns.expected,
                columns_of_definition(connection, table_definition(config, input, output)));
  return columns;
}

// Turns to the tables of a rebuild: those of an interrupted one, if they are of this model and have
// these columns, else new ones.
Status turn_to_rebuild(Connection& connection, const TableJobConfig& config, const Input& input,
                       const EncoderInfo& encoder, Output* output) {
  output->replaced = output->table;
  output->is_rebuild = true;
  output->exists = false;
  output->isa_before.clear();
  set_names(output->replaced, "_rebuild", output);
  COLVEC_ASSIGN(const bool begun, exists(connection, output->meta));
  if (!begun) {
    COLVEC_ASSIGN(const bool is_others, exists(connection, output->table));
    if (!is_others) return {};
    return fail(ErrorCode::kConflict, "output_table: " + config.output_table +
                                          ": a rebuild would fill " + output->table.table +
                                          ", which is somebody else's table; rename that one");
  }
  COLVEC_ASSIGN(const MadeWith made, read_meta(connection, output->meta));
  COLVEC_ASSIGN(const Columns columns, columns_of_output(connection, config, input, *output));
  output->exists = is_same_model(made, encoder) && columns.there == columns.expected;
  if (output->exists) output->isa_before = made.isa;
  return {};
}

// Checks the table that is there against what this run would write.
Status check_existing(Connection& connection, const TableJobConfig& config, const Input& input,
                      const EncoderInfo& encoder, Output* output) {
  COLVEC_ASSIGN(const bool has_meta, exists(connection, output->meta));
  COLVEC_ASSIGN(const bool filled, has_rows(connection, output->table));
  if (!has_meta && filled)
    return fail(ErrorCode::kConflict, "output_table: " + config.output_table +
                                          ": has rows, but no table " + output->meta.table +
                                          " that says what made them; use another output_table");
  if (has_meta) {
    COLVEC_ASSIGN(const MadeWith made, read_meta(connection, output->meta));
    output->isa_before = made.isa;
    output->exists = true;
    if (!is_same_model(made, encoder)) {
      if (config.on_model_change == OnModelChange::kRebuild)
        return turn_to_rebuild(connection, config, input, encoder, output);
      return fail(ErrorCode::kConflict,
                  "output_table: " + config.output_table + ": was made with " +
                      show_model(made.model, made.fingerprint, made.dimension, made.precision) +
                      ", and this run is " +
                      show_model(encoder.model, encoder.fingerprint,
                                 std::to_string(encoder.dimension), name_of(encoder.precision)) +
                      " (\"on_model_change\": \"rebuild\" embeds all rows again)");
    }
  }
  COLVEC_ASSIGN(const Columns columns, columns_of_output(connection, config, input, *output));
  if (columns.there != columns.expected)
    return fail(ErrorCode::kInvalidArgument,
                "output_table: " + config.output_table + ": has the columns (" + columns.there +
                    "), but this job writes (" + columns.expected + ")");
  return {};
}

// Drops what an output that somebody has dropped left beside it: its vectors may be of another
// model, its issues of other rows. kConflict: a table of this name is none of colvec's.
Result<std::string> drop_leavings(Connection& connection, const TableJobConfig& config,
                                  const Input& input, const Output& output) {
  const std::pair<const TableName*, std::string> leavings[] = {
      {&output.staging, table_definition(config, input, output)},
      {&output.issues, issues_definition(config, input)}};
  std::string sql;
  for (const auto& [table, definition] : leavings) {
    COLVEC_ASSIGN(const bool is_there, exists(connection, *table));
    if (!is_there) continue;
    COLVEC_ASSIGN(const std::string there, columns_of(connection, *table));
    COLVEC_ASSIGN(const std::string expected, columns_of_definition(connection, definition));
    if (there != expected)
      return fail(ErrorCode::kConflict,
                  "output_table: " + config.output_table + ": the table " + table->table +
                      " is there, which is none of its; use another output_table");
    sql += "DROP TABLE " + table->sql() + ";";
  }
  return sql;
}

}  // namespace

Status attach_output(Connection& connection, const TableJobConfig& config) {
  const fs::path& path = config.output_db_path;
  std::error_code ignored;
  if (fs::equivalent(path, config.input_db_path, ignored))
    return fail(ErrorCode::kInvalidArgument,
                "output_db_path: is the input itself: " + path.string() +
                    ": the input is only ever read, and one file cannot be open for both; name "
                    "another file");
  if (fs::is_directory(path, ignored))
    return fail(ErrorCode::kInvalidArgument, "output_db_path: is a folder: " + path.string());
  const fs::path folder = path.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    return fail(ErrorCode::kNotFound, "output_db_path: no such folder: " + folder.string());
  Status attached = attach(connection, path, "out",
                           "TYPE duckdb, ROW_GROUP_SIZE " + std::to_string(kRowGroupRows));
  if (!attached) return at("output_db_path: " + path.string(), std::move(attached).error());
  // Each row group is written when it is full. DuckDB would gather five, which by then have left
  // the processor's caches and are written when they are committed.
  COLVEC_TRY(connection.execute("SET write_buffer_row_group_count = 1"));
  // A commit before a row group is full goes to the log, and the next checkpoint writes what there
  // is of the row group, again each time it has grown: less often with a longer log
  // (docs/decisions/018).
  return connection.execute("SET checkpoint_threshold = '64MB'");
}

Result<Output> find_output(Connection& connection, const TableJobConfig& config, const Input& input,
                           const EncoderInfo& encoder) {
  COLVEC_TRY(check_names(config));
  Output output;
  output.vector_type = config.vector_type == VectorType::kList
                           ? "FLOAT[]"
                           : "FLOAT[" + std::to_string(encoder.dimension) + "]";
  Result<FoundTable> found = find_table(connection, "out", config.output_table);
  if (!found) return at("output_table", std::move(found).error());
  COLVEC_TRY(check_table_name(found->name));
  set_names(found->name, "", &output);
  if (found->exists) COLVEC_TRY(check_existing(connection, config, input, encoder, &output));
  if (!output.exists) return output;

  COLVEC_ASSIGN(const bool rows, has_rows(connection, output.table));
  COLVEC_ASSIGN(const bool issues, has_rows(connection, output.issues));
  output.has_rows = rows || issues;
  COLVEC_ASSIGN(output.has_staging, exists(connection, output.staging));
  return output;
}

Status create_output(Connection& connection, const TableJobConfig& config, const Input& input,
                     const EncoderInfo& encoder, Output* output) {
  const auto text = [](std::string_view value) { return quote_literal(value) + ", "; };
  std::string sql = "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(output->table.catalog) + "." +
                    quote_identifier(output->table.schema) + ";";
  // Leavings of a rebuild with yet another model.
  for (const TableName* table : {&output->table, &output->issues, &output->meta, &output->staging})
    if (output->is_rebuild) sql += "DROP TABLE IF EXISTS " + table->sql() + ";";
  if (!output->is_rebuild) {
    COLVEC_ASSIGN(const std::string leavings, drop_leavings(connection, config, input, *output));
    sql += leavings;
  }
  sql += "CREATE TABLE IF NOT EXISTS " + output->table.sql() + " (" +
         table_definition(config, input, *output) + ");";
  sql += "CREATE TABLE IF NOT EXISTS " + output->issues.sql() + " (" +
         issues_definition(config, input) + ");";
  sql +=
      "CREATE TABLE " + output->meta.sql() +
      " (fingerprint VARCHAR, model VARCHAR, made_of VARCHAR, dimension BIGINT, precision VARCHAR,"
      " isa VARCHAR, engine_version VARCHAR, policies VARCHAR, created_at TIMESTAMPTZ);";
  sql += "INSERT INTO " + output->meta.sql() + " VALUES (" + text(encoder.fingerprint) +
         text(encoder.model) + text(encoder.made_of) + std::to_string(encoder.dimension) + ", " +
         text(name_of(encoder.precision)) + text(encoder.isa) + text(version()) +
         text(policies_json(config)) + "now());";
  Status created = in_transaction(connection, sql);
  if (!created) return at("output_table: " + config.output_table, std::move(created).error());
  output->exists = true;
  return {};
}

std::string id_definitions(const TableJobConfig& config, const Input& input) {
  std::string definitions;
  for (std::size_t i = 0; i < config.id_column.size(); ++i)
    definitions +=
        (i == 0 ? "" : ", ") + quote_identifier(config.id_column[i]) + " " + input.id_types[i];
  return definitions;
}

std::string ids_equal(const TableJobConfig& config, std::string_view alias) {
  std::string condition;
  for (std::size_t i = 0; i < config.id_column.size(); ++i)
    condition += (i == 0 ? "g." : " AND g.") + quote_identifier(config.id_column[i]) + " = " +
                 std::string(alias) + ".k" + std::to_string(i);
  return condition;
}

std::string ids_as_keys(const TableJobConfig& config) {
  std::string ids;
  for (std::size_t i = 0; i < config.id_column.size(); ++i)
    ids += quote_identifier(config.id_column[i]) + " AS k" + std::to_string(i) + ", ";
  return ids;
}

Status make_output_views(Connection& connection, const TableJobConfig& config,
                         const Output& output) {
  const std::string ids = ids_as_keys(config);
  const std::string text_and_vector = quote_identifier(config.text_column) + " AS t, " +
                                      quote_identifier(config.vector_column) + " AS v";
  std::string sql = "CREATE OR REPLACE TEMP VIEW __colvec_written AS SELECT " + ids +
                    text_and_vector + ", rowid AS r FROM " + output.table.sql() + ";";
  sql += "CREATE OR REPLACE TEMP VIEW __colvec_issues AS SELECT " + ids +
         "kind, text_hash, detail, policy FROM " + output.issues.sql();
  if (output.has_staging)
    sql += "; CREATE OR REPLACE TEMP VIEW __colvec_staged AS SELECT " + ids + text_and_vector +
           " FROM " + output.staging.sql();
  return connection.execute(sql);
}

}  // namespace colvec
