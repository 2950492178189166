// The query for a slice of the rows reads top to bottom as the table: the source's columns, then
// one item for each column of vectors; each has a join that brings its vectors along. Joins keep
// the order of their left side as long as the optimizer does not turn them round: it is told not
// to.
#include "dataset/processed.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"
#include "base/uuid.h"
#include "dataset/source_rows.h"
#include "store/data_file.h"
#include "store/file_system.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr double kShareOfMemory = 0.25;
constexpr std::uint64_t kSliceRowsMin = 2048;
// A killed run leaves its temporary folder; it is nobody's when it is that old.
constexpr std::int64_t kLeftoverMs = 24ll * 3600 * 1000;

std::uint64_t bytes_of(const ProcessedVectors& vectors) {
  return vectors.dimension * sizeof(float);
}

// Rows of a slice, such that the staged vectors of one fit into the memory.
struct SlicePlan {
  std::uint64_t rows = 0;       // Of a slice; all rows where nothing is staged.
  std::vector<bool> is_staged;  // By column of vectors.
};

SlicePlan plan_slices(const ProcessedTable& table) {
  SlicePlan plan{.rows = std::max<std::uint64_t>(table.rows, 1), .is_staged = {}};
  const double budget = static_cast<double>(table.memory_bytes) * kShareOfMemory /
                        static_cast<double>(std::max<std::size_t>(table.vectors.size(), 1));
  for (const ProcessedVectors& vectors : table.vectors) {
    const auto row_bytes = static_cast<double>(bytes_of(vectors));
    plan.is_staged.push_back(static_cast<double>(vectors.texts) * row_bytes > budget);
    if (!plan.is_staged.back()) continue;
    const auto fitting = static_cast<std::uint64_t>(budget / row_bytes);
    plan.rows =
        std::min(plan.rows, std::max(fitting / kSliceRowsMin, std::uint64_t{1}) * kSliceRowsMin);
  }
  return plan;
}

bool is_beyond_parquet(const std::string& type) { return type == "HUGEINT" || type == "UHUGEINT"; }

// A column of the source as it is written: Parquet would make a DOUBLE of a HUGEINT.
std::string column_item(const SourceColumn& column) {
  const std::string name = quote_identifier(column.name);
  if (is_beyond_parquet(column.type)) return "CAST(s." + name + " AS DECIMAL(38,0)) AS " + name;
  return "s." + name;
}

std::string vector_items(const ProcessedVectors& vectors, const std::string& value) {
  if (!vectors.explode) return value + " AS " + quote_identifier(vectors.name);
  std::string items;
  for (std::size_t i = 0; i < vectors.dimension; ++i)
    items += (i == 0 ? "" : ", ") + value + "[" + std::to_string(i + 1) + "] AS " +
             quote_identifier(vectors.name + "_" + std::to_string(i));
  return items;
}

// The stored vectors, `v`, that rows may get.
std::string stored_vectors(const ProcessedVectors& vectors) {
  return "(SELECT text_hash::UUID AS h, embedding" +
         std::string(vectors.says_where_from ? ", is_base" : "") + " FROM " + vectors.vectors +
         (vectors.skip_truncated ? " WHERE truncated IS NOT true" : "") + ") v";
}

// What a row gets of `v`.
std::string handed_out(const ProcessedVectors& vectors) {
  const std::string value =
      vectors.function.empty() ? "v.embedding" : vectors.function + "(v.embedding)";
  return value + " AS embedding" + (vectors.says_where_from ? ", v.is_base" : "");
}

class ProcessedWriter {
 public:
  ProcessedWriter(Connection& connection, const ProcessedTable& table, fs::path draft)
      : connection_(connection),
        table_(table),
        plan_(plan_slices(table)),
        draft_(std::move(draft)) {}

  Result<ProcessedWritten> write() {
    COLVEC_TRY(local_file_system().make_folders(draft_));
    Status done = write_slices();
    // The settings are those of the whole database.
    COLVEC_TRY(
        connection_.execute("RESET disabled_optimizers; RESET partitioned_write_flush_threshold"));
    if (!done) return tl::make_unexpected(std::move(done).error());
    std::error_code ignored;
    fs::remove_all(draft_ / "staged", ignored);
    COLVEC_TRY(local_file_system().sync_folder(draft_));
    for (const SourceColumn& column : table_.columns)
      if (is_beyond_parquet(column.type))
        written_.notes.push_back(column.name + ": " + column.type +
                                 " is written as DECIMAL(38,0), which Parquet can hold");
    return written_;
  }

 private:
  Status write_slices() {
    // A partition gets so many rows at a time.
    COLVEC_TRY(connection_.execute("SET partitioned_write_flush_threshold = 20480"));
    for (std::size_t i = 0; i < table_.vectors.size(); ++i)
      if (plan_.is_staged[i]) COLVEC_TRY(stage(i));
    COLVEC_TRY(
        connection_.execute("SET disabled_optimizers = 'join_order, build_side_probe_side'"));
    std::uint64_t begin = 0;
    do {
      COLVEC_TRY(write_slice(begin));
      begin += plan_.rows;
    } while (begin < table_.rows);
    return {};
  }

  fs::path staged_folder(std::size_t i) const { return draft_ / "staged" / std::to_string(i); }

  // Writes the vectors of each row to the file of its slice.
  Status stage(std::size_t i) {
    const ProcessedVectors& vectors = table_.vectors[i];
    COLVEC_TRY(local_file_system().make_folders(staged_folder(i).parent_path()));
    return connection_.execute(
        "COPY (SELECT s.colvec_n // " + std::to_string(plan_.rows) +
        " AS slice, s.colvec_n AS n, " + handed_out(vectors) + " FROM " + stored_vectors(vectors) +
        " JOIN source_rows s ON s." + hash_column(vectors.index) + " = v.h) TO " +
        quote_literal(staged_folder(i).string()) +
        " (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 4096, PARTITION_BY (slice))");
  }

  // What stands after FROM for the staged vectors of a slice.
  std::string staged_slice(std::size_t i, std::uint64_t slice) const {
    const fs::path folder = staged_folder(i) / ("slice=" + std::to_string(slice));
    std::error_code ignored;
    if (!fs::exists(folder, ignored))
      return "(SELECT NULL::BIGINT AS n, NULL::FLOAT[] AS embedding, NULL::BOOLEAN AS is_base "
             "WHERE false)";
    return "read_parquet(" + quote_literal((folder / "*.parquet").string()) +
           ", hive_partitioning = false)";
  }

  Status write_slice(std::uint64_t begin) {
    const std::uint64_t slice = begin / plan_.rows;
    std::string items, joins;
    for (const SourceColumn& column : table_.columns)
      items += (items.empty() ? "" : ", ") + column_item(column);
    for (std::size_t i = 0; i < table_.vectors.size(); ++i) {
      const ProcessedVectors& vectors = table_.vectors[i];
      const std::string alias = "v" + std::to_string(i);
      items += ", " + vector_items(vectors, alias + ".embedding");
      if (vectors.says_where_from)
        items += ", CASE " + alias +
                 ".is_base WHEN true THEN 'store' WHEN false THEN 'model' END " + "AS " +
                 quote_identifier(vectors.name + "_from");
      joins += plan_.is_staged[i]
                   ? " LEFT JOIN " + staged_slice(i, slice) + " " + alias +
                         " ON s.colvec_n = " + alias + ".n"
                   : " LEFT JOIN (SELECT v.h, " + handed_out(vectors) + " FROM " +
                         stored_vectors(vectors) + " SEMI JOIN source_rows s ON v.h = s." +
                         hash_column(vectors.index) + ") " + alias + " ON s." +
                         hash_column(vectors.index) + " = " + alias + ".h";
    }
    std::size_t numbers = 0;
    for (const ProcessedVectors& vectors : table_.vectors) numbers += vectors.dimension;
    const fs::path file = draft_ / fmt::format("part-{:05}.parquet", slice);
    const std::string rows =
        "(SELECT * FROM source_rows WHERE colvec_n >= " + std::to_string(begin) +
        " AND colvec_n < " + std::to_string(begin + plan_.rows) + ")";
    COLVEC_TRY(connection_.execute(
        "COPY (SELECT " + items + " FROM " + rows + " s" + joins + ") TO " +
        quote_literal(file.string()) +
        " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2, "
        "ROW_GROUP_SIZE " +
        std::to_string(row_group_rows_for(std::max<std::size_t>(numbers, 1))) + ")"));
    COLVEC_TRY(local_file_system().sync_file(file));
    COLVEC_ASSIGN(const FolderEntry entry, local_file_system().stat(file));
    written_.bytes += entry.size;
    ++written_.files;
    // What is used up makes room.
    std::error_code ignored;
    for (std::size_t i = 0; i < table_.vectors.size(); ++i)
      if (plan_.is_staged[i])
        fs::remove_all(staged_folder(i) / ("slice=" + std::to_string(slice)), ignored);
    return {};
  }

  Connection& connection_;
  const ProcessedTable& table_;
  SlicePlan plan_;
  fs::path draft_;
  ProcessedWritten written_;
};

std::string draft_prefix(const fs::path& target) { return "." + target.filename().string() + "-"; }

void remove_leftovers(const fs::path& target) {
  const auto entries = local_file_system().list(target.parent_path());
  if (!entries) return;
  std::error_code ignored;
  for (const FolderEntry& entry : *entries)
    if (entry.is_folder && entry.name.starts_with(draft_prefix(target)) &&
        now_ms() - entry.modified_ms > kLeftoverMs)
      fs::remove_all(target.parent_path() / entry.name, ignored);
}

// Writes the table to a folder beside `target`, which `publish` then puts in its place.
Result<ProcessedWritten> write_draft(Connection& connection, const ProcessedTable& table,
                                     const fs::path& target,
                                     const std::function<Status(const fs::path& draft)>& publish) {
  remove_leftovers(target);
  const fs::path draft = target.parent_path() / (draft_prefix(target) + new_uuid());
  Result<ProcessedWritten> written = ProcessedWriter(connection, table, draft).write();
  if (written) {
    if (Status published = publish(draft); !published)
      written = tl::make_unexpected(std::move(published).error());
  }
  std::error_code ignored;
  fs::remove_all(draft, ignored);
  if (!written) return at(target.string(), std::move(written).error());
  return written;
}

}  // namespace

Status check_processed_names(const std::vector<SourceColumn>& columns,
                             const std::vector<ProcessedVectors>& vectors) {
  for (const ProcessedVectors& added : vectors) {
    const std::string prefix = added.explode ? added.name + "_0" : added.name;
    for (const SourceColumn& column : columns)
      if (same_column_name(column.name, prefix))
        return fail(ErrorCode::kInvalidArgument,
                    "the source has a column " + column.name +
                        " already, where the vectors would go: rename it there");
  }
  return {};
}

Result<ProcessedWritten> write_processed_folder(Connection& connection, const ProcessedTable& table,
                                                const fs::path& folder) {
  return write_draft(connection, table, folder,
                     [&](const fs::path& draft) { return replace_folder(draft, folder); });
}

Result<ProcessedWritten> write_processed_file(Connection& connection, const ProcessedTable& table,
                                              const fs::path& file) {
  return write_draft(connection, table, file, [&](const fs::path& draft) -> Status {
    fs::path whole = draft / "part-00000.parquet";
    if (std::error_code ignored; fs::exists(draft / "part-00001.parquet", ignored)) {
      whole = draft / "whole.parquet";
      COLVEC_TRY(connection.execute(
          "COPY (SELECT * FROM read_parquet(" + quote_literal((draft / "part-*.parquet").string()) +
          ")) TO " + quote_literal(whole.string()) +
          " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION v2)"));
      COLVEC_TRY(local_file_system().sync_file(whole));
    }
    COLVEC_TRY(local_file_system().rename(whole, file));
    return local_file_system().sync_folder(file.parent_path());
  });
}

}  // namespace colvec
