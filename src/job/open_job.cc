#include "job/open_job.h"

#include <string>

#include "base/size.h"

namespace colvec {
namespace {

// DuckDB's limit leaves out what its allocator keeps and what it remembers of each piece of a
// column: at ten million rows a quarter on top (docs/decisions/003).
constexpr double kShareOfLimit = 0.8;

}  // namespace

Result<Database> open_database_for(const TableJobConfig& config) {
  return open_database_for(config, config.output_db_path.string() + ".tmp");
}

Result<Database> open_database_for(const TableJobConfig& config,
                                   const std::filesystem::path& spill) {
  Result<std::uint64_t> limit = parse_size(config.memory_limit);
  if (!limit) return at("memory_limit", std::move(limit).error());
  const auto kib = static_cast<std::uint64_t>(static_cast<double>(*limit) * kShareOfLimit / 1024);
  return Database::open({.memory_limit = std::to_string(kib) + "KiB",
                         .temp_directory = spill,
                         .threads = config.threads});
}

}  // namespace colvec
