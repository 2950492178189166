// For tests of replicas: stores that sync with a remote in a folder, and a remote that fails.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "remote/object_store.h"
#include "store/column_store_fixture.h"
#include "store/sync_store.h"

namespace colvec {

// Another object store, which stops or loses answers. A step is a call that writes.
class FaultyObjectStore final : public ObjectStore {
 public:
  explicit FaultyObjectStore(ObjectStore& store) : store_(store) {}

  std::size_t steps() const;
  // Step `step` (0 is the first) and all later calls, reading ones too, fail with kIo, undone.
  void stop_before(std::size_t step);
  // Step `step` is done, but fails with kIo; the others are as ever.
  void lose_answer_of(std::size_t step);
  // Called once, before the next put that is done only if absent.
  void meanwhile(std::function<void()> call) { meanwhile_ = std::move(call); }

  const std::string& url() const override { return store_.url(); }
  Result<Object> get(const std::string& key, std::size_t bytes_max) override;
  Result<std::string> get_range(const std::string& key, std::uint64_t first,
                                std::uint64_t count) override;
  Status get_file(const std::string& key, const std::filesystem::path& path,
                  const FileContent& expected, const OnObjectBytes& on_bytes) override;
  Result<ObjectInfo> head(const std::string& key) override;
  Result<ObjectPage> list(const std::string& prefix, const std::string& after) override;
  Result<PutResult> put(const std::string& key, std::string_view bytes,
                        const PutCondition& condition) override;
  Status put_file(const std::string& key, const std::filesystem::path& path,
                  const FileContent& expected, const OnObjectBytes& on_bytes) override;
  Status remove(const std::string& key) override;
  Result<std::size_t> drop_unfinished(const std::string& prefix, std::int64_t before_ms) override;

 private:
  bool is_stopped() const;
  template <typename T, typename Call>
  T reading(const Call& call);
  template <typename T, typename Call>
  T writing(const Call& call);

  ObjectStore& store_;
  mutable std::mutex mutex_;
  std::size_t steps_ = 0;
  std::optional<std::size_t> stop_before_;
  std::optional<std::size_t> lose_answer_of_;
  std::function<void()> meanwhile_;
};

// The object store of a folder.
std::unique_ptr<ObjectStore> folder_remote(const std::filesystem::path& folder);

// One way of a sync, with everything opened anew, as a command would.
struct SyncCall {
  FileSystem* files = nullptr;  // Null: the disk.
  StoreSyncOptions options{};
};
Result<SyncedOneWay> push(const std::filesystem::path& home, ObjectStore& remote,
                          const SyncCall& call = {});
Result<SyncedOneWay> pull(const std::filesystem::path& home, ObjectStore& remote,
                          const SyncCall& call = {});

// A store in a folder, opened anew for each call.
class Home {
 public:
  explicit Home(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  void append(const ProductRange& range, const VectorSet& set = first_set()) const;
  void compact() const;
  void forget(const std::string& where) const;
  void restore(std::uint64_t version) const;
  void vacuum() const;  // All that no version needs to be read now.
  void activate(char digit) const;
  std::string active() const;
  StoreContents contents() const;
  // The live files of both tables.
  std::size_t files() const;
  std::size_t entries() const;
  // What verify says is wrong, and what it notes, a line each.
  std::string problems() const;
  std::string notes() const;

 private:
  std::filesystem::path folder_;
};

// Homes below a folder, and the remote that they share.
class ReplicaTest : public testing::Test {
 protected:
  ReplicaTest() : remote_(folder_remote(place_.path() / "remote")) {}

  Home home(const std::string& name) const { return Home(place_.path() / name); }
  // The remote, which is a store in a folder, too.
  Home remote_home() const { return home("remote"); }

  SyncedOneWay pushed(const Home& home, const StoreSyncOptions& options = {}) {
    const auto done = push(home.folder(), *remote_, {.options = options});
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done.value_or(SyncedOneWay{});
  }
  SyncedOneWay pulled(const Home& home, const StoreSyncOptions& options = {}) {
    const auto done = pull(home.folder(), *remote_, {.options = options});
    EXPECT_TRUE(done.has_value()) << done.error().message;
    return done.value_or(SyncedOneWay{});
  }
  void expect_sound(const Home& home) { EXPECT_EQ(home.problems(), "") << home.folder(); }

  StoreFolder place_;
  std::unique_ptr<ObjectStore> remote_;
};

}  // namespace colvec
