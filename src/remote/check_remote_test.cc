#include "remote/check_remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote/remote_fixture.h"

namespace colvec {
namespace {

std::string failures_of(const RemoteReport& report) {
  std::string lines;
  for (const RemoteCheck& check : report.checks)
    if (!check.is_good) lines += check.name + ": " + check.detail + "\n";
  return lines;
}

TEST(CheckRemote, AFolderCanDoAll) {
  const RemoteFolder folder;
  const auto store = std::move(open_object_store(folder.path().string(), {}).value());
  const RemoteReport report = check_object_store(*store);
  EXPECT_EQ(failures_of(report), "");
  EXPECT_TRUE(report.is_usable);
  EXPECT_TRUE(report.has_many_writers);
  EXPECT_TRUE(list_all(*store, "")->empty());
  EXPECT_TRUE(probe_conditional_puts(*store).value());
  EXPECT_TRUE(list_all(*store, "")->empty());
}

TEST(CheckRemote, AnS3CanDoAll) {
  const FakeS3 s3;
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  const auto store = s3.open();
  EXPECT_EQ(failures_of(check_object_store(*store)), "");
  EXPECT_TRUE(list_all(*store, "")->empty());
}

TEST(CheckRemote, WithoutConditionalPutsItIsForOneWriter) {
  const FakeS3 s3({"--no-conditions"});
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  const auto store = s3.open();
  const RemoteReport report = check_object_store(*store);
  EXPECT_TRUE(report.is_usable);
  EXPECT_FALSE(report.has_many_writers);
  EXPECT_THAT(failures_of(report), ::testing::HasSubstr("put if absent: If-None-Match is ignored"));
  EXPECT_FALSE(probe_conditional_puts(*store).value());
}

// A server that knows no conditions may refuse the first such put, as a folder without hard links.
TEST(CheckRemote, ARefusalOfConditionsIsAnAnswer) {
  FakeS3 s3;
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  const auto store = s3.open();
  s3.fail_next("status=501&code=NotImplemented&method=PUT");
  const Result<bool> has_them = probe_conditional_puts(*store);
  ASSERT_TRUE(has_them.has_value()) << has_them.error().message;
  EXPECT_FALSE(*has_them);
}

TEST(CheckRemote, ARemoteThatCannotBeReachedIsNotUsable) {
  FakeS3 s3;
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  const auto store = s3.open();
  s3.stop();
  const RemoteReport report = check_object_store(*store);
  EXPECT_FALSE(report.is_usable);
  EXPECT_EQ(report.checks.size(), 1u);
  EXPECT_FALSE(probe_conditional_puts(*store).has_value());
}

}  // namespace
}  // namespace colvec
