#include "store/open_store.h"

#include "base/size.h"

namespace colvec {
namespace {

// What writing Parquet takes comes on top of DuckDB's limit (docs/decisions/010).
constexpr double kShareOfLimit = 0.6;

}  // namespace

Result<Database> open_store_database(const std::filesystem::path& folder,
                                     const StoreOptions& options) {
  Result<std::uint64_t> limit = parse_size(options.memory_limit);
  if (!limit) return at("memory_limit", std::move(limit).error());
  const auto kib = static_cast<std::uint64_t>(static_cast<double>(*limit) * kShareOfLimit / 1024);
  return Database::open({.memory_limit = std::to_string(kib) + "KiB",
                         .temp_directory = folder.string() + ".tmp",
                         .threads = options.threads});
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
