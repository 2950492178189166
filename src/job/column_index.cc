// The vectors of a column in memory, each distinct one once. A search goes over all of them in
// blocks, each thread with its own best ones; memory's speed is the bound.
#include <algorithm>
#include <mutex>
#include <numeric>
#include <unordered_map>

#include "base/check.h"
#include "base/float_vectors.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "colvec/search.h"
#include "dataset/home.h"
#include "duck/interrupt_guard.h"
#include "job/processed_table.h"
#include "job/query_vector.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockVectors = 4096;
constexpr std::uint32_t kNoVector = static_cast<std::uint32_t>(-1);

struct Scored {
  float score;
  std::uint32_t row;  // With this vector; of a vector, the first that is allowed.
  std::uint32_t vector;
};

// The order of results: the higher score, then the row that comes first.
bool is_better(const Scored& a, const Scored& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

// Keeps the best `count` of what it is shown: a heap with the worst of them on top.
class Best {
 public:
  explicit Best(std::size_t count) : count_(count) {}
  void show(const Scored& scored) {
    if (count_ == 0) return;
    if (heap_.size() == count_ && !is_better(scored, heap_.front())) return;
    if (heap_.size() == count_) {
      std::pop_heap(heap_.begin(), heap_.end(), is_better);
      heap_.pop_back();
    }
    heap_.push_back(scored);
    std::push_heap(heap_.begin(), heap_.end(), is_better);
  }
  const std::vector<Scored>& all() const { return heap_; }

 private:
  std::size_t count_;
  std::vector<Scored> heap_;
};

}  // namespace

struct ColumnIndex::State {
  fs::path home;
  std::string stamp;  // Of the table that was read.
  Dataset dataset;
  std::size_t dimension = 0;
  std::vector<float> vectors;             // (distinct vectors, dimension)
  std::vector<std::uint32_t> vector_of;   // By row; kNoVector where there is none.
  std::vector<std::uint32_t> row_starts;  // Rows of vector v: rows[row_starts[v]] up to the next.
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> first_row;                      // By vector.
  std::vector<std::pair<std::string, std::uint64_t>> files;  // With the row each begins with.
  std::unique_ptr<QueryVector> query;
  std::mutex database_mutex;  // One search at a time asks it.
  std::unique_ptr<Database> database;
  std::unique_ptr<Connection> connection;
  std::unique_ptr<ProcessedReader> table;

  std::size_t vector_count() const { return dimension == 0 ? 0 : vectors.size() / dimension; }
  Status read_vectors(const DatasetColumn& column);
  void invert();
  RowPlace place_of(std::uint64_t row) const;
  // By vector and by row: whether `where` allows them; empty for all.
  Result<std::vector<bool>> allowed_rows(const std::string& where);
  std::vector<std::uint32_t> first_rows(const std::vector<bool>& allowed) const;
  std::vector<std::pair<std::uint64_t, float>> nearest(std::span<const float> wanted, std::size_t k,
                                                       const std::vector<bool>& allowed) const;
  Result<SearchResult> search(std::string_view text, const SearchOptions& options);
  static Result<std::unique_ptr<State>> load(const fs::path& home, std::string_view name,
                                             std::string_view column_name,
                                             const SearchOptions& options);
};

Status ColumnIndex::State::read_vectors(const DatasetColumn& column) {
  COLVEC_ASSIGN(const std::string vector, table->vector_of(column));
  COLVEC_ASSIGN(const Rows counted,
                connection->query("SELECT " + std::string(kFileColumn) + ", count(*) FROM " +
                                  table->from() + " GROUP BY 1 ORDER BY 1"));
  std::uint64_t count = 0;
  for (std::size_t r = 0; r < counted.size(); ++r) {
    files.emplace_back(counted.text(r, 0), count);
    count += counted.number(r, 1);
  }
  if (count >= kNoVector)
    return fail(ErrorCode::kUnsupported, "more than 4 billion rows cannot be held in memory");
  vectors.reserve(count * dimension);
  std::unordered_map<Hash128, std::uint32_t> known;
  COLVEC_ASSIGN(Stream stream, connection->stream("SELECT " + vector + " FROM " + table->from()));
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) break;
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      if (chunk->is_null(0, r)) {
        vector_of.push_back(kNoVector);
        continue;
      }
      const std::span<const float> values = chunk->floats(0, r);
      if (values.size() != dimension)
        return fail(ErrorCode::kConflict, "column " + column.name + ": vectors of " +
                                              std::to_string(values.size()) + " numbers, not " +
                                              std::to_string(dimension) + ": refresh the dataset");
      const Hash128 hash =
          fast_hash({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
      const auto [entry, is_new] = known.emplace(hash, static_cast<std::uint32_t>(vector_count()));
      if (is_new) vectors.insert(vectors.end(), values.begin(), values.end());
      vector_of.push_back(entry->second);
    }
  }
  if (vector_of.size() != count)
    return fail(ErrorCode::kConflict, "the table was replaced meanwhile");
  return {};
}

// Lists the rows of each vector, in their order.
void ColumnIndex::State::invert() {
  row_starts.assign(vector_count() + 1, 0);
  for (const std::uint32_t vector : vector_of)
    if (vector != kNoVector) ++row_starts[vector + 1];
  std::partial_sum(row_starts.begin(), row_starts.end(), row_starts.begin());
  rows.resize(row_starts.back());
  std::vector<std::uint32_t> next(row_starts.begin(), row_starts.end() - 1);
  for (std::uint32_t row = 0; row < vector_of.size(); ++row)
    if (vector_of[row] != kNoVector) rows[next[vector_of[row]]++] = row;
  first_row = first_rows({});
}

RowPlace ColumnIndex::State::place_of(std::uint64_t row) const {
  const auto after =
      std::upper_bound(files.begin(), files.end(), row,
                       [](std::uint64_t wanted, const auto& file) { return wanted < file.second; });
  const auto& [file, begin] = *(after - 1);
  return {file, row - begin};
}

Result<std::vector<bool>> ColumnIndex::State::allowed_rows(const std::string& where) {
  std::vector<bool> allowed;
  if (where.empty()) return allowed;
  COLVEC_ASSIGN(const std::string condition, table->condition(where));
  std::string starts;
  for (const auto& [file, begin] : files)
    starts += " WHEN " + quote_literal(file) + " THEN " + std::to_string(begin);
  Result<Stream> stream =
      connection->stream("SELECT CAST(file_row_number + CASE " + std::string(kFileColumn) + starts +
                         " END AS VARCHAR) FROM " + table->from() + " WHERE true" + condition);
  if (!stream) return at("where", std::move(stream).error());
  allowed.assign(vector_of.size(), false);
  while (true) {
    Result<std::optional<DataChunk>> chunk = stream->next();
    if (!chunk) return at("where", std::move(chunk).error());
    if (!chunk->has_value()) return allowed;
    for (std::size_t r = 0; r < (*chunk)->rows(); ++r) {
      const std::size_t row = std::strtoull(std::string((*chunk)->text(0, r)).c_str(), nullptr, 10);
      if (row < allowed.size()) allowed[row] = true;
    }
  }
}

// The first row of each vector that is allowed; kNoVector for none.
std::vector<std::uint32_t> ColumnIndex::State::first_rows(const std::vector<bool>& allowed) const {
  std::vector<std::uint32_t> first(vector_count(), kNoVector);
  for (std::size_t row = vector_of.size(); row-- > 0;)
    if (vector_of[row] != kNoVector && (allowed.empty() || allowed[row]))
      first[vector_of[row]] = static_cast<std::uint32_t>(row);
  return first;
}

// The k best vectors by their first rows have the k best rows.
std::vector<std::pair<std::uint64_t, float>> ColumnIndex::State::nearest(
    std::span<const float> wanted, std::size_t k, const std::vector<bool>& allowed) const {
  COLVEC_CHECK(wanted.size() == dimension);
  const std::vector<std::uint32_t> allowed_first =
      allowed.empty() ? std::vector<std::uint32_t>() : first_rows(allowed);
  const std::vector<std::uint32_t>& first = allowed.empty() ? first_row : allowed_first;
  const std::size_t blocks = (vector_count() + kBlockVectors - 1) / kBlockVectors;
  std::vector<std::vector<Scored>> best(blocks);
  parallel_for(blocks, [&](std::size_t block) {
    Best local(k);
    const std::size_t end = std::min(vector_count(), (block + 1) * kBlockVectors);
    for (std::size_t v = block * kBlockVectors; v < end; ++v)
      if (first[v] != kNoVector)
        local.show({inner_product({&vectors[v * dimension], dimension}, wanted), first[v],
                    static_cast<std::uint32_t>(v)});
    best[block] = local.all();
  });
  Best of_vectors(k), of_rows(k);
  for (const std::vector<Scored>& local : best)
    for (const Scored& scored : local) of_vectors.show(scored);
  for (const Scored& scored : of_vectors.all()) {
    std::size_t taken = 0;
    for (std::uint32_t i = row_starts[scored.vector];
         i < row_starts[scored.vector + 1] && taken < k; ++i) {
      if (!allowed.empty() && !allowed[rows[i]]) continue;
      of_rows.show({scored.score, rows[i], scored.vector});
      ++taken;
    }
  }
  std::vector<Scored> sorted = of_rows.all();
  std::sort(sorted.begin(), sorted.end(), is_better);
  std::vector<std::pair<std::uint64_t, float>> found;
  for (const Scored& scored : sorted) found.emplace_back(scored.row, scored.score);
  return found;
}

ColumnIndex::ColumnIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
ColumnIndex::~ColumnIndex() = default;

Result<std::unique_ptr<ColumnIndex::State>> ColumnIndex::State::load(const fs::path& home,
                                                                     std::string_view name,
                                                                     std::string_view column_name,
                                                                     const SearchOptions& options) {
  auto state = std::make_unique<State>();
  state->home = home;
  COLVEC_ASSIGN(state->dataset, read_dataset(home, name));
  COLVEC_ASSIGN(const DatasetColumn* const column, state->dataset.column(column_name));
  COLVEC_ASSIGN(state->query, QueryVector::open(home, state->dataset, *column, options));
  state->dimension = state->query->dimension();
  COLVEC_ASSIGN(Database database, open_store_database(dataset_folder(home, name) / "search",
                                                       {.memory_limit = options.memory_limit,
                                                        .threads = options.threads}));
  state->database = std::make_unique<Database>(std::move(database));
  COLVEC_ASSIGN(Connection connection, state->database->connect());
  state->connection = std::make_unique<Connection>(std::move(connection));
  COLVEC_ASSIGN(ProcessedReader table,
                ProcessedReader::open(*state->connection, home, state->dataset));
  state->table = std::make_unique<ProcessedReader>(std::move(table));
  const InterruptGuard guard(*state->connection, options.cancel);
  COLVEC_TRY(state->read_vectors(*column));
  state->invert();
  return state;
}

Result<std::unique_ptr<ColumnIndex>> ColumnIndex::load(const fs::path& home, std::string_view name,
                                                       std::string_view column_name,
                                                       const SearchOptions& options) {
  const auto load_once = [&](const std::string& stamp) -> Result<std::unique_ptr<State>> {
    COLVEC_ASSIGN(std::unique_ptr<State> state, State::load(home, name, column_name, options));
    state->stamp = stamp;
    return state;
  };
  COLVEC_ASSIGN(std::unique_ptr<State> state, of_one_table(home, name, load_once));
  return std::unique_ptr<ColumnIndex>(new ColumnIndex(std::move(state)));
}

Result<SearchResult> ColumnIndex::State::search(std::string_view text,
                                                const SearchOptions& options) {
  COLVEC_ASSIGN(const std::vector<float> wanted, query->vector_of(text));
  std::vector<bool> allowed;
  if (!options.where.empty()) {
    const std::lock_guard lock(database_mutex);
    const InterruptGuard guard(*connection, options.cancel);
    COLVEC_ASSIGN(allowed, allowed_rows(options.where));
  }
  const auto found = nearest(wanted, options.k, allowed);
  std::vector<RowPlace> places;
  for (const auto& [row, score] : found) places.push_back(place_of(row));
  SearchResult result{.columns = table->columns(), .hits = {}, .rows = vector_of.size()};
  if (!allowed.empty())
    result.rows = static_cast<std::uint64_t>(std::count(allowed.begin(), allowed.end(), true));
  const std::lock_guard lock(database_mutex);
  COLVEC_ASSIGN(auto values, table->rows(places));
  for (std::size_t i = 0; i < found.size(); ++i)
    result.hits.push_back({.score = found[i].second, .values = std::move(values[i])});
  return result;
}

Result<SearchResult> ColumnIndex::search(std::string_view text, const SearchOptions& options) {
  const ThreadLimit limit(options.threads);
  Result<SearchResult> result = state_->search(text, options);
  // The scores are of the table that was read, the values of the one that is there.
  if (processed_stamp(state_->home, state_->dataset.name) != state_->stamp)
    return fail(ErrorCode::kConflict, "dataset " + state_->dataset.name +
                                          ": a refresh has replaced the table: load it again");
  return result;
}

std::uint64_t ColumnIndex::rows() const { return state_->rows.size(); }
std::uint64_t ColumnIndex::distinct_vectors() const { return state_->vector_count(); }
std::size_t ColumnIndex::dimension() const { return state_->dimension; }

std::vector<std::pair<std::uint64_t, float>> ColumnIndex::nearest(std::span<const float> vector,
                                                                  std::size_t k) const {
  return state_->nearest(vector, k, {});
}

}  // namespace colvec
