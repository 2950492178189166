// Moves the data files of a table between a store here and its remote.
//
// A file arrives whole or not at all, with the checksum that the log has of it, and is durable when
// move() is done. What an interrupted run has left is not moved again.
//
// Thread-safety: thread-compatible. Errors: kNotFound: the source does not have a file (any more);
// kCorruption: a file is not what the log says; those of ObjectStore and FileSystem.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "colvec/cancel.h"
#include "remote/object_store.h"
#include "store/delta_action.h"
#include "store/file_system.h"
#include "store/hash_range.h"

namespace colvec {

// Hears of the bytes that moved, of any thread; negative, where they move again.
using OnMoved = std::function<void(std::int64_t bytes)>;

class FileMover {
 public:
  virtual ~FileMover() = default;
  virtual Status move(const std::vector<AddFile>& files) = 0;
  // Those that the target has lost: that are not there, are of another size or, here, of another
  // content. They can be moved again. kCancelled.
  virtual Result<std::vector<AddFile>> lost(const std::vector<AddFile>& files) = 0;
  // Whether the source has all of these files.
  virtual Result<bool> has_files(const std::vector<std::string>& paths) = 0;
};

struct MoverOptions {
  std::filesystem::path folder;  // Of the table, here.
  std::string prefix;            // Of the table there: "vectors/".
  std::size_t parallel = 8;
  HashRange range{};  // A downloader leaves out files that have no text of it.
  OnMoved on_moved{};
  const CancelToken* cancel = nullptr;  // Ends lost(); may be null.
};

// From here to there, and from there to here. The references must outlive the mover.
std::unique_ptr<FileMover> make_uploader(FileSystem& files, ObjectStore& store,
                                         const MoverOptions& options);
std::unique_ptr<FileMover> make_downloader(FileSystem& files, ObjectStore& store,
                                           const MoverOptions& options);

}  // namespace colvec
