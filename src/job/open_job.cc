#include "job/open_job.h"

namespace colvec {

Result<Database> open_database_for(const TableJobConfig& config) {
  return Database::open({.memory_limit = config.memory_limit,
                         .temp_directory = config.output_db_path.string() + ".tmp",
                         .threads = config.threads});
}

}  // namespace colvec
