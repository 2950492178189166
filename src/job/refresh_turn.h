// Lets one refresh at a time fill in the vectors of a column. A second one waits, and then finds
// them there, where it would have embedded the same texts.
//
// The turn goes with the object, and with the process however it ends. It holds on one machine;
// refreshes of others, and shards, take none: a store has room for several writers.
//
// Thread-safety: a RefreshTurn is thread-compatible; take() is thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_lock.h"
#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

class RefreshTurn {
 public:
  // Called with the first column that is waited for.
  using OnWait = std::function<void(std::string_view column)>;

  // Waits until no other refresh is at one of `columns`. nullopt: `cancel`, which may be null,
  // ended the wait. kIo.
  static Result<std::optional<RefreshTurn>> take(const std::filesystem::path& home,
                                                 std::string_view dataset,
                                                 std::vector<std::string> columns,
                                                 const CancelToken* cancel, const OnWait& on_wait);

  // What was read before may have changed since.
  bool has_waited() const { return has_waited_; }

 private:
  std::vector<FileLock> locks_;
  bool has_waited_ = false;
};

}  // namespace colvec
