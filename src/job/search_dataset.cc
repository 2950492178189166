// One search over the Parquet files: DuckDB scans them on all threads, a function of ours scores
// each vector, and the best rows are then read whole.
#include <cstdlib>

#include "base/float_vectors.h"
#include "base/json_writer.h"
#include "base/parallel.h"
#include "colvec/search.h"
#include "dataset/home.h"
#include "duck/interrupt_guard.h"
#include "duck/vector_function.h"
#include "job/processed_table.h"
#include "job/query_vector.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Result<SearchResult> search_once(const fs::path& home, std::string_view name,
                                 std::string_view column_name, std::string_view text,
                                 const SearchOptions& options) {
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, name));
  COLVEC_ASSIGN(const DatasetColumn* column, dataset.column(column_name));
  COLVEC_ASSIGN(const std::unique_ptr<QueryVector> query,
                QueryVector::open(home, dataset, *column, options));
  COLVEC_ASSIGN(const std::vector<float> wanted, query->vector_of(text));

  COLVEC_ASSIGN(Database database, open_store_database(dataset_folder(home, name) / "search",
                                                       {.memory_limit = options.memory_limit,
                                                        .threads = options.threads}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_ASSIGN(ProcessedReader table, ProcessedReader::open(connection, home, dataset));
  COLVEC_ASSIGN(const std::string vector, table.vector_of(*column));
  COLVEC_ASSIGN(const std::string condition, table.condition(options.where));
  COLVEC_TRY(register_vector_function(
      connection,
      {.name = "colvec_score", .in = wanted.size(), .out = 1, .apply = [&](auto in, auto out) {
         out[0] = inner_product(in, wanted);
       }}));
  const std::string place = std::string(kFileColumn) + ", file_row_number";
  Result<Rows> best = connection.query(
      "SELECT " + place + ", score::DOUBLE FROM (SELECT " + place + ", colvec_score(" + vector +
      ")[1] AS score FROM " + table.from() + " WHERE " + vector + " IS NOT NULL" + condition +
      ") ORDER BY score DESC, " + place + " LIMIT " + std::to_string(options.k));
  if (!best) return at(options.where.empty() ? "search" : "where", std::move(best).error());
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM " + table.from() +
                                                     " WHERE true" + condition));

  std::vector<RowPlace> places;
  for (std::size_t r = 0; r < best->size(); ++r)
    places.push_back({best->text(r, 0), best->number(r, 1)});
  COLVEC_ASSIGN(auto values, table.rows(places));
  SearchResult result{.columns = table.columns(), .hits = {}, .rows = counted.number(0, 0)};
  for (std::size_t i = 0; i < places.size(); ++i)
    result.hits.push_back(
        {.score = std::strtod(best->text(i, 2).c_str(), nullptr), .values = std::move(values[i])});
  return result;
}

}  // namespace

std::string to_json(const SearchResult& result) {
  JsonWriter json;
  json.begin_object().key("rows").number(result.rows).key("columns").texts(result.columns);
  json.key("hits").begin_list();
  for (const SearchHit& hit : result.hits) {
    json.begin_object().key("score").number(hit.score).key("values").begin_list();
    for (const auto& value : hit.values) value ? json.text(*value) : json.null();
    json.end_list().end_object();
  }
  return json.end_list().end_object().take();
}

Result<SearchResult> search_dataset(const fs::path& home, std::string_view name,
                                    std::string_view column_name, std::string_view text,
                                    const SearchOptions& options) {
  const ThreadLimit limit(options.threads);
  // With the dataset and the query's vector: the table may be that of another model now.
  return of_one_table(home, name, [&](const std::string&) {
    return search_once(home, name, column_name, text, options);
  });
}

}  // namespace colvec
