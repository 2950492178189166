// logging_job CONFIG.json LOG DELAY_US: the table job with an encoder that appends the text hash of
// each text to LOG (opened O_APPEND) before it is embedded, and takes DELAY_US longer for each
// call. For tests that kill it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/hash.h"
#include "colvec/table_job.h"

namespace {

using namespace colvec;

class LoggingEncoder final : public Encoder {
 public:
  LoggingEncoder(std::unique_ptr<Encoder> inner, int log, unsigned delay_us)
      : inner_(std::move(inner)), log_(log), delay_us_(delay_us) {}

  const EncoderInfo& info() const override { return inner_->info(); }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    std::string lines;
    for (const std::string_view text : texts) lines += text_hash(text) + "\n";
    if (::write(log_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size()))
      return fail(ErrorCode::kIo, "cannot write the log");
    if (delay_us_ > 0) ::usleep(delay_us_);
    return inner_->encode(texts, out, reports, times);
  }

 private:
  std::unique_ptr<Encoder> inner_;
  int log_;
  unsigned delay_us_;
};

Status run(const char* config_path, const char* log_path, unsigned delay_us) {
  COLVEC_ASSIGN(const TableJobConfig config, read_table_config(config_path, {}));
  COLVEC_ASSIGN(std::unique_ptr<Encoder> model,
                open_encoder(config.model, encoder_options(config)));
  const int log = ::open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (log < 0) return fail(ErrorCode::kIo, "cannot open the log");
  LoggingEncoder encoder(std::move(model), log, delay_us);
  RunOptions options;
  options.commit_seconds = 0.2;  // More commits a second: more moments to be killed at.
  COLVEC_ASSIGN(const TableJobSummary summary, embed_table(config, encoder, options));
  std::printf("%llu\n", static_cast<unsigned long long>(summary.rows_written));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const Status status = run(argv[1], argv[2], static_cast<unsigned>(std::atoi(argv[3])));
  if (!status) std::fprintf(stderr, "logging_job: %s\n", status.error().message.c_str());
  return status ? 0 : exit_code(status.error().code);
}
