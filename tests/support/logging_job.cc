// logging_job CONFIG.json LOG DELAY_US [SHARD]: the table job, or a shard of it (3/16), with an
// encoder that appends the text hash of each text to LOG (opened O_APPEND) before it is embedded,
// and takes DELAY_US longer for each call. For tests that kill it.
#include <cstdio>
#include <cstdlib>

#include "colvec/shard.h"
#include "colvec/table_job.h"
#include "logging_encoder.h"

namespace {

using namespace colvec;

Status run(const char* config_path, const char* log_path, unsigned delay_us, const char* part) {
  COLVEC_ASSIGN(const TableJobConfig config, read_table_config(config_path, {}));
  COLVEC_ASSIGN(std::unique_ptr<Encoder> model,
                open_encoder(config.model, encoder_options(config)));
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> encoder,
                LoggingEncoder::around(std::move(model), log_path, delay_us));
  RunOptions options;
  options.commit_seconds = 0.2;  // More commits a second: more moments to be killed at.
  if (part != nullptr) {
    COLVEC_ASSIGN(const Shard shard, parse_shard(part));
    COLVEC_ASSIGN(const ShardSummary summary, embed_shard(config, *encoder, shard, options));
    std::printf("%llu\n", static_cast<unsigned long long>(summary.texts_embedded));
    return {};
  }
  COLVEC_ASSIGN(const TableJobSummary summary, embed_table(config, *encoder, options));
  std::printf("%llu\n", static_cast<unsigned long long>(summary.rows_written));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) return 2;
  const Status status = run(argv[1], argv[2], static_cast<unsigned>(std::atoi(argv[3])),
                            argc == 5 ? argv[4] : nullptr);
  if (!status) std::fprintf(stderr, "logging_job: %s\n", status.error().message.c_str());
  return status ? 0 : exit_code(status.error().code);
}
