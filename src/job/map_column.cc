// A sample of the table with its vectors, by the hash of the row's number: as good as random, and
// the same every time.
#include "base/json_writer.h"
#include "base/parallel.h"
#include "colvec/column_map.h"
#include "dataset/home.h"
#include "dataset/source_columns.h"
#include "duck/interrupt_guard.h"
#include "job/plane.h"
#include "job/processed_table.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextCharsMax = 300;

std::string as_text(const std::string& column) {
  return "left(CAST(" + quote_identifier(column) + " AS VARCHAR), " +
         std::to_string(kTextCharsMax) + ")";
}

// SQL of "product_id = 17, shop = 3".
std::string key_text(const Dataset& dataset, const EmbeddingStep& step) {
  std::string parts;
  for (const std::string& name : key_names_of(dataset, step))
    parts += (parts.empty() ? "" : ", ', ', ") + quote_literal(name + " = ") + ", " + as_text(name);
  return parts.empty() ? "''" : "concat(" + parts + ")";
}

Result<std::string> color_text(const Dataset& dataset, const std::string& color) {
  if (color.empty()) return std::string("CAST(NULL AS VARCHAR)");
  Result<const DatasetColumn*> column = dataset.column(color);
  if (!column) return at("color", std::move(column).error());
  return as_text(color);
}

}  // namespace

std::string to_json(const ColumnMap& map) {
  JsonWriter json;
  json.begin_object().key("rows").number(map.rows);
  json.key("variance_explained").number(map.variance_explained).key("points").begin_list();
  for (const MapPoint& point : map.points) {
    json.begin_object().key("x").number(point.x).key("y").number(point.y);
    json.key("text").text(point.text).key("key").text(point.key).key("color");
    point.color ? json.text(*point.color) : json.null();
    json.end_object();
  }
  return json.end_list().end_object().take();
}

Result<ColumnMap> map_column(const fs::path& home, std::string_view name,
                             std::string_view column_name, const MapOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, name));
  COLVEC_ASSIGN(const DatasetColumn* const column, dataset.column(column_name));
  const std::string where = "dataset " + dataset.name + ": column " + column->name + ": ";
  if (!column->embedding) return fail(ErrorCode::kInvalidArgument, where + "has no embedding step");
  COLVEC_ASSIGN(const std::string color, color_text(dataset, options.color));
  COLVEC_ASSIGN(Database database, open_store_database(dataset_folder(home, name) / "map",
                                                       {.memory_limit = options.memory_limit,
                                                        .threads = options.threads}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_ASSIGN(const ProcessedReader table, ProcessedReader::open(connection, home, dataset));
  COLVEC_ASSIGN(const std::string vector, table.vector_of(*column));
  const std::string& text = text_column_of(*column->embedding, column->name);

  ColumnMap map;
  const std::string rows = " FROM " + table.from() + " WHERE " + vector + " IS NOT NULL";
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*)" + rows));
  map.rows = counted.number(0, 0);
  COLVEC_ASSIGN(Stream stream,
                connection.stream("SELECT " + vector + ", " + as_text(text) + ", " +
                                  key_text(dataset, *column->embedding) + ", " + color + rows +
                                  " ORDER BY hash(file_row_number), " + std::string(kFileColumn) +
                                  " LIMIT " + std::to_string(options.points_max)));
  std::vector<float> vectors;
  std::size_t dimension = 0;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) break;
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      const std::span<const float> values = chunk->floats(0, r);
      if (dimension == 0) dimension = values.size();
      if (values.empty() || values.size() != dimension)
        return fail(ErrorCode::kConflict,
                    where + "vectors of several lengths: refresh the dataset");
      vectors.insert(vectors.end(), values.begin(), values.end());
      MapPoint& point = map.points.emplace_back();
      if (!chunk->is_null(1, r)) point.text = chunk->text(1, r);
      if (!chunk->is_null(2, r)) point.key = chunk->text(2, r);
      if (!chunk->is_null(3, r)) point.color = chunk->text(3, r);
    }
  }
  if (map.points.empty()) return map;
  const Plane plane = find_plane(vectors, dimension);
  map.variance_explained = plane.variance_explained;
  for (std::size_t i = 0; i < map.points.size(); ++i) {
    map.points[i].x = plane.x[i];
    map.points[i].y = plane.y[i];
  }
  return map;
}

}  // namespace colvec
