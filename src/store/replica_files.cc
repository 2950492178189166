#include "store/replica_files.h"

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "base/io_threads.h"
#include "base/uuid.h"
#include "store/data_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Larger files move over several connections each, one file after the other.
constexpr std::uint64_t kLargeBytes = 64u << 20;
// For smaller ones a question costs as much as sending them.
constexpr std::uint64_t kAskFromBytes = 1u << 20;
// A vacuum takes files that nobody has named for a week: what is older is sent again.
constexpr std::int64_t kTrustedMs = std::int64_t{24} * 60 * 60 * 1000;

FileContent content_of(const AddFile& file) {
  const auto checksum = file.tags.find("xxh3_128");
  return {.size = file.size, .xxh3 = checksum == file.tags.end() ? "" : checksum->second};
}

// Calls `move_one` for each file, for many small ones at once.
Status move_all(const std::vector<AddFile>& files, std::size_t parallel,
                const std::function<Status(const AddFile&)>& move_one) {
  std::vector<const AddFile*> small;
  std::vector<const AddFile*> large;
  for (const AddFile& file : files) (file.size > kLargeBytes ? large : small).push_back(&file);
  COLVEC_TRY(
      for_each_io(small.size(), parallel, [&](std::size_t i) { return move_one(*small[i]); }));
  for (const AddFile* file : large) COLVEC_TRY(move_one(*file));
  return {};
}

// Those of the files for which `is_lost` is true; asks for many at once.
Result<std::vector<AddFile>> lost_of(const std::vector<AddFile>& files, const MoverOptions& options,
                                     const std::function<Result<bool>(const AddFile&)>& is_lost) {
  std::mutex mutex;
  std::vector<AddFile> lost;
  COLVEC_TRY(for_each_io(files.size(), options.parallel, [&](std::size_t i) -> Status {
    if (options.cancel != nullptr && options.cancel->requested())
      return fail(ErrorCode::kCancelled, options.folder.string() + ": cancelled");
    COLVEC_ASSIGN(const bool is_one, is_lost(files[i]));
    const std::lock_guard lock(mutex);
    if (is_one) lost.push_back(files[i]);
    return {};
  }));
  return lost;
}

class Uploader final : public FileMover {
 public:
  Uploader(FileSystem& files, ObjectStore& store, const MoverOptions& options)
      : files_(files), store_(store), options_(options) {}

  Status move(const std::vector<AddFile>& files) override {
    std::vector<AddFile> wanted;
    for (const AddFile& file : files)
      if (!moved_.contains(file.path)) wanted.push_back(file);
    COLVEC_TRY(
        move_all(wanted, options_.parallel, [&](const AddFile& file) { return move_one(file); }));
    for (const AddFile& file : wanted) moved_.insert(file.path);
    return {};
  }

  Result<std::vector<AddFile>> lost(const std::vector<AddFile>& files) override {
    COLVEC_ASSIGN(std::vector<AddFile> lost,
                  lost_of(files, options_, [&](const AddFile& file) -> Result<bool> {
                    const Result<ObjectInfo> there = store_.head(options_.prefix + file.path);
                    if (!there && there.error().code != ErrorCode::kNotFound)
                      return tl::make_unexpected(there.error());
                    return !there || there->size != file.size;
                  }));
    for (const AddFile& file : lost) moved_.erase(file.path);
    return lost;
  }

  Result<bool> has_files(const std::vector<std::string>& paths) override {
    for (const std::string& path : paths) {
      const Result<FolderEntry> found = files_.stat(options_.folder / path);
      if (!found && found.error().code == ErrorCode::kNotFound) return false;
      if (!found) return tl::make_unexpected(found.error());
    }
    return true;
  }

 private:
  Status move_one(const AddFile& file) {
    const std::string key = options_.prefix + file.path;
    if (file.size >= kAskFromBytes) {
      const Result<ObjectInfo> there = store_.head(key);
      if (!there && there.error().code != ErrorCode::kNotFound)
        return tl::make_unexpected(there.error());
      if (there && there->size == file.size && there->modified_ms > now_ms() - kTrustedMs) {
        if (options_.on_moved) options_.on_moved(static_cast<std::int64_t>(file.size));
        return {};
      }
    }
    return store_.put_file(key, options_.folder / file.path, content_of(file), options_.on_moved);
  }

  FileSystem& files_;
  ObjectStore& store_;
  MoverOptions options_;
  std::set<std::string> moved_;
};

class Downloader final : public FileMover {
 public:
  Downloader(FileSystem& files, ObjectStore& store, const MoverOptions& options)
      : files_(files), store_(store), options_(options) {}

  Status move(const std::vector<AddFile>& all) override {
    std::vector<AddFile> files;
    for (const AddFile& file : all)
      if (options_.range.may_meet(file)) files.push_back(file);
    if (files.empty()) return {};
    COLVEC_TRY(files_.make_folders(options_.folder / "_tmp"));
    std::set<fs::path> folders;
    for (const AddFile& file : files) folders.insert((options_.folder / file.path).parent_path());
    for (const fs::path& folder : folders) COLVEC_TRY(files_.make_folders(folder));
    COLVEC_TRY(
        move_all(files, options_.parallel, [&](const AddFile& file) { return move_one(file); }));
    for (const fs::path& folder : folders) COLVEC_TRY(files_.sync_folder(folder));
    return {};
  }

  Result<std::vector<AddFile>> lost(const std::vector<AddFile>& files) override {
    return lost_of(files, options_, [&](const AddFile& file) -> Result<bool> {
      return options_.range.may_meet(file) && !check_data_file(files_, options_.folder, file, true);
    });
  }

  Result<bool> has_files(const std::vector<std::string>& paths) override {
    std::mutex mutex;
    bool has_all = true;
    COLVEC_TRY(for_each_io(paths.size(), options_.parallel, [&](std::size_t i) -> Status {
      const Result<ObjectInfo> found = store_.head(options_.prefix + paths[i]);
      if (!found && found.error().code != ErrorCode::kNotFound)
        return tl::make_unexpected(found.error());
      const std::lock_guard lock(mutex);
      has_all = has_all && found.has_value();
      return {};
    }));
    return has_all;
  }

 private:
  Status move_one(const AddFile& file) {
    const fs::path path = options_.folder / file.path;
    if (files_.stat(path) && check_data_file(files_, options_.folder, file, true)) {
      if (options_.on_moved) options_.on_moved(static_cast<std::int64_t>(file.size));
      return {};
    }
    const fs::path draft = options_.folder / "_tmp" / ("part-" + new_uuid() + ".parquet");
    const Status arrived =
        store_.get_file(options_.prefix + file.path, draft, content_of(file), options_.on_moved);
    if (!arrived) {
      static_cast<void>(files_.remove(draft));
      return arrived;
    }
    COLVEC_TRY(files_.sync_file(draft));
    return files_.rename(draft, path);
  }

  FileSystem& files_;
  ObjectStore& store_;
  MoverOptions options_;
};

}  // namespace

std::unique_ptr<FileMover> make_uploader(FileSystem& files, ObjectStore& store,
                                         const MoverOptions& options) {
  return std::make_unique<Uploader>(files, store, options);
}

std::unique_ptr<FileMover> make_downloader(FileSystem& files, ObjectStore& store,
                                           const MoverOptions& options) {
  return std::make_unique<Downloader>(files, store, options);
}

}  // namespace colvec
