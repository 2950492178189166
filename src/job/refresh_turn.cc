#include "job/refresh_turn.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "dataset/home.h"
#include "store/file_system.h"

namespace colvec {

Result<std::optional<RefreshTurn>> RefreshTurn::take(const std::filesystem::path& home,
                                                     std::string_view dataset,
                                                     std::vector<std::string> columns,
                                                     const CancelToken* cancel,
                                                     const OnWait& on_wait) {
  constexpr std::chrono::milliseconds kBetweenTries(100);
  // In one order: two refreshes never wait for each other.
  std::sort(columns.begin(), columns.end());
  RefreshTurn turn;
  for (const std::string& column : columns) {
    const std::filesystem::path path = turn_file(home, dataset, column);
    COLVEC_TRY(local_file_system().make_folders(path.parent_path()));
    while (true) {
      COLVEC_ASSIGN(std::optional<FileLock> lock, FileLock::try_acquire(path));
      if (lock) {
        turn.locks_.push_back(*std::move(lock));
        break;
      }
      if (!std::exchange(turn.has_waited_, true)) on_wait(column);
      if (cancel != nullptr && cancel->requested()) return std::nullopt;
      std::this_thread::sleep_for(kBetweenTries);
    }
  }
  return std::optional(std::move(turn));
}

}  // namespace colvec
