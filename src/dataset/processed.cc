// The table is written slice by slice: a query over source_rows with the source's columns, and for
// each column of vectors a function that finds the vector of the row. Such a query keeps the order
// of the rows; a join would not.
#include "dataset/processed.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"
#include "base/uuid.h"
#include "dataset/vector_slices.h"
#include "store/data_file.h"
#include "store/file_system.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr double kShareOfMemory = 0.2;
constexpr std::uint64_t kSliceRowsMin = 2048;
constexpr std::size_t kDigitsMax = 9;  // Of the number of a column.
// A killed run leaves its temporary folder; it is nobody's when it is that old.
constexpr std::int64_t kLeftoverMs = 24ll * 3600 * 1000;

// Rows of a slice, such that the vectors of one fit into the share of each column.
std::uint64_t slice_rows_of(const ProcessedTable& table, std::uint64_t bytes_max) {
  std::uint64_t rows = std::max<std::uint64_t>(table.rows, 1);
  for (const ProcessedVectors& vectors : table.vectors) {
    const std::uint64_t fitting = bytes_max / (vectors.dimension * sizeof(float));
    rows = std::min(rows, std::max(fitting / kSliceRowsMin, std::uint64_t{1}) * kSliceRowsMin);
  }
  return rows;
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

// Whether `name` is that of a column that the vectors come to.
bool is_added_name(const ProcessedVectors& vectors, std::string_view name) {
  if (vectors.says_where_from && same_column_name(name, vectors.name + "_from")) return true;
  if (!vectors.explode) return same_column_name(name, vectors.name);
  const std::string prefix = vectors.name + "_";
  if (!same_column_name(name.substr(0, prefix.size()), prefix)) return false;
  const std::string number(name.substr(prefix.size()));
  const bool is_number = !number.empty() && number.size() <= kDigitsMax &&
                         number.find_first_not_of("0123456789") == std::string::npos &&
                         std::to_string(std::stoul(number)) == number;
  return is_number && (vectors.dimension == 0 || std::stoul(number) < vectors.dimension);
}

class ProcessedWriter {
 public:
  ProcessedWriter(Connection& connection, const ProcessedTable& table, fs::path draft)
      : connection_(connection), table_(table), draft_(std::move(draft)) {}

  Result<ProcessedWritten> write() {
    COLVEC_TRY(local_file_system().make_folders(draft_));
    const auto bytes_max = static_cast<std::uint64_t>(
        static_cast<double>(table_.memory_bytes) * kShareOfMemory /
        static_cast<double>(std::max<std::size_t>(table_.vectors.size(), 1)));
    slice_rows_ = slice_rows_of(table_, bytes_max);
    const fs::path spread = draft_ / "spread";
    for (const ProcessedVectors& vectors : table_.vectors) {
      COLVEC_ASSIGN(slices_.emplace_back(),
                    VectorSlices::open(connection_, vectors, slice_rows_, bytes_max,
                                       spread / std::to_string(vectors.index)));
    }
    std::uint64_t slice = 0;
    do {
      COLVEC_TRY(write_slice(slice));
    } while (++slice * slice_rows_ < table_.rows);
    std::error_code ignored;
    fs::remove_all(spread, ignored);
    COLVEC_TRY(local_file_system().sync_folder(draft_));
    for (const SourceColumn& column : table_.columns)
      if (is_beyond_parquet(column.type))
        written_.notes.push_back(column.name + ": " + column.type +
                                 " is written as DECIMAL(38,0), which Parquet can hold");
    return written_;
  }

 private:
  std::string select_slice(std::uint64_t slice) const {
    std::string items;
    for (const SourceColumn& column : table_.columns)
      items += (items.empty() ? "" : ", ") + column_item(column);
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      const ProcessedVectors& vectors = table_.vectors[i];
      items += ", " + vector_items(vectors, slices_[i]->vector_sql());
      if (vectors.says_where_from)
        items += ", CASE " + slices_[i]->is_base_sql() +
                 " WHEN true THEN 'store' WHEN false THEN 'model' END AS " +
                 quote_identifier(vectors.name + "_from");
    }
    return "SELECT " + items +
           " FROM source_rows s WHERE s.colvec_n >= " + std::to_string(slice * slice_rows_) +
           " AND s.colvec_n < " + std::to_string((slice + 1) * slice_rows_);
  }

  Status write_slice(std::uint64_t slice) {
    std::size_t numbers = 1;
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      COLVEC_TRY(slices_[i]->load(slice));
      numbers += table_.vectors[i].dimension;
    }
    const fs::path file = draft_ / fmt::format("part-{:05}.parquet", slice);
    COLVEC_TRY(connection_.execute(
        "COPY (" + select_slice(slice) + ") TO " + quote_literal(file.string()) +
        " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, "
        "ROW_GROUP_SIZE " +
        std::to_string(row_group_rows_for(numbers)) + ")"));
    COLVEC_TRY(local_file_system().sync_file(file));
    COLVEC_ASSIGN(const FolderEntry entry, local_file_system().stat(file));
    written_.bytes += entry.size;
    ++written_.files;
    return {};
  }

  Connection& connection_;
  const ProcessedTable& table_;
  std::uint64_t slice_rows_ = 0;
  std::vector<std::unique_ptr<VectorSlices>> slices_;
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
  for (const ProcessedVectors& added : vectors)
    for (const SourceColumn& column : columns)
      if (is_added_name(added, column.name))
        return fail(ErrorCode::kInvalidArgument,
                    "the source has a column " + column.name +
                        " already, where the vectors would go: rename it there");
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
          " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2)"));
      COLVEC_TRY(local_file_system().sync_file(whole));
    }
    COLVEC_TRY(local_file_system().rename(whole, file));
    return local_file_system().sync_folder(file.parent_path());
  });
}

}  // namespace colvec
