// What every object store must do, over a folder, over an S3 of our own (fake_s3.py), and over the
// one that COLVEC_TEST_S3_URL names, if there is one (tests/remote_test.py names a radosgw).
#include "remote/object_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/io_threads.h"
#include "base/uuid.h"
#include "remote/remote_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

FileContent content_of(const std::string& bytes) {
  return {.size = bytes.size(), .xxh3 = xxh3_hex(std::as_bytes(std::span(bytes)))};
}

class AnObjectStore : public testing::TestWithParam<std::string> {
 protected:
  static FakeS3& s3() {
    static FakeS3 server;
    return server;
  }

  void SetUp() override {
    if (GetParam() == "folder") {
      store_ = std::move(open_object_store((folder_.path() / "remote").string(), {}).value());
    } else if (GetParam() == "fake") {
      if (!s3().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
      store_ = s3().open("s3://bucket/" + new_uuid());
    } else {
      const char* url = std::getenv("COLVEC_TEST_S3_URL");
      if (url == nullptr) GTEST_SKIP() << "SKIPPED: COLVEC_TEST_S3_URL names no S3";
      store_ = std::move(open_object_store(std::string(url) + "/" + new_uuid(), {}).value());
    }
  }

  bool put(const std::string& key, const std::string& bytes, const PutCondition& condition = {}) {
    const auto put = store_->put(key, bytes, condition);
    EXPECT_TRUE(put.has_value()) << put.error().message;
    return put && put->is_done;
  }
  std::string bytes_of(const std::string& key) {
    const auto object = store_->get(key, 200u << 20);
    return object ? object->bytes : "error: " + object.error().message;
  }

  RemoteFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, AnObjectStore, testing::Values("folder", "fake", "s3"),
                         [](const auto& one) { return one.param; });

TEST_P(AnObjectStore, GivesBackWhatWasPut) {
  for (const std::string& bytes : {std::string(), std::string("x"), some_bytes(300'000)}) {
    EXPECT_TRUE(put("a/key", bytes));
    EXPECT_TRUE(bytes_of("a/key") == bytes);
    EXPECT_EQ(store_->head("a/key")->size, bytes.size());
  }
}

TEST_P(AnObjectStore, KeysMayHaveAnyCharacters) {
  const std::vector<std::string> keys = {
      "a b/c d", "a+b",     "a=b/c=d",         "\xC3\xA9\xE6\xBC\xA2",
      "100%25",  "q?x&y#z", "'single' (b)!*~", "a//b"};
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) EXPECT_TRUE(put(keys[i], keys[i]));
  EXPECT_EQ(store_->put(keys.back(), "x", {}).error().code, ErrorCode::kInvalidArgument);
  const std::vector<ObjectInfo> listed = list_all(*store_, "").value();
  ASSERT_EQ(listed.size(), keys.size() - 1);
  for (const ObjectInfo& info : listed) {
    EXPECT_EQ(bytes_of(info.key), info.key);
    EXPECT_TRUE(store_->remove(info.key).has_value());
  }
  EXPECT_TRUE(list_all(*store_, "")->empty());
}

TEST_P(AnObjectStore, MissingObjectsAreNotFound) {
  EXPECT_EQ(store_->get("none", 10).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->head("none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->get_range("none", 0, 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->get_file("none", folder_.path() / "f", {}, {}).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(store_->remove("none").has_value());
  EXPECT_TRUE(list_all(*store_, "none/")->empty());
}

TEST_P(AnObjectStore, BoundsWhatIsTakenIntoMemory) {
  put("key", "0123456789");
  EXPECT_EQ(store_->get("key", 9).error().code, ErrorCode::kCorruption);
  EXPECT_TRUE(store_->get("key", 10).has_value());
}

TEST_P(AnObjectStore, GivesParts) {
  put("key", "0123456789");
  EXPECT_EQ(store_->get_range("key", 3, 4).value(), "3456");
  EXPECT_EQ(store_->get_range("key", 8, 10).value(), "89");
}

TEST_P(AnObjectStore, ListsInOrderOverAllPages) {
  std::vector<std::string> keys;
  for (int i = 0; i < 8; ++i)
    for (const std::string folder : {"a", "a!", "b", "b/c"}) {
      keys.push_back(folder + "/" + std::to_string(i));
      ASSERT_TRUE(put(keys.back(), "x"));
    }
  std::sort(keys.begin(), keys.end());
  const auto keys_of = [](const std::vector<ObjectInfo>& objects) {
    std::vector<std::string> found;
    for (const ObjectInfo& info : objects) found.push_back(info.key);
    return found;
  };
  EXPECT_EQ(keys_of(list_all(*store_, "").value()), keys);
  const std::vector<ObjectInfo> below = list_all(*store_, "b/").value();
  EXPECT_EQ(below.size(), 16u);
  const std::vector<ObjectInfo> after = list_all(*store_, "b/", "b/4").value();
  EXPECT_EQ(keys_of(after).front(), "b/5");
  EXPECT_EQ(after.size(), 11u);
  EXPECT_EQ(after.front().size, 1u);
  // Within a minute of our clock.
  EXPECT_LT(std::abs(after.front().modified_ms - now_ms()), 60'000);
  EXPECT_LT(std::abs(store_->head("b/5")->modified_ms - now_ms()), 60'000);
}

TEST_P(AnObjectStore, PutsIfAbsent) {
  EXPECT_TRUE(put("key", "first", {.if_absent = true}));
  EXPECT_FALSE(put("key", "second", {.if_absent = true}));
  EXPECT_EQ(bytes_of("key"), "first");
}

TEST_P(AnObjectStore, OfManyWhoPutIfAbsentOneSucceeds) {
  std::atomic<int> winners = 0;
  ASSERT_TRUE(for_each_io(12, 12, [&](std::size_t i) -> Status {
    COLVEC_ASSIGN(const PutResult result,
                  store_->put("one", std::to_string(i), {.if_absent = true}));
    winners += result.is_done ? 1 : 0;
    return {};
  }));
  EXPECT_EQ(winners, 1);
}

TEST_P(AnObjectStore, ReplacesWhatIsStillTheSame) {
  const std::string first = store_->put("key", "first", {})->etag;
  EXPECT_EQ(store_->get("key", 10)->etag, first);
  EXPECT_EQ(store_->head("key")->etag, first);
  const auto second = store_->put("key", "second", {.if_match = first}).value();
  EXPECT_TRUE(second.is_done);
  EXPECT_NE(second.etag, first);
  EXPECT_FALSE(put("key", "third", {.if_match = first}));
  EXPECT_EQ(bytes_of("key"), "second");
  EXPECT_FALSE(put("none", "x", {.if_match = first}));
  EXPECT_EQ(store_->head("none").error().code, ErrorCode::kNotFound);
}

TEST_P(AnObjectStore, MovesFilesBothWaysAndCountsTheirBytes) {
  // Above 64 MiB they move in parts.
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1'000'000}, (std::size_t{64} << 20) + 3}) {
    const std::string bytes = some_bytes(size);
    const fs::path up = folder_.file("up", bytes);
    std::atomic<std::int64_t> moved = 0;
    const OnObjectBytes count = [&](std::int64_t more) { moved += more; };
    const Status put = store_->put_file("a/file", up, content_of(bytes), count);
    ASSERT_TRUE(put.has_value()) << put.error().message;
    EXPECT_EQ(moved, static_cast<std::int64_t>(size));
    // Longer than what comes.
    const fs::path down = folder_.file("down", bytes + "more");
    moved = 0;
    const Status got = store_->get_file("a/file", down, content_of(bytes), count);
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(moved, static_cast<std::int64_t>(size));
    EXPECT_TRUE(read_file(down, 100u << 20).value() == bytes);
  }
}

TEST_P(AnObjectStore, RefusesWhatIsNotTheContentExpected) {
  const std::string bytes = some_bytes(1000);
  const fs::path up = folder_.file("up", bytes);
  const fs::path down = folder_.path() / "down";
  EXPECT_EQ(store_->put_file("key", up, content_of("other"), {}).error().code,
            ErrorCode::kCorruption);
  EXPECT_EQ(store_->put_file("key", up, {.size = 999}, {}).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(store_->head("key").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(store_->put_file("key", up, {.size = 1000}, {}));
  EXPECT_EQ(store_->get_file("key", down, content_of(some_bytes(1000, 1)), {}).error().code,
            ErrorCode::kCorruption);
  EXPECT_EQ(store_->get_file("key", down, {.size = 1001}, {}).error().code, ErrorCode::kCorruption);
  EXPECT_TRUE(store_->get_file("key", down, {.size = 1000}, {}).has_value());
}

TEST_P(AnObjectStore, CannotReadAFileThatIsNotThere) {
  EXPECT_EQ(store_->put_file("key", folder_.path() / "none", {}, {}).error().code,
            ErrorCode::kNotFound);
}

TEST(ObjectStoreUrl, SaysWhatItMayBe) {
  for (const char* url : {"", "http://host/x", "s3://", "s3:///x", "s3://AK:SECRET@bucket/x",
                          "s3://b/x?y", "s3://b/a/../c", "file://relative", "gs://b/x"}) {
    const auto store = open_object_store(
        url, {.environment =
                  environment_of({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}})});
    ASSERT_FALSE(store.has_value()) << url;
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument) << url;
    EXPECT_EQ(store.error().message.find("SECRET"), std::string::npos) << store.error().message;
  }
}

TEST(ObjectStoreUrl, AFileUrlIsAFolder) {
  const RemoteFolder folder;
  const auto store =
      std::move(open_object_store("file://" + folder.path().string() + "/a%20b", {}).value());
  ASSERT_TRUE(store->put("key", "x", {}));
  EXPECT_TRUE(fs::exists(folder.path() / "a b" / "key"));
}

TEST(ObjectKey, IsAPath) {
  for (const std::string& key :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."),
        std::string("a/../b"), std::string("\xFF"), std::string("a\0b", 3), std::string(1025, 'x')})
    EXPECT_FALSE(check_object_key(key).has_value()) << key;
  EXPECT_TRUE(check_object_key(std::string(1024, 'x')).has_value());
  EXPECT_TRUE(check_object_key("a/.b/c..d").has_value());
}

}  // namespace
}  // namespace colvec
