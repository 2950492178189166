#include "remote/s3_multipart.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>

#include "base/clock.h"
#include "remote/remote_fixture.h"

namespace colvec {
namespace {

constexpr std::size_t kFileBytes = (70u << 20) + 5;  // Five parts, four to a list at a time.

class S3Multipart : public testing::Test {
 protected:
  static FakeS3& s3() {
    static FakeS3 server;
    return server;
  }
  void SetUp() override {
    if (!s3().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    client_ = std::move(S3Client::open("bucket", "s3://bucket", s3().options()).value());
  }
  // What the object `key` has become.
  std::string object(const std::string& key) {
    return client_->send({.key = key, .body_bytes_max = 2 * kFileBytes}, key).value().body;
  }
  Status put(const std::string& key, const std::string& bytes, std::int64_t* moved = nullptr) {
    const PositionedFile file = PositionedFile::open_to_read(folder_.file("file", bytes)).value();
    std::atomic<std::int64_t> total = 0;
    Status status = put_in_parts(
        *client_, key, key,
        {.file = &file, .size = bytes.size(), .headers = {{"x-amz-meta-test", "seen"}}},
        [&](std::int64_t count) { total += count; });
    if (moved != nullptr) *moved = total;
    return status;
  }

  RemoteFolder folder_;
  std::unique_ptr<S3Client> client_;
};

TEST(S3MultipartParts, AreNeverMoreThanTenThousand) {
  EXPECT_EQ(part_bytes_of(kMultipartAbove + 1), 16u << 20);
  for (const std::uint64_t size : {std::uint64_t{1} << 40, (std::uint64_t{5} << 40) + 1}) {
    const std::uint64_t bytes = part_bytes_of(size);
    EXPECT_LE((size + bytes - 1) / bytes, 10'000u);
  }
}

TEST_F(S3Multipart, ThePartsBecomeOneObject) {
  const std::string bytes = some_bytes(kFileBytes);
  std::int64_t moved = 0;
  const Status status = put("whole", bytes, &moved);
  ASSERT_TRUE(status.has_value()) << status.error().message;
  EXPECT_EQ(moved, static_cast<std::int64_t>(kFileBytes));
  EXPECT_TRUE(object("whole") == bytes);
  EXPECT_EQ(client_->send({.method = "HEAD", .key = "whole"}, "")->header("x-amz-meta-test"),
            "seen");
  EXPECT_TRUE(list_unfinished(*client_, "", "")->empty());
}

TEST_F(S3Multipart, GoesOnWhereItStopped) {
  const std::string bytes = some_bytes(kFileBytes, 1);
  // The last of its parts fails for good.
  s3().fail_next("status=403&code=AccessDenied&method=PUT&contains=partNumber=5");
  ASSERT_FALSE(put("resumed", bytes).has_value());
  EXPECT_EQ(list_unfinished(*client_, "resumed", "")->size(), 1u);
  const std::uint64_t before = s3().count("PUT");
  std::int64_t moved = 0;
  ASSERT_TRUE(put("resumed", bytes, &moved).has_value());
  EXPECT_LT(s3().count("PUT"), before + 5);
  EXPECT_EQ(moved, static_cast<std::int64_t>(kFileBytes));
  EXPECT_TRUE(object("resumed") == bytes);
  EXPECT_TRUE(list_unfinished(*client_, "", "")->empty());
}

TEST_F(S3Multipart, PartsOfAnotherFileAreNotTakenAndStay) {
  s3().fail_next("status=403&code=AccessDenied&method=PUT&contains=partNumber=5");
  ASSERT_FALSE(put("other", some_bytes(kFileBytes, 2)).has_value());
  const std::string bytes = some_bytes(kFileBytes, 3);
  ASSERT_TRUE(put("other", bytes).has_value());
  EXPECT_TRUE(object("other") == bytes);
  // Somebody may be at work on it, and comes to the end, too.
  const auto left = list_unfinished(*client_, "other", "").value();
  ASSERT_EQ(left.size(), 1u);
  ASSERT_TRUE(put("other", some_bytes(kFileBytes, 2)).has_value());
  EXPECT_TRUE(object("other") == some_bytes(kFileBytes, 2));
  EXPECT_TRUE(list_unfinished(*client_, "other", "")->empty());
}

TEST_F(S3Multipart, AnUploadThatSomebodyDropsBeginsAnew) {
  const std::string bytes = some_bytes(kFileBytes, 6);
  s3().fail_next("status=404&code=NoSuchUpload&method=PUT&contains=partNumber=4");
  std::int64_t moved = 0;
  const Status status = put("dropped", bytes, &moved);
  ASSERT_TRUE(status.has_value()) << status.error().message;
  EXPECT_EQ(moved, static_cast<std::int64_t>(kFileBytes));
  EXPECT_TRUE(object("dropped") == bytes);
}

TEST_F(S3Multipart, AnUploadThatSomebodyHasCompletedIsDone) {
  const std::string bytes = some_bytes(kFileBytes, 7);
  ASSERT_TRUE(put("shared", bytes).has_value());
  const std::uint64_t before = s3().count("POST");
  s3().fail_next("status=404&code=NoSuchUpload&method=PUT&contains=partNumber=4");
  std::int64_t moved = 0;
  ASSERT_TRUE(put("shared", bytes, &moved).has_value());
  EXPECT_EQ(moved, static_cast<std::int64_t>(kFileBytes));
  EXPECT_EQ(s3().count("POST"), before + 1);  // It began, and had no need to end.
}

TEST_F(S3Multipart, ALostAnswerToTheLastRequestIsNoFailure) {
  const std::string bytes = some_bytes(kFileBytes, 4);
  s3().fail_next("lose=1&method=POST&contains=uploadId");
  const Status status = put("lost", bytes);
  ASSERT_TRUE(status.has_value()) << status.error().message;
  EXPECT_TRUE(object("lost") == bytes);
}

TEST_F(S3Multipart, AFailureInsideASuccessIsTriedAgain) {
  s3().fail_next("status=200&code=InternalError&method=POST&contains=uploadId");
  EXPECT_TRUE(put("inside", some_bytes(kFileBytes, 5)).has_value());
}

TEST_F(S3Multipart, KeysThatMayNotListPutAllTheSame) {
  const std::string bytes = some_bytes(kFileBytes, 8);
  s3().fail_next("status=403&code=AccessDenied&method=GET&contains=uploads");
  const Status unlisted = put("unlisted", bytes);
  EXPECT_TRUE(unlisted.has_value()) << unlisted.error().message;
  // Nor the parts of an upload that they may list: it begins anew.
  s3().fail_next("status=403&code=AccessDenied&method=PUT&contains=partNumber=5");
  ASSERT_FALSE(put("parts", bytes).has_value());
  s3().fail_next("status=403&code=AccessDenied&method=GET&contains=part-number-marker");
  std::int64_t moved = 0;
  const Status put_anew = put("parts", bytes, &moved);
  ASSERT_TRUE(put_anew.has_value()) << put_anew.error().message;
  EXPECT_EQ(moved, static_cast<std::int64_t>(kFileBytes));
  EXPECT_TRUE(object("parts") == bytes);
  const auto store = s3().open("s3://bucket");
  EXPECT_EQ(store->drop_unfinished("parts", now_ms() + 60'000).value(), 1u);
}

TEST_F(S3Multipart, WhatTheKeysMayNotDropStays) {
  ASSERT_TRUE(client_->send({.method = "POST", .key = "kept/1", .query = {{"uploads", ""}}}, ""));
  const auto store = s3().open("s3://bucket");
  for (const char* method : {"GET", "DELETE"}) {
    SCOPED_TRACE(method);
    s3().fail_next(std::string("status=403&code=AccessDenied&contains=upload&method=") + method);
    EXPECT_EQ(store->drop_unfinished("kept/", now_ms() + 60'000).value(), 0u);
  }
  // Other failures are failures.
  s3().fail_next("status=403&code=InvalidAccessKeyId&method=GET&contains=uploads");
  EXPECT_FALSE(store->drop_unfinished("kept/", now_ms() + 60'000).has_value());
  EXPECT_EQ(store->drop_unfinished("kept/", now_ms() + 60'000).value(), 1u);
}

TEST_F(S3Multipart, UnfinishedUploadsAreListedOverPagesAndDropped) {
  for (int i = 0; i < 7; ++i)
    ASSERT_TRUE(client_->send(
        {.method = "POST", .key = "page/" + std::to_string(i / 2), .query = {{"uploads", ""}}},
        ""));
  const auto uploads = list_unfinished(*client_, "page/", "").value();
  EXPECT_EQ(uploads.size(), 7u);
  const auto store = s3().open("s3://bucket");
  EXPECT_EQ(store->drop_unfinished("page/", now_ms() - 60'000).value(), 0u);
  EXPECT_EQ(store->drop_unfinished("page/", now_ms() + 60'000).value(), 7u);
  EXPECT_TRUE(list_unfinished(*client_, "page/", "")->empty());
}

}  // namespace
}  // namespace colvec
