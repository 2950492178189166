#include "store/data_file.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/uuid.h"
#include "remote/object_store.h"
#include "store/uri.h"

namespace colvec {
namespace {

constexpr std::size_t kVectorBytesOfRowGroup = 16u << 20;
constexpr std::size_t kRowGroupUnit = 2048;  // Rows; DuckDB's.

// "model=f0123.../precision=f32", percent-encoded, with a "/" behind; "" without partitions.
std::string partition_folder(const PartitionValues& partition) {
  std::string folder;
  for (const auto& [column, value] : partition)
    folder += encode_file_name(column) + "=" +
              (value ? encode_file_name(*value) : "__HIVE_DEFAULT_PARTITION__") + "/";
  return folder;
}

std::string copy_options(const DataFileFormat& format) {
  return "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, PARQUET_VERSION " +
         std::string(format.plain_floats ? "v1" : "v2") + ", ROW_GROUP_SIZE " +
         std::to_string(format.row_group_rows) + ")";
}

Result<std::string> stats_of(Connection& connection, const std::filesystem::path& file) {
  COLVEC_ASSIGN(
      const Rows rows,
      connection.query("SELECT count(*), min(text_hash), max(text_hash), count(*) FILTER ("
                       "text_hash IS NULL) FROM read_parquet([" +
                       quote_literal(file.string()) + "], hive_partitioning = false)"));
  return "{\"numRecords\":" + rows.text(0, 0) +
         ",\"minValues\":{\"text_hash\":" + json_quote(rows.text(0, 1)) +
         "},\"maxValues\":{\"text_hash\":" + json_quote(rows.text(0, 2)) +
         "},\"nullCount\":{\"text_hash\":" + rows.text(0, 3) + "}}";
}

Result<FileContent> content_of(const std::filesystem::path& path) {
  std::uint64_t size = 0;
  Xxh3 hash;
  COLVEC_TRY(read_in_parts(path, [&](std::string_view part) {
    size += part.size();
    hash.update(part);
  }));
  return FileContent{.size = size, .xxh3 = hash.hex()};
}

std::string path_list(const std::filesystem::path& folder,
                      const std::vector<const AddFile*>& files) {
  COLVEC_CHECK(!files.empty());
  std::string list;
  for (const AddFile* file : files)
    list += (list.empty() ? "" : ", ") + quote_literal((folder / file->path).string());
  return list;
}

}  // namespace

std::size_t row_group_rows_for(std::size_t dimension) {
  const std::size_t rows =
      kVectorBytesOfRowGroup / (sizeof(float) * std::max<std::size_t>(dimension, 1));
  return std::clamp<std::size_t>(rows / kRowGroupUnit, 1, 60) * kRowGroupUnit;
}

Result<std::optional<AddFile>> write_data_file(FileSystem& files, Connection& connection,
                                               const std::filesystem::path& folder,
                                               const PartitionValues& partition,
                                               const std::string& select,
                                               const DataFileFormat& format) {
  const std::string name = "part-" + new_uuid() + ".parquet";
  const std::filesystem::path temporary = folder / "_tmp" / name;
  const std::string relative = partition_folder(partition) + name;
  COLVEC_TRY(files.make_folders(temporary.parent_path()));
  COLVEC_TRY(files.make_folders((folder / relative).parent_path()));

  const Result<Rows> copied = connection.query(
      "COPY (" + select + ") TO " + quote_literal(temporary.string()) + " " + copy_options(format));
  if (!copied) {
    // A full disk should not stay full of what nobody needs.
    (void)files.remove(temporary);
    return tl::make_unexpected(copied.error());
  }
  if (copied->number(0, 0) == 0) {
    COLVEC_TRY(files.remove(temporary));
    return std::optional<AddFile>();
  }
  COLVEC_TRY(files.sync_file(temporary));
  AddFile file;
  file.path = relative;
  file.partition = partition;
  file.modified_ms = now_ms();
  COLVEC_ASSIGN(file.stats, stats_of(connection, temporary));
  COLVEC_ASSIGN(const FileContent content, content_of(temporary));
  file.size = content.size;
  file.tags["xxh3_128"] = content.xxh3;
  COLVEC_TRY(files.rename(temporary, folder / relative));
  COLVEC_TRY(files.sync_folder((folder / relative).parent_path()));
  return std::optional<AddFile>(std::move(file));
}

std::string read_files_sql(const std::filesystem::path& folder,
                           const std::vector<const AddFile*>& files) {
  return "read_parquet([" + path_list(folder, files) + "], hive_partitioning = false)";
}

std::string read_named_files_sql(const std::filesystem::path& folder,
                                 const std::vector<const AddFile*>& files) {
  return "read_parquet([" + path_list(folder, files) +
         "], hive_partitioning = false, filename = 'colvec_file')";
}

Status check_data_file(FileSystem& files, const std::filesystem::path& folder, const AddFile& file,
                       bool content) {
  const std::filesystem::path path = folder / file.path;
  const Result<FolderEntry> found = files.stat(path);
  if (!found) {
    const bool is_gone = found.error().code == ErrorCode::kNotFound;
    return fail(
        is_gone ? ErrorCode::kCorruption : found.error().code,
        is_gone ? path.string() + ": missing, but the log names it" : found.error().message);
  }
  if (found->size != file.size)
    return fail(ErrorCode::kCorruption, path.string() + ": has " + std::to_string(found->size) +
                                            " bytes, the log says " + std::to_string(file.size));
  const auto checksum = file.tags.find("xxh3_128");
  if (!content || checksum == file.tags.end()) return {};
  COLVEC_ASSIGN(const FileContent found_content, content_of(path));
  if (found_content.xxh3 != checksum->second)
    return fail(ErrorCode::kCorruption, path.string() + ": damaged: its checksum is not the log's");
  return {};
}

}  // namespace colvec
