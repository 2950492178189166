// Writes and reads the Parquet files of the store's tables.
//
// Format: docs/formats/store.md, "Files".
//
// Thread-safety: functions are thread-safe as far as their connection is.
// Errors: those of Connection; kCorruption for a file that is not what the log says, by its path.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"
#include "store/delta_action.h"
#include "store/file_system.h"

namespace colvec {

struct DataFileFormat {
  std::size_t row_group_rows = 122'880;
  bool plain_floats = false;  // For readers that do not know BYTE_STREAM_SPLIT.
};

// Rows of a row group with about 16 MB of vectors of `dimension` floats.
std::size_t row_group_rows_for(std::size_t dimension);

// Writes the rows of the query `select`, which has a column text_hash, as a new file of the table
// in `folder`: under a temporary name, synced, renamed, its folder synced. nullopt: no rows, no
// file.
Result<std::optional<AddFile>> write_data_file(FileSystem& files, Connection& connection,
                                               const std::filesystem::path& folder,
                                               const PartitionValues& partition,
                                               const std::string& select,
                                               const DataFileFormat& format);

// SQL that reads the columns of these files of the table in `folder`, as "read_parquet(...)".
// REQUIRES: at least one file.
std::string read_files_sql(const std::filesystem::path& folder,
                           const std::vector<const AddFile*>& files);

// The same, with a column colvec_file: the absolute path of the file that a row is in.
std::string read_named_files_sql(const std::filesystem::path& folder,
                                 const std::vector<const AddFile*>& files);

// Checks that the file is there with the size that the log says, and with `content` also that its
// bytes are those that were written. kCorruption, with the path.
Status check_data_file(FileSystem& files, const std::filesystem::path& folder, const AddFile& file,
                       bool content);

}  // namespace colvec
