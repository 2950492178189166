// What is S3's own; object_store_test.cc has what all stores do.
#include "remote/s3_store.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "remote/remote_fixture.h"

namespace colvec {
namespace {

class S3StoreTest : public testing::Test {
 protected:
  static FakeS3& s3() {
    static FakeS3 server;
    return server;
  }
  void SetUp() override {
    if (!s3().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    store_ = s3().open();
  }
  RemoteFolder folder_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(S3StoreTest, DamageOnTheWayPasses) {
  ASSERT_TRUE(store_->put("key", some_bytes(1000), {}));
  const auto path = folder_.path() / "file";
  s3().fail_next("damage=1&method=GET&count=2");
  EXPECT_TRUE(store_->get("key", 1000)->bytes == some_bytes(1000));
  s3().fail_next("damage=1&method=GET&count=2");
  ASSERT_TRUE(store_->get_file("key", path, {.size = 1000}, {}));
  EXPECT_TRUE(read_file(path, 1000).value() == some_bytes(1000));
}

TEST_F(S3StoreTest, DamageThatStaysIsNamed) {
  ASSERT_TRUE(store_->put("key", some_bytes(1000), {}));
  s3().fail_next("damage=1&method=GET&count=6");
  const auto object = store_->get("key", 1000);
  ASSERT_FALSE(object.has_value());
  EXPECT_EQ(object.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(object.error().message,
            "s3://bucket/some prefix/key: damaged: its checksum is not that of its bytes");
  EXPECT_EQ(store_->get_file("key", folder_.path() / "file", {.size = 1000}, {}).error().code,
            ErrorCode::kCorruption);
}

TEST_F(S3StoreTest, FilesComeWholeFromAServerThatFails) {
  const std::string bytes = some_bytes((70u << 20));
  const auto up = folder_.file("up", bytes);
  for (const char* how : {"cut=1&count=3", "status=503&count=3", "lose=1&count=3"}) {
    std::atomic<std::int64_t> moved = 0;
    const OnObjectBytes count = [&](std::int64_t more) { moved += more; };
    s3().fail_next(how);
    const Status put = store_->put_file("large", up, {.size = bytes.size()}, count);
    ASSERT_TRUE(put.has_value()) << put.error().message;
    EXPECT_EQ(moved, static_cast<std::int64_t>(bytes.size()));
    moved = 0;
    s3().fail_next(how);
    const Status got =
        store_->get_file("large", folder_.path() / "down", {.size = bytes.size()}, count);
    ASSERT_TRUE(got.has_value()) << got.error().message;
    EXPECT_EQ(moved, static_cast<std::int64_t>(bytes.size()));
    EXPECT_TRUE(read_file(folder_.path() / "down", 80u << 20).value() == bytes);
  }
}

TEST_F(S3StoreTest, IfMatchIsSentInTheFormThatTheServerTakes) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--quotes"}}) {
    FakeS3 server(arguments);
    const auto store = server.open();
    const std::string etag = store->put("key", "first", {})->etag;
    EXPECT_TRUE(store->put("key", "second", {.if_match = etag})->is_done);
    EXPECT_FALSE(store->put("key", "third", {.if_match = etag})->is_done);
  }
}

TEST_F(S3StoreTest, HeadSaysWhyItFails) {
  // HEAD, which is not told why; then GET, with the keys that it has and with those of the files.
  s3().fail_next("status=400&code=ExpiredToken&count=3");
  const auto info = store_->head("key");
  ASSERT_FALSE(info.has_value());
  EXPECT_NE(info.error().message.find("get new ones"), std::string::npos) << info.error().message;
  s3().fail_next("status=301&code=PermanentRedirect&Region=eu-west-1&count=2");
  EXPECT_NE(store_->head("key").error().message.find("AWS_REGION=eu-west-1"), std::string::npos);
}

TEST_F(S3StoreTest, NamesTheBucketThatIsNotThere) {
  const auto store = std::move(open_object_store("s3://nobucket/x", s3().options()).value());
  const auto listed = list_all(*store, "");
  ASSERT_FALSE(listed.has_value());
  EXPECT_EQ(listed.error().code, ErrorCode::kNotFound);
  EXPECT_NE(listed.error().message.find("no such bucket"), std::string::npos)
      << listed.error().message;
  // A bucket that is missing is not an object that is already gone.
  EXPECT_FALSE(store->remove("key").has_value());
}

}  // namespace
}  // namespace colvec
