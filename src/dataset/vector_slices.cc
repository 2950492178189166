#include "dataset/vector_slices.h"

#include <optional>
#include <system_error>

#include "dataset/source_rows.h"
#include "duck/lookup_function.h"
#include "store/file_system.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Rows that a thread gathers before it writes them to the files of their slices.
constexpr std::string_view kFlushRows = "20480";

}  // namespace

Result<std::unique_ptr<VectorSlices>> VectorSlices::open(Connection& connection,
                                                         const ProcessedVectors& vectors,
                                                         std::uint64_t slice_rows,
                                                         std::uint64_t bytes_max, fs::path folder) {
  std::unique_ptr<VectorSlices> slices(
      new VectorSlices(connection, vectors, slice_rows, std::move(folder)));
  const std::uint64_t bytes = vectors.texts * vectors.dimension * sizeof(float);
  slices->is_spread_ = bytes > bytes_max;
  COLVEC_TRY(slices->register_functions());
  if (slices->is_spread_) {
    COLVEC_TRY(slices->spread());
    return slices;
  }
  COLVEC_TRY(slices->read("SELECT v.h, " + slices->handed_out_sql() + " FROM " +
                          slices->stored_sql() + " SEMI JOIN source_rows s ON v.h = s." +
                          hash_column(vectors.index)));
  return slices;
}

Status VectorSlices::register_functions() {
  const LookupKey key = is_spread_ ? LookupKey::kBigint : LookupKey::kUuid;
  const std::string suffix = std::to_string(vectors_.index);
  COLVEC_TRY(register_lookup_function(
      connection_, {.name = "colvec_vector_" + suffix,
                    .key = key,
                    .dimension = vectors_.dimension,
                    .find = [this](const Hash128& wanted) { return find(wanted); }}));
  return register_lookup_function(
      connection_,
      {.name = "colvec_is_base_" + suffix,
       .key = key,
       .dimension = 1,
       .find = [this](const Hash128& wanted) -> const float* {
         const float* const vector = find(wanted);
         if (vector == nullptr) return nullptr;
         return &is_base_[static_cast<std::size_t>(vector - values_.data()) / vectors_.dimension];
       }});
}

// The stored vectors, `v`, that rows may get.
std::string VectorSlices::stored_sql() const {
  return "(SELECT text_hash::UUID AS h, embedding, " +
         std::string(vectors_.says_where_from ? "is_base" : "true AS is_base") + " FROM " +
         vectors_.vectors + (vectors_.skip_truncated ? " WHERE truncated IS NOT true" : "") + ") v";
}

// What is kept of `v`.
std::string VectorSlices::handed_out_sql() const {
  const std::string vector =
      vectors_.function.empty() ? "v.embedding" : vectors_.function + "(v.embedding)";
  return vector + " AS embedding, v.is_base";
}

// Writes the vector of each row to the file of its slice.
Status VectorSlices::spread() {
  COLVEC_TRY(local_file_system().make_folders(folder_.parent_path()));
  COLVEC_TRY(
      connection_.execute("SET partitioned_write_flush_threshold = " + std::string(kFlushRows)));
  Status written = connection_.execute(
      "COPY (SELECT s.colvec_n // " + std::to_string(slice_rows_) + " AS slice, s.colvec_n AS n, " +
      handed_out_sql() + " FROM " + stored_sql() + " JOIN source_rows s ON s." +
      hash_column(vectors_.index) + " = v.h) TO " + quote_literal(folder_.string()) +
      " (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 4096, PARTITION_BY (slice))");
  COLVEC_TRY(connection_.execute("RESET partitioned_write_flush_threshold"));
  return written;
}

void VectorSlices::clear() {
  values_.clear();
  is_base_.clear();
  vector_of_row_.assign(is_spread_ ? slice_rows_ : 0, 0);
  vector_of_text_.clear();
}

Status VectorSlices::load(std::uint64_t slice) {
  if (!is_spread_) return {};
  clear();
  first_row_ = slice * slice_rows_;
  const fs::path files = folder_ / ("slice=" + std::to_string(slice));
  std::error_code ignored;
  if (!fs::exists(files, ignored)) return {};  // No row of it has a vector.
  values_.reserve(slice_rows_ * vectors_.dimension);
  COLVEC_TRY(read("SELECT n, embedding, is_base FROM read_parquet(" +
                  quote_literal((files / "*.parquet").string()) + ", hive_partitioning = false)"));
  fs::remove_all(files, ignored);  // What is used up makes room.
  return {};
}

Status VectorSlices::read(const std::string& select) {
  COLVEC_ASSIGN(Stream stream, connection_.stream(select));
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) return {};
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      const std::span<const float> vector = chunk->floats(1, r);
      if (vector.size() != vectors_.dimension)
        return fail(ErrorCode::kCorruption, vectors_.name + ": a vector of " +
                                                std::to_string(vector.size()) + " numbers, not " +
                                                std::to_string(vectors_.dimension));
      const auto number = static_cast<std::uint32_t>(is_base_.size() + 1);
      if (is_spread_)
        vector_of_row_[static_cast<std::uint64_t>(chunk->bigint(0, r)) - first_row_] = number;
      // Replicas that embedded a text at once may both have it: one of the two is taken.
      else if (!vector_of_text_.emplace(chunk->uuid(0, r), number).second)
        continue;
      values_.insert(values_.end(), vector.begin(), vector.end());
      is_base_.push_back(chunk->boolean(2, r) ? 1 : 0);
    }
  }
}

const float* VectorSlices::find(const Hash128& key) const {
  std::uint32_t number = 0;
  if (is_spread_) {
    const std::uint64_t row = key.low - first_row_;
    if (row < vector_of_row_.size()) number = vector_of_row_[row];
  } else if (const auto found = vector_of_text_.find(key); found != vector_of_text_.end()) {
    number = found->second;
  }
  return number == 0 ? nullptr : &values_[(number - 1) * vectors_.dimension];
}

std::string VectorSlices::key_sql() const {
  return is_spread_ ? "s.colvec_n" : "s." + hash_column(vectors_.index);
}

std::string VectorSlices::vector_sql() const {
  return "colvec_vector_" + std::to_string(vectors_.index) + "(" + key_sql() + ")";
}

std::string VectorSlices::is_base_sql() const {
  return "(colvec_is_base_" + std::to_string(vectors_.index) + "(" + key_sql() + ")[1] = 1)";
}

}  // namespace colvec
