// "auto" is decided once: by the run that begins an output, and then it stays.
#include <optional>
#include <string>
#include <system_error>

#include "colvec/opened_model.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "duck/table_name.h"
#include "job/open_job.h"

namespace colvec {
namespace {

// What an output says of its vectors.
struct Kept {
  Precision precision = Precision::kAuto;
  std::string fingerprint;
};

// Nothing where there is no output, or none as we write it: that is the business of the run itself.
Result<std::optional<Kept>> read_kept(const TableJobConfig& config) {
  std::error_code ignored;
  if (!std::filesystem::exists(config.output_db_path, ignored)) return std::nullopt;
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection connection, database.connect());
  Status attached = attach(connection, config.output_db_path, "out", "TYPE duckdb, READ_ONLY");
  if (!attached)
    return at("output_db_path: " + config.output_db_path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const FoundTable found,
                find_table(connection, "out", config.output_table + "_meta"));
  if (!found.exists) return std::nullopt;
  const Result<Rows> made = connection.query(
      "SELECT any_value(precision), any_value(fingerprint) FROM " + found.name.sql());
  if (!made) return std::nullopt;
  const Result<Precision> precision = parse_precision(made->text(0, 0));
  if (!precision) return std::nullopt;
  return Kept{*precision, made->text(0, 1)};
}

}  // namespace

Result<std::unique_ptr<Encoder>> open_encoder_for_output(const TableJobConfig& config) {
  EncoderOptions options = encoder_options(config);
  if (config.precision != Precision::kAuto) return open_encoder(config.model, options);
  COLVEC_ASSIGN(const std::optional<Kept> kept, read_kept(config));
  if (!kept) return open_encoder(config.model, options);
  options.precision = kept->precision;
  Result<std::unique_ptr<Encoder>> opened = open_encoder(config.model, options);
  if (opened || opened.error().code != ErrorCode::kUnsupported) return opened;
  // Another model than before may not have that precision; what then becomes of the output, the run
  // says.
  options.precision = Precision::kAuto;
  Result<std::unique_ptr<Encoder>> other = open_encoder(config.model, options);
  const bool is_other = other && (*other)->info().fingerprint != kept->fingerprint;
  return is_other ? std::move(other) : std::move(opened);
}

}  // namespace colvec
