#include "store/open_store.h"

#include <algorithm>

#include "base/size.h"

namespace colvec {
namespace {

// What writing Parquet takes comes on top of DuckDB's limit (docs/decisions/010).
constexpr double kShareOfLimit = 0.6;
// A file of vectors is sorted before it is written, which needs this much: it gets it of smaller
// limits, too, where four fifths are enough.
constexpr double kSortBytes = 480e6;
constexpr double kShareMax = 0.8;

std::uint64_t kib_of_duckdb(std::uint64_t limit_bytes) {
  const auto limit = static_cast<double>(limit_bytes);
  const double bytes = std::max(limit * kShareOfLimit, std::min(limit * kShareMax, kSortBytes));
  return static_cast<std::uint64_t>(bytes / 1024);
}

}  // namespace

Result<Database> open_store_database(const std::filesystem::path& folder,
                                     const StoreOptions& options) {
  Result<std::uint64_t> limit = parse_size(options.memory_limit);
  if (!limit) return at("memory_limit", std::move(limit).error());
  return Database::open({.memory_limit = std::to_string(kib_of_duckdb(*limit)) + "KiB",
                         .temp_directory = folder.string() + ".tmp",
                         .threads = options.threads});
}

Result<Database> make_store_database(const std::filesystem::path& folder,
                                     const StoreOptions& options) {
  if (folder.has_parent_path()) COLVEC_TRY(local_file_system().make_folders(folder.parent_path()));
  return open_store_database(folder, options);
}

Result<OpenedStore> open_store(const std::filesystem::path& folder, const StoreOptions& options,
                               FileSystem* files) {
  OpenedStore opened;
  COLVEC_ASSIGN(Database database, open_store_database(folder, options));
  opened.database = std::make_unique<Database>(std::move(database));
  COLVEC_ASSIGN(opened.store, ColumnStore::open(files != nullptr ? *files : local_file_system(),
                                                *opened.database, folder));
  opened.threads = options.threads;
  return opened;
}

}  // namespace colvec
