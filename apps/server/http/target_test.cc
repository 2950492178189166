#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Target, DecodesEachPartOfThePathByItself) {
  const Result<Target> target = parse_target("/api/v1/datasets/my%20table%2Fa/columns/%C3%A4");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path,
              ElementsAre("api", "v1", "datasets", "my table/a", "columns", "\xC3\xA4"));
  EXPECT_THAT(target->query, IsEmpty());
}

TEST(Target, ReadsAQueryAsAFormWritesIt) {
  const Result<Target> target = parse_target("/x?a=1+2&b=%2B&c&&d=");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->query,
              ElementsAre(Pair("a", "1 2"), Pair("b", "+"), Pair("c", ""), Pair("d", "")));
  EXPECT_EQ(target->parameter("a"), "1 2");
  EXPECT_FALSE(target->parameter("e"));
}

TEST(Target, KeepsTheHostOfAnAbsoluteTarget) {
  const Result<Target> target = parse_target("http://localhost:8080/a?b=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->authority, "localhost:8080");
  EXPECT_THAT(target->path, ElementsAre("a"));
  EXPECT_THAT(parse_target("http://localhost")->path, IsEmpty());
}

TEST(Target, TellsAPathThatEndsInASlash) {
  EXPECT_FALSE(parse_target("/")->ends_in_slash);
  EXPECT_TRUE(parse_target("/a/")->ends_in_slash);
  EXPECT_EQ(parse_target("/a/")->shown_path(), "/a/");
  EXPECT_EQ(parse_target("/")->shown_path(), "/");
}

class RefusedTarget : public testing::TestWithParam<std::string> {};

TEST_P(RefusedTarget, IsAnInvalidArgument) {
  const Result<Target> target = parse_target(GetParam());
  ASSERT_FALSE(target) << GetParam();
  EXPECT_EQ(target.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(target.error().message, testing::StartsWith("request target: "));
}

std::string many_parameters() {
  std::string target = "/a?";
  for (int i = 0; i < 33; ++i) target += "p" + std::to_string(i) + "=1&";
  return target;
}

std::string many_parts() {
  std::string target;
  for (int i = 0; i < 33; ++i) target += "/a";
  return target;
}

INSTANTIATE_TEST_SUITE_P(Targets, RefusedTarget,
                         testing::Values("", "a", "*", "//a", "/a//b", "/a/../b",
                                         "/%2e%2e/etc/passwd", "/a/.", "/%2E", "/a%", "/a%2",
                                         "/a%zz", "/a%00b", "/a%0Ab", "/a%7f", "/%ff", "/%C0%AF",
                                         "/a#b", "/a?b=%ff", "/a?b=%00", "/a?%0A=1", "/a?a=1&a=2",
                                         "http:///a", "http://", many_parameters(), many_parts(),
                                         "/" + std::string(kTargetBytesMax, 'a')));

}  // namespace
}  // namespace colvec::server
