// logging_refresh HOME DATASET LOG DELAY_US: the refresh of a dataset with an encoder that logs
// (logging_encoder.h). Prints the texts that were embedded. For tests that kill it.
#include <cstdio>
#include <cstdlib>

#include "colvec/refresh.h"
#include "logging_encoder.h"

namespace {

using namespace colvec;

Status run(const char* home, const char* dataset, const char* log_path, unsigned delay_us) {
  RefreshOptions options;
  options.commit_seconds = 0.2;  // More commits a second: more moments to be killed at.
  options.open_encoder = [&](const std::string& model,
                             const EncoderOptions& how) -> Result<std::unique_ptr<Encoder>> {
    COLVEC_ASSIGN(std::unique_ptr<Encoder> inner, open_encoder(model, how));
    return LoggingEncoder::around(std::move(inner), log_path, delay_us);
  };
  COLVEC_ASSIGN(const DatasetRun run, refresh_dataset(home, dataset, options));
  std::uint64_t embedded = 0;
  for (const ColumnRun& column : run.columns) embedded += column.texts_embedded;
  std::printf("%llu\n", static_cast<unsigned long long>(embedded));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const Status status = run(argv[1], argv[2], argv[3], static_cast<unsigned>(std::atoi(argv[4])));
  if (!status) std::fprintf(stderr, "logging_refresh: %s\n", status.error().message.c_str());
  return status ? 0 : exit_code(status.error().code);
}
