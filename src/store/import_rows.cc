#include "store/import_rows.h"

#include <algorithm>

#include "base/float_vectors.h"
#include "duck/source_table.h"

namespace colvec {
namespace {

// Texts that are embedded again, to see whether the vectors are this encoder's.
constexpr std::size_t kSampleTexts = 64;
constexpr double kCosineMin = 0.999;

// The input under the names that the queries use: the key columns as stored, text_value, text_hash,
// embedding, and source_row if the source numbers its rows.
std::string named_rows(const ImportSource& source, const StoreImport& import) {
  std::string columns;
  for (const KeyColumn& column : source.key_columns)
    columns +=
        stored_key_sql(quote_identifier(column.name), column) + " AS " + stored_name(column) + ", ";
  if (!source.row_number.empty()) columns += source.row_number + " AS source_row, ";
  const std::string text = quote_identifier(import.text_column);
  return "(SELECT " + columns + text + " AS text_value, " + text_hash_sql(text) +
         " AS text_hash, CAST(" + quote_identifier(import.vector_column) +
         " AS FLOAT[]) AS embedding FROM " + source.from + ")";
}

// The same with source_row in any case. What does not number its rows is read once only, into a
// temporary table, which spills.
Result<std::string> numbered_rows(Connection& connection, const ImportSource& source,
                                  const StoreImport& import) {
  const std::string rows = named_rows(source, import);
  if (!source.row_number.empty()) return rows;
  const Status staged =
      connection.execute("CREATE OR REPLACE TEMP TABLE imported_rows AS SELECT * FROM " + rows);
  if (!staged) return at(import.input.string(), staged.error());
  return std::string("(SELECT rowid AS source_row, * FROM imported_rows)");
}

// Counts what cannot be taken in, and gives the dimension.
Result<std::size_t> check_rows(Connection& connection, const ImportSource& source,
                               const StoreImport& import, const std::string& rows) {
  std::string null_key = "false";
  for (const KeyColumn& column : source.key_columns)
    null_key += " OR " + stored_name(column) + " IS NULL";
  Result<Rows> counted = connection.query(
      "SELECT count(*), count(*) FILTER (" + null_key +
      "), count(*) FILTER (text_value IS NULL), count(*) FILTER (embedding IS NULL OR "
      "len(embedding) = 0), min(len(embedding)), max(len(embedding)), count(*) FILTER (NOT "
      "isfinite(list_dot_product(embedding, embedding))) FROM " +
      rows);
  if (!counted) return at(import.input.string(), std::move(counted).error());
  const auto refuse = [&](std::size_t column, std::string_view what) -> Status {
    if (counted->number(0, column) == 0) return {};
    return fail(ErrorCode::kInvalidArgument,
                import.input.string() + ": " + counted->text(0, column) + " of " +
                    counted->text(0, 0) + " rows have " + std::string(what));
  };
  COLVEC_TRY(refuse(1, "NULL in a key column"));
  COLVEC_TRY(refuse(2, "no text: " + import.text_column));
  COLVEC_TRY(refuse(3, "no vector: " + import.vector_column));
  if (counted->number(0, 4) != counted->number(0, 5))
    return fail(ErrorCode::kInvalidArgument, import.input.string() + ": vectors of " +
                                                 counted->text(0, 4) + " to " +
                                                 counted->text(0, 5) + " numbers");
  COLVEC_TRY(refuse(6, "vectors with numbers that are not finite"));
  return static_cast<std::size_t>(counted->number(0, 5));
}

// The smallest cosine between the given vectors of a sample and those of the encoder.
Result<double> compare_sample(Connection& connection, const StoreImport& import,
                              const std::string& rows, std::size_t dimension) {
  Encoder& encoder = *import.check_with;
  if (encoder.info().dimension != dimension)
    return fail(ErrorCode::kInvalidArgument,
                import.input.string() + ": vectors of " + std::to_string(dimension) +
                    " numbers, but the model's have " + std::to_string(encoder.info().dimension));
  // Spread over the table, and the same ones each time.
  COLVEC_ASSIGN(Stream stream, connection.stream("SELECT text_value, embedding FROM " + rows +
                                                 " ORDER BY hash(text_value) LIMIT " +
                                                 std::to_string(kSampleTexts)));
  double smallest = 1;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) return smallest;
    std::vector<std::string_view> texts;
    for (std::size_t r = 0; r < chunk->rows(); ++r) texts.push_back(chunk->text(0, r));
    std::vector<float> values(texts.size() * dimension);
    std::vector<TextReport> reports(texts.size());
    const VectorRows out{values.data(), texts.size(), dimension};
    COLVEC_TRY(encoder.encode(texts, out, reports, nullptr));
    for (std::size_t r = 0; r < texts.size(); ++r)
      smallest = std::min(smallest, cosine_of(out.row(r), chunk->floats(1, r)));
  }
}

}  // namespace

Result<ImportSource> open_import(Connection& connection, const StoreImport& import) {
  const std::string shown = import.input.string();
  ImportSource source;
  COLVEC_ASSIGN(const SourceTable table, open_source_table(connection,
                                                           {.path = import.input,
                                                            .table = import.table,
                                                            .path_setting = "input",
                                                            .table_setting = "--table"},
                                                           "imported"));
  source.from = table.from;
  COLVEC_ASSIGN(source.row_number, row_number_of(connection, table));
  COLVEC_ASSIGN(const SourceColumn text, table.column(import.text_column, "--text"));
  if (text.type != "VARCHAR")
    return fail(ErrorCode::kInvalidArgument,
                shown + ": " + text.name + ": type " + text.type + ": must be VARCHAR");
  COLVEC_TRY(table.column(import.vector_column, "--vector"));
  std::vector<KeyColumn> keys;
  for (const std::string& name : import.key_columns) {
    COLVEC_ASSIGN(const SourceColumn key, table.column(name, "--key"));
    keys.push_back({key.name, key.type});
  }
  if (keys.empty()) return source;
  COLVEC_ASSIGN(source.key_columns, key_columns_of(keys));
  return source;
}

Result<StoreImported> import_rows(ColumnStore& store, const ImportSource& source,
                                  const StoreImport& import) {
  Connection& connection = store.connection();
  COLVEC_ASSIGN(const std::string rows, numbered_rows(connection, source, import));
  COLVEC_ASSIGN(const std::size_t dimension, check_rows(connection, source, import, rows));
  StoreImported imported;
  if (import.check_with != nullptr) {
    COLVEC_ASSIGN(imported.cosine_min, compare_sample(connection, import, rows, dimension));
    if (imported.cosine_min < kCosineMin)
      return fail(ErrorCode::kInvalidArgument,
                  import.input.string() +
                      ": not the vectors of this model: of a sample, the "
                      "smallest cosine to its own is " +
                      std::to_string(imported.cosine_min));
  }
  COLVEC_TRY(store.add_model({.fingerprint = import.fingerprint,
                              .name = import.model_name,
                              .made_of = import.made_of,
                              .dimension = dimension}));
  StoreRows given;
  given.set = vector_set_of(import.fingerprint, import.precision);
  given.dimension = dimension;
  given.vectors =
      "(SELECT source_row, text_hash, text_value, embedding, NULL AS token_count, CAST(NULL AS "
      "BOOLEAN) AS truncated FROM " +
      rows + ")";
  given.position = "source_row";
  if (!source.key_columns.empty())
    given.keys = "(SELECT " + key_names(source.key_columns, "") + ", text_hash FROM " + rows + ")";
  given.engine_version = "import";
  COLVEC_ASSIGN(const StoreAppended appended, store.append(given));
  imported.rows = appended.vectors.rows_given;
  imported.vectors_added = appended.vectors.rows_added;
  imported.keys_added = appended.keys.rows_added;
  if (!store.has_keys()) return imported;
  COLVEC_ASSIGN(const StoreView view, store.view());
  if (!store.active_set(view)) COLVEC_TRY(store.activate(given.set, import.fingerprint));
  return imported;
}

}  // namespace colvec
