// An encoder that appends the text hash of each text to a log before it is embedded, and takes
// longer than it need: for tests that kill what uses it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/hash.h"
#include "colvec/encoder.h"

namespace colvec {

class LoggingEncoder final : public Encoder {
 public:
  // The log is opened O_APPEND; each call takes `delay_us` longer.
  static Result<std::unique_ptr<Encoder>> around(std::unique_ptr<Encoder> inner,
                                                 const char* log_path, unsigned delay_us) {
    const int log = ::open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log < 0) return fail(ErrorCode::kIo, "cannot open the log");
    return std::unique_ptr<Encoder>(new LoggingEncoder(std::move(inner), log, delay_us));
  }

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
  LoggingEncoder(std::unique_ptr<Encoder> inner, int log, unsigned delay_us)
      : inner_(std::move(inner)), log_(log), delay_us_(delay_us) {}

  std::unique_ptr<Encoder> inner_;
  int log_;
  unsigned delay_us_;
};

}  // namespace colvec
