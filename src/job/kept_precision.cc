// "auto" is decided once: by the run that begins an output, and then it stays.
#include <system_error>

#include "colvec/table_job.h"
#include "duck/database.h"
#include "duck/table_name.h"
#include "job/open_job.h"

namespace colvec {

Result<Precision> precision_for_output(const TableJobConfig& config) {
  std::error_code ignored;
  if (config.precision != Precision::kAuto ||
      !std::filesystem::exists(config.output_db_path, ignored))
    return config.precision;
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection connection, database.connect());
  Status attached = attach(connection, config.output_db_path, "out", "TYPE duckdb, READ_ONLY");
  if (!attached)
    return at("output_db_path: " + config.output_db_path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const FoundTable found,
                find_table(connection, "out", config.output_table + "_meta"));
  if (!found.exists) return config.precision;
  COLVEC_ASSIGN(const Rows made,
                connection.query("SELECT any_value(precision) FROM " + found.name.sql()));
  const Result<Precision> kept = parse_precision(made.text(0, 0));
  // A table that is not as we write it is the business of the run itself.
  return kept ? *kept : config.precision;
}

}  // namespace colvec
