#include "store/mirror_files.h"

#include <gtest/gtest.h>

#include "store/replica_fixture.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// An object store that counts what is asked for.
class CountingStore final : public ObjectStore {
 public:
  explicit CountingStore(ObjectStore& store) : store_(store) {}
  int gets = 0;
  int lists = 0;

  const std::string& url() const override { return store_.url(); }
  Result<Object> get(const std::string& key, std::size_t bytes_max) override {
    ++gets;
    return store_.get(key, bytes_max);
  }
  Result<std::string> get_range(const std::string& key, std::uint64_t first,
                                std::uint64_t count) override {
    return store_.get_range(key, first, count);
  }
  Status get_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    return store_.get_file(key, path, expected, on_bytes);
  }
  Result<ObjectInfo> head(const std::string& key) override { return store_.head(key); }
  Result<ObjectPage> list(const std::string& prefix, const std::string& after) override {
    ++lists;
    return store_.list(prefix, after);
  }
  Result<PutResult> put(const std::string& key, std::string_view bytes,
                        const PutCondition& condition) override {
    // As a server that does not know conditions.
    return store_.put(key, bytes, ignores_conditions ? PutCondition{} : condition);
  }
  Status put_file(const std::string& key, const fs::path& path, const FileContent& expected,
                  const OnObjectBytes& on_bytes) override {
    return store_.put_file(key, path, expected, on_bytes);
  }
  Status remove(const std::string& key) override { return store_.remove(key); }
  Result<std::size_t> drop_unfinished(const std::string& prefix, std::int64_t before) override {
    return store_.drop_unfinished(prefix, before);
  }
  bool ignores_conditions = false;

 private:
  ObjectStore& store_;
};

class Mirror : public testing::Test {
 protected:
  Mirror() : remote_(folder_remote(place_.path() / "remote")), store_(*remote_) {}

  MirrorFiles files(const MirrorOptions& options = {}) {
    return MirrorFiles(store_, local_file_system(), place_.path() / "mirror", options);
  }
  Result<DeltaLog> open(MirrorFiles& files) {
    return DeltaLog::open(files, place_.connection(), files.folder() / "t");
  }
  fs::path remote_log() const { return place_.path() / "remote" / "t" / "_delta_log"; }

  StoreFolder place_;
  std::unique_ptr<ObjectStore> remote_;
  CountingStore store_;
};

TEST_F(Mirror, ALogIsReadAndExtendedThere) {
  MirrorFiles mine = files();
  DeltaLog log = open(mine).value();
  EXPECT_FALSE(log.snapshot().version.has_value());
  ASSERT_TRUE(log.try_commit(first_commit()).value());
  ASSERT_TRUE(log.try_commit(adding("a")).value());
  EXPECT_TRUE(fs::exists(remote_log() / entry_name(1)));
  // As another sees it, on the disk that it is.
  DeltaLog other =
      DeltaLog::open(local_file_system(), place_.connection(), place_.path() / "remote" / "t")
          .value();
  EXPECT_EQ(text_of(other.snapshot()), text_of(log.snapshot()));
  ASSERT_TRUE(other.try_commit(adding("b")).value());
  EXPECT_FALSE(log.try_commit(adding("c")).value());
  ASSERT_TRUE(log.refresh({}));
  EXPECT_TRUE(log.snapshot().files.contains("b"));
  ASSERT_TRUE(log.try_commit(adding("c")).value());
}

TEST_F(Mirror, EntriesAreFetchedOnce) {
  {
    MirrorFiles mine = files();
    DeltaLog log = open(mine).value();
    ASSERT_TRUE(log.try_commit(first_commit()).value());
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(log.try_commit(adding(std::to_string(i))).value());
  }
  store_.gets = 0;
  MirrorFiles mine = files();
  EXPECT_EQ(open(mine)->snapshot().version, 8u);
  // The newest, to compare; and the one that is not there.
  EXPECT_EQ(store_.gets, 2);
}

TEST_F(Mirror, ARemoteThatWasMadeAnewIsReadAnew) {
  {
    MirrorFiles mine = files();
    DeltaLog log = open(mine).value();
    ASSERT_TRUE(log.try_commit(first_commit()).value());
    ASSERT_TRUE(log.try_commit(adding("old")).value());
  }
  for (const bool has_entries : {false, true}) {
    fs::remove_all(place_.path() / "remote");
    if (has_entries) {
      DeltaLog log =
          DeltaLog::open(local_file_system(), place_.connection(), place_.path() / "remote" / "t")
              .value();
      ASSERT_TRUE(log.try_commit(first_commit()).value());
      ASSERT_TRUE(log.try_commit(adding("new")).value());
    }
    MirrorFiles mine = files();
    const DeltaLog log = open(mine).value();
    EXPECT_EQ(log.snapshot().version.has_value(), has_entries);
    EXPECT_EQ(log.snapshot().files.contains("new"), has_entries);
    EXPECT_FALSE(log.snapshot().files.contains("old"));
  }
}

TEST_F(Mirror, CheckpointsAreThereForOthers) {
  MirrorFiles mine = files();
  DeltaLog log = open(mine).value();
  ASSERT_TRUE(log.try_commit(first_commit()).value());
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(log.try_commit(adding(std::to_string(i))).value());
  EXPECT_TRUE(fs::exists(remote_log() / checkpoint_name(100)));
  EXPECT_TRUE(fs::exists(remote_log() / "_last_checkpoint"));
  // A reader that trusts it alone sees the table.
  for (int i = 0; i <= 99; ++i) fs::remove(remote_log() / entry_name(i));
  const DeltaLog other =
      DeltaLog::open(local_file_system(), place_.connection(), place_.path() / "remote" / "t")
          .value();
  EXPECT_EQ(other.snapshot().files.size(), 100u);
  for (const auto& entry : fs::directory_iterator(mine.folder() / "t" / "_delta_log"))
    EXPECT_TRUE(parse_entry_name(entry.path().filename().string())) << entry.path();
}

TEST_F(Mirror, AnAnswerThatWasLostIsAskedFor) {
  FaultyObjectStore faulty(store_);
  MirrorFiles mine(faulty, local_file_system(), place_.path() / "mirror", {});
  DeltaLog log = DeltaLog::open(mine, place_.connection(), mine.folder() / "t").value();
  ASSERT_TRUE(log.try_commit(first_commit()).value());
  faulty.lose_answer_of(faulty.steps());
  ASSERT_TRUE(log.try_commit(adding("a")).value());
  EXPECT_EQ(log.snapshot().version, 1u);
}

TEST_F(Mirror, WithoutConditionalPutsOnlyOneMayWrite) {
  store_.ignores_conditions = true;
  MirrorFiles mine = files();
  DeltaLog log = open(mine).value();
  const auto refused = log.try_commit(first_commit());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("--single-writer"), std::string::npos);
  EXPECT_FALSE(fs::exists(remote_log() / entry_name(0)));

  MirrorFiles alone = files({.single_writer = true});
  DeltaLog single = open(alone).value();
  ASSERT_TRUE(single.try_commit(first_commit()).value());
  // What it can see it does not overwrite.
  put_file(remote_log() / entry_name(1), contents_of(remote_log() / entry_name(0)));
  EXPECT_FALSE(single.try_commit(adding("a")).value());
}

}  // namespace
}  // namespace colvec
