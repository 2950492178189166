// For tests of whole stores: small ones with made-up rows, what is in them, and what is left of
// them after every possible crash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/column_store.h"
#include "store/store_fixture.h"

namespace colvec {

// 64 hex digits, all alike.
std::string fingerprint_of(char digit);
// The vectors of fingerprint_of('a') in f32.
VectorSet first_set();
VectorSet second_set();

// The store of these rows: key column `id` BIGINT, or a cache. Has models/*.json of both sets.
// Fails the test program where it cannot be opened.
std::unique_ptr<ColumnStore> open_products(FileSystem& files, Database& database,
                                           const std::filesystem::path& folder);
std::unique_ptr<ColumnStore> open_cache(FileSystem& files, Database& database,
                                        const std::filesystem::path& folder);
// The same, as a result.
Result<std::unique_ptr<ColumnStore>> try_open_products(FileSystem& files, Database& database,
                                                       const std::filesystem::path& folder);

// Keys `first` to `first + count - 1`, key i with the text "text <i % texts>".
struct ProductRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t texts = 1'000'000'000;
  bool with_keys = true;
};
StoreRows products(const ProductRange& range, const VectorSet& set = first_set());
std::string hash_of_text(std::uint64_t number);

// All live rows as text, sorted: what readers see, wherever it lies.
struct StoreContents {
  std::vector<std::string> keys;     // "<id>|<hash>"
  std::vector<std::string> vectors;  // "<model>|<precision>|<hash>|<text>|<vector>"
  bool operator==(const StoreContents&) const = default;
};
StoreContents contents_of(ColumnStore& store);

// The live files of the table.
std::vector<std::filesystem::path> live_files(AppendTable& table);

// The local file system, which calls `meanwhile` once: before the step that gives the `entry`-th
// entry (from 0) of a log its name.
class OvertakenFileSystem : public FileSystem {
 public:
  explicit OvertakenFileSystem(std::function<void()> meanwhile, std::size_t entry = 0)
      : meanwhile_(std::move(meanwhile)), entry_(entry) {}

  Result<std::string> read(const std::filesystem::path& path, std::size_t bytes_max) override {
    return local_file_system().read(path, bytes_max);
  }
  Result<FolderEntry> stat(const std::filesystem::path& path) override {
    return local_file_system().stat(path);
  }
  Result<std::vector<FolderEntry>> list(const std::filesystem::path& folder) override {
    return local_file_system().list(folder);
  }
  Status make_folders(const std::filesystem::path& folder) override {
    return local_file_system().make_folders(folder);
  }
  Status write_new(const std::filesystem::path& path, std::string_view bytes) override {
    return local_file_system().write_new(path, bytes);
  }
  Status sync_file(const std::filesystem::path& path) override {
    return local_file_system().sync_file(path);
  }
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return local_file_system().rename(from, to);
  }
  Result<bool> link(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (entry_-- == 0) meanwhile_();
    return local_file_system().link(from, to);
  }
  Status remove(const std::filesystem::path& path) override {
    return local_file_system().remove(path);
  }
  Status sync_folder(const std::filesystem::path& folder) override {
    return local_file_system().sync_folder(folder);
  }

 private:
  std::function<void()> meanwhile_;
  std::size_t entry_;
};

// Does `change` to copies of the store in `folder` (made by open_products), stopping before each of
// its steps in turn, with each kind of PowerLoss and without; reopens it, and expects the contents,
// table by table, to be those before or after, and verify_store() to find no problem.
using StoreChange = std::function<Status(FileSystem& files, Database& database,
                                         const std::filesystem::path& folder)>;
void expect_whole_after_crashes(const std::filesystem::path& folder, const StoreChange& change);

}  // namespace colvec
