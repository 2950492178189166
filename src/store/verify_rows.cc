#include "store/verify_rows.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/json.h"
#include "store/append_table.h"
#include "store/data_file.h"
#include "store/distinct_rows.h"

namespace colvec {
namespace {

// How far the length of a vector may be from 1, and of how many it must not, to count as a mistake.
constexpr double kLengthTolerance = 0.01;
constexpr std::uint64_t kUnitVectorsPerException = 100;

std::string path_of(const VerifiedTable& table, const AddFile& file) {
  return (table.folder / file.path).string();
}

std::string sql_of(const VerifiedTable& table, const AddFile& file) {
  return read_files_sql(table.folder, {&file});
}

void problem(const VerifiedTable& table, const AddFile& file, const std::string& what,
             StoreVerified* found) {
  found->problems.push_back(path_of(table, file) + ": " + what);
}

std::string shown(const std::vector<DeltaColumn>& columns) {
  std::string text;
  for (const DeltaColumn& column : columns)
    text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

// Whether the file has the columns that the table declares; other problems make that false, too.
bool has_declared_columns(Connection& connection, const VerifiedTable& table, const AddFile& file,
                          StoreVerified* found) {
  const auto rows = connection.query("SELECT column_name, column_type FROM (DESCRIBE FROM " +
                                     sql_of(table, file) + ")");
  if (!rows) {
    problem(table, file, "cannot be read: " + rows.error().message, found);
    return false;
  }
  std::vector<DeltaColumn> columns;
  for (std::size_t r = 0; r < rows->size(); ++r)
    columns.push_back({rows->text(r, 0), rows->text(r, 1)});
  if (table.columns.empty() || columns == table.columns) return true;
  problem(table, file, "has columns " + shown(columns) + "; declared: " + shown(table.columns),
          found);
  return false;
}

// Compares count and bounds with the statistics of the log.
void check_statistics(const VerifiedTable& table, const AddFile& file, const Rows& seen,
                      StoreVerified* found) {
  if (file.stats.empty()) return;
  const auto compare = [&](const std::string& name, const std::string& said,
                           const std::string& is) {
    if (said != is)
      problem(table, file, fmt::format("its {} is {}, the log says {}", name, is, said), found);
  };
  const auto stats = Json::parse(file.stats, path_of(table, file) + ": statistics");
  if (!stats) return found->problems.push_back(stats.error().message);
  if (const auto rows = rows_of(file)) compare("row count", std::to_string(*rows), seen.text(0, 0));
  for (const auto& [member, column] : {std::pair("minValues", 1), std::pair("maxValues", 2)}) {
    const auto bounds = stats->find(member);
    if (!bounds || !*bounds || !(*bounds)->has("text_hash")) continue;
    const auto bound = (*bounds)->string("text_hash");
    if (bound) compare(std::string(member) + " of text_hash", *bound, seen.text(0, column));
  }
}

// "count(*), min, max, bad hashes" of every file.
constexpr std::string_view kHashColumns =
    "count(*), min(text_hash), max(text_hash), count(*) FILTER (WHERE text_hash IS NULL OR NOT"
    " regexp_full_match(text_hash, '[0-9a-f]{32}'))";

void check_hashes(const VerifiedTable& table, const AddFile& file, const Rows& seen,
                  StoreVerified* found) {
  if (seen.number(0, 3) > 0)
    problem(table, file, seen.text(0, 3) + " rows whose text_hash is not 32 hex digits", found);
}

// A set's lengths, to tell vectors of length 1 with exceptions from those that have any.
struct Lengths {
  std::uint64_t unit = 0;
  std::uint64_t other = 0;
  std::vector<std::pair<const AddFile*, std::string>> exceptions;  // With an example.
};

class VectorFiles {
 public:
  VectorFiles(Connection& connection, const std::vector<VerifiedSet>& sets, VerifiedTable* table,
              StoreVerified* found)
      : connection_(connection), sets_(sets), table_(table), found_(found) {}

  void run() {
    std::vector<const AddFile*> readable;
    for (const AddFile* file : table_->files)
      if (has_declared_columns(connection_, *table_, *file, found_) && check(*file))
        readable.push_back(file);
    table_->files = std::move(readable);
    for (const auto& [partition, lengths] : lengths_) {
      if (lengths.unit < lengths.other * kUnitVectorsPerException) continue;
      for (const auto& [file, example] : lengths.exceptions)
        problem(*table_, *file,
                "has vectors whose length is not 1, unlike the rest of its model: " + example,
                found_);
    }
  }

 private:
  bool check(const AddFile& file) {
    // The product of a vector with itself is finite exactly if it is, but for huge numbers.
    const auto seen = connection_.query(fmt::format(
        "SELECT {}, min(len(embedding)),"
        " max(len(embedding)), count(*) FILTER (WHERE NOT isfinite(squares)),"
        " count(*) FILTER (WHERE abs(sqrt(squares) - 1) <= {}),"
        " count(*) FILTER (WHERE squares > 0 AND abs(sqrt(squares) - 1) > {}),"
        " min(text_hash) FILTER (WHERE squares > 0 AND abs(sqrt(squares) - 1) > {})"
        " FROM (SELECT *, list_inner_product(embedding, embedding)::DOUBLE AS squares FROM {})",
        kHashColumns, kLengthTolerance, kLengthTolerance, kLengthTolerance, sql_of(*table_, file)));
    if (!seen) {
      // Lists that are NULL, or have NULLs, have no product.
      if (check_numbers(file))
        problem(*table_, file, "cannot be read: " + seen.error().message, found_);
      return false;
    }
    found_->vectors += seen->number(0, 0);
    check_statistics(*table_, file, *seen, found_);
    check_hashes(*table_, file, *seen, found_);
    check_dimension(file, seen->text(0, 4), seen->text(0, 5));
    if (seen->number(0, 6) > 0) check_numbers(file);
    Lengths& lengths = lengths_[file.partition];
    lengths.unit += seen->number(0, 7);
    lengths.other += seen->number(0, 8);
    if (seen->number(0, 8) > 0) lengths.exceptions.emplace_back(&file, seen->text(0, 9));
    return true;
  }

  // Whether all numbers are finite, looked at one by one.
  bool check_numbers(const AddFile& file) {
    const auto seen = connection_.query(
        "SELECT count(*), min(text_hash) FROM " + sql_of(*table_, file) +
        " WHERE embedding IS NULL OR len(list_filter(embedding, lambda x: x IS NULL OR NOT"
        " isfinite(x))) > 0");
    if (!seen || seen->number(0, 0) == 0) return true;
    problem(
        *table_, file,
        fmt::format("{} vectors are missing or have numbers that are not finite, such as that of"
                    " text_hash {}",
                    seen->text(0, 0), seen->text(0, 1)),
        found_);
    return false;
  }

  void check_dimension(const AddFile& file, const std::string& smallest,
                       const std::string& largest) {
    std::string& known = dimensions_[file.partition];
    for (const VerifiedSet& set : sets_)
      if (set.dimension > 0 && set.set.partition() == file.partition)
        known = std::to_string(set.dimension);
    if (known.empty()) known = smallest;
    for (const std::string& dimension : {smallest, largest}) {
      if (dimension == known || dimension.empty()) continue;
      return problem(*table_, file,
                     fmt::format("has vectors of dimension {}, its model has {}", dimension, known),
                     found_);
    }
  }

  Connection& connection_;
  const std::vector<VerifiedSet>& sets_;
  VerifiedTable* table_;
  StoreVerified* found_;
  std::map<PartitionValues, std::string> dimensions_;
  std::map<PartitionValues, Lengths> lengths_;
};

bool check_key_file(Connection& connection, const std::vector<KeyColumn>& key_columns,
                    const VerifiedTable& table, const AddFile& file, StoreVerified* found) {
  std::string has_null = "seen_at IS NULL";
  for (const KeyColumn& column : key_columns) has_null += " OR " + stored_name(column) + " IS NULL";
  const auto bucket = file.partition.find("pk_bucket");
  const bool has_bucket = bucket != file.partition.end() && bucket->second;
  const auto seen = connection.query(
      fmt::format("SELECT {}, count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {} <> {}) FROM {}",
                  kHashColumns, has_null, has_bucket ? bucket_sql(key_columns) : "0",
                  has_bucket ? quote_literal(*bucket->second) : "0", sql_of(table, file)));
  if (!seen) {
    problem(table, file, "cannot be read: " + seen.error().message, found);
    return false;
  }
  found->keys += seen->number(0, 0);
  check_statistics(table, file, *seen, found);
  check_hashes(table, file, *seen, found);
  if (seen->number(0, 4) > 0)
    problem(table, file, seen->text(0, 4) + " rows with NULL in the key or seen_at", found);
  if (seen->number(0, 5) > 0)
    problem(table, file, seen->text(0, 5) + " keys that belong into another bucket", found);
  return true;
}

// `twice`: a query of hashes of rows that are there more than once.
void verify_doubles(Connection& connection, const VerifiedTable& table,
                    const std::vector<const AddFile*>& files, const std::string& twice,
                    StoreVerified* found) {
  if (files.empty()) return;
  const auto seen = connection.query("SELECT count(*), min(text_hash) FROM (" + twice + ")");
  if (!seen) return found->problems.push_back(table.folder.string() + ": " + seen.error().message);
  if (seen->number(0, 0) == 0) return;
  const std::string example = seen->text(0, 1);
  const auto where = connection.query(
      "SELECT DISTINCT colvec_file FROM " + read_named_files_sql(table.folder, files) +
      " WHERE text_hash = " + quote_literal(example) + " ORDER BY ALL LIMIT 2");
  const std::string first = where && !where->empty() ? where->text(0, 0) : table.folder.string();
  const std::string second = where && where->size() > 1 ? ", also in " + where->text(1, 0) : "";
  // Replicas that were synced may have rows twice; readers take one.
  std::vector<std::string>& lines = any_may_double(files) ? found->notes : found->problems;
  lines.push_back(fmt::format(
      "{}: {} rows of the table are there more than once, such as that of text_hash {}{}"
      " (compact drops doubles)",
      first, seen->text(0, 0), example, second));
}

}  // namespace

void verify_vector_files(Connection& connection, const std::vector<VerifiedSet>& sets,
                         VerifiedTable* table, StoreVerified* found) {
  VectorFiles(connection, sets, table, found).run();
}

void verify_key_files(Connection& connection, const std::vector<KeyColumn>& key_columns,
                      VerifiedTable* table, StoreVerified* found) {
  std::vector<const AddFile*> readable;
  for (const AddFile* file : table->files)
    if (has_declared_columns(connection, *table, *file, found) &&
        check_key_file(connection, key_columns, *table, *file, found))
      readable.push_back(file);
  table->files = std::move(readable);
}

void verify_vector_doubles(Connection& connection, const VectorSet& set, const VerifiedTable& table,
                           StoreVerified* found) {
  std::vector<const AddFile*> files;
  for (const AddFile* file : table.files)
    if (is_in_scope(*file, set.partition())) files.push_back(file);
  if (files.empty()) return;
  verify_doubles(connection, table, files,
                 "SELECT text_hash FROM " + read_files_sql(table.folder, files) +
                     " GROUP BY ALL HAVING count(*) > 1",
                 found);
}

void verify_key_doubles(Connection& connection, const std::vector<KeyColumn>& key_columns,
                        const VerifiedTable& table, StoreVerified* found) {
  if (table.files.empty()) return;
  const std::string identity = key_names(key_columns, "") + ", text_hash";
  verify_doubles(connection, table, table.files,
                 fmt::format("SELECT {0} FROM {1} GROUP BY {0} HAVING count(*) > 1", identity,
                             read_files_sql(table.folder, table.files)),
                 found);
}

void verify_key_vectors(Connection& connection, const VerifiedTable& keys,
                        const std::filesystem::path& vectors_folder,
                        const std::vector<const AddFile*>& vectors, const std::string& whose,
                        StoreVerified* found) {
  if (keys.files.empty()) return;
  const std::string without =
      "(SELECT text_hash, colvec_file FROM " + read_named_files_sql(keys.folder, keys.files) +
      " AS k" +
      (vectors.empty()
           ? ")"
           : " ANTI JOIN " + read_files_sql(vectors_folder, vectors) + " AS v USING (text_hash))");
  const auto seen = connection.query(
      "SELECT count(*), min(text_hash), min_by(colvec_file,"
      " text_hash) FROM " +
      without);
  if (!seen) return found->problems.push_back(keys.folder.string() + ": " + seen.error().message);
  if (seen->number(0, 0) == 0) return;
  found->problems.push_back(fmt::format(
      "{}: keys whose text has no vector of {}: {} in the table, such as one with text_hash {}",
      seen->text(0, 2), whose, seen->text(0, 0), seen->text(0, 1)));
}

}  // namespace colvec
