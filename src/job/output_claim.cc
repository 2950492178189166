#include "job/output_claim.h"

#include <mutex>
#include <set>
#include <system_error>
#include <utility>

namespace colvec {
namespace {

struct ClaimedOutputs {
  std::mutex mutex;
  std::set<std::string> paths;
};

// Never destroyed: a job may still run when the process ends.
ClaimedOutputs& claimed() {
  static ClaimedOutputs* const outputs = new ClaimedOutputs;
  return *outputs;
}

}  // namespace

Result<OutputClaim> OutputClaim::take(const std::filesystem::path& output) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::weakly_canonical(output, error);
  if (error) path = output;
  const std::lock_guard lock(claimed().mutex);
  if (!claimed().paths.insert(path.string()).second)
    return fail(ErrorCode::kIo, "output_db_path: " + output.string() +
                                    ": another job of this process is writing it");
  return OutputClaim(path.string());
}

OutputClaim::OutputClaim(OutputClaim&& other) noexcept : path_(std::exchange(other.path_, "")) {}

OutputClaim& OutputClaim::operator=(OutputClaim&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

OutputClaim::~OutputClaim() {
  if (path_.empty()) return;
  const std::lock_guard lock(claimed().mutex);
  claimed().paths.erase(path_);
}

}  // namespace colvec
