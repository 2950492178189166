#include "job/processed_table.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "duck/file_table.h"
#include "store/file_system.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whether a column of the table holds vectors: "<column>_embedding", or one of its numbers.
bool is_of_vectors(const Dataset& dataset, std::string_view name) {
  return std::any_of(dataset.columns.begin(), dataset.columns.end(), [&](const DatasetColumn& c) {
    const std::string prefix = c.name + "_embedding";
    if (!c.embedding || !name.starts_with(prefix)) return false;
    const std::string_view rest = name.substr(prefix.size());
    return rest.empty() || (rest.starts_with('_') && is_number(rest.substr(1)));
  });
}

// The files of the table, in the order of their names.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  if (const auto entries = local_file_system().list(folder))
    for (const FolderEntry& entry : *entries)
      if (entry.name.ends_with(".parquet")) files.push_back((folder / entry.name).string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string processed_stamp(const fs::path& home, std::string_view dataset) {
  std::string stamp;
  for (const std::string& file : files_in(processed_folder(home, dataset))) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) info = {};  // It goes now.
    // The time, too: the number of a file that has gone may be given to the one after the next.
    stamp += fmt::format("{} {} {} {} {}.{}\n", file, info.st_dev, info.st_ino, info.st_size,
                         info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  }
  return stamp;
}

Result<ProcessedReader> ProcessedReader::open(Connection& connection, const fs::path& home,
                                              const Dataset& dataset) {
  const fs::path folder = processed_folder(home, dataset.name);
  ProcessedReader reader(connection);
  const std::vector<std::string> files = files_in(folder);
  if (files.empty())
    return fail(ErrorCode::kNotFound, folder.string() +
                                          ": no table with vectors yet: colvec dataset refresh " +
                                          dataset.name + " writes it");
  reader.from_ = "read_parquet(" + quoted_list(files) +
                 ", filename = " + quote_literal(kFileColumn) + ", file_row_number = true)";
  COLVEC_ASSIGN(const Rows described,
                connection.query("DESCRIBE SELECT * EXCLUDE (" + std::string(kFileColumn) +
                                 ", file_row_number) FROM " + reader.from_));
  for (std::size_t r = 0; r < described.size(); ++r) {
    reader.all_columns_.push_back(described.text(r, 0));
    if (!is_of_vectors(dataset, described.text(r, 0)))
      reader.columns_.push_back(described.text(r, 0));
  }
  return reader;
}

Result<std::string> ProcessedReader::vector_of(const DatasetColumn& column) const {
  const std::string name = column.name + "_embedding";
  const auto has = [&](const std::string& wanted) {
    return std::find(all_columns_.begin(), all_columns_.end(), wanted) != all_columns_.end();
  };
  if (has(name)) return quote_identifier(name);
  std::string numbers;
  for (std::size_t i = 0; has(name + "_" + std::to_string(i)); ++i)
    numbers += (i == 0 ? "" : ", ") + quote_identifier(name + "_" + std::to_string(i));
  if (numbers.empty())
    return fail(ErrorCode::kNotFound, "column " + column.name +
                                          ": the table has no vectors of it yet: refresh the "
                                          "dataset");
  return "CASE WHEN " + quote_identifier(name + "_0") + " IS NOT NULL THEN [" + numbers + "] END";
}

Result<std::string> ProcessedReader::condition(const std::string& where) {
  if (where.empty()) return std::string();
  Status is_expression = check_row_expression(*connection_, where);
  if (!is_expression) return at("where", std::move(is_expression).error());
  // The line breaks end a comment in the expression.
  return " AND (\n" + where + "\n)";
}

Result<std::vector<std::vector<std::optional<std::string>>>> ProcessedReader::rows(
    std::span<const RowPlace> places) {
  std::vector<std::vector<std::optional<std::string>>> values(places.size());
  if (places.empty()) return values;
  std::string items, numbers;
  for (const std::string& column : columns_)
    items += ", CAST(" + quote_identifier(column) + " AS VARCHAR)";
  for (const RowPlace& place : places)
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(place.number);
  COLVEC_ASSIGN(
      const Rows found,
      connection_->query("SELECT " + std::string(kFileColumn) + ", file_row_number" + items +
                         " FROM " + from_ + " WHERE file_row_number IN (" + numbers + ")"));
  std::map<RowPlace, std::size_t> at;
  for (std::size_t r = 0; r < found.size(); ++r) at[{found.text(r, 0), found.number(r, 1)}] = r;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto row = at.find(places[i]);
    if (row == at.end()) return fail(ErrorCode::kConflict, "the table was replaced meanwhile");
    for (std::size_t c = 0; c < columns_.size(); ++c)
      values[i].push_back(found.at(row->second, c + 2));
  }
  return values;
}

}  // namespace colvec
