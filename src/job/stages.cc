#include "job/stages.h"

namespace colvec {

std::uint64_t ns_since(std::chrono::steady_clock::time_point begin) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin)
          .count());
}

bool FirstFailure::note(Status status) {
  if (status) return true;
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(status).error();
  has_failed_ = true;
  return false;
}

Result<bool> ChunkedRows::has_more() {
  while (chunk_ == nullptr || next_ >= chunk_->rows()) {
    COLVEC_ASSIGN(std::optional<DataChunk> chunk, rows_.next());
    if (!chunk) return false;
    chunk_ = std::make_shared<const DataChunk>(*std::move(chunk));
    next_ = 0;
  }
  return true;
}

}  // namespace colvec
