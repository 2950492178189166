#include "hub/repo_name.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(RepoName, HasAnOrgANameAndMaybeARevision) {
  const RepoName plain = parse_repo_name("intfloat/e5-small-v2").value();
  EXPECT_EQ(plain.org, "intfloat");
  EXPECT_EQ(plain.name, "e5-small-v2");
  EXPECT_EQ(plain.revision, "");
  EXPECT_EQ(plain.revision_or_main(), "main");
  const RepoName pinned = parse_repo_name("A_b/c.d@refs/pr/1").value();
  EXPECT_EQ(pinned.text(), "A_b/c.d");
  EXPECT_EQ(pinned.full_text(), "A_b/c.d@refs/pr/1");
  EXPECT_EQ(pinned.revision_or_main(), "refs/pr/1");
}

// Each would be another path or URL than it seems, or is no name of a hub.
TEST(RepoName, RefusesEverythingElse) {
  for (const char* text :
       {"",          "/",      "name",     "a/",      "/b",     "a/b/c",  "./a",
        "../a",      "a/..",   "a/b..c",   "a--b/c",  "a/b--c", "-a/b",   "a/b-",
        ".a/b",      "a/b.",   "a b/c",    "a/b?c",   "a/b#c",  "a/b%2f", "a/b@",
        "a/b@../c",  "a/b@/c", "a/b@c//d", "a/b@c d", "a/b@-c", "a\n/b",  "builtin:lexical",
        "/tmp/model"}) {
    EXPECT_FALSE(find_repo_name(text).has_value()) << text;
    ASSERT_FALSE(parse_repo_name(text).has_value()) << text;
    EXPECT_EQ(parse_repo_name(text).error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(find_repo_name("a/" + std::string(97, 'b')).has_value());
  EXPECT_TRUE(find_repo_name("a/" + std::string(96, 'b')).has_value());
}

TEST(RepoName, ACommitIsFortyHexDigits) {
  EXPECT_TRUE(is_commit("0123456789abcdef0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit("0123456789abcdef0123456789abcdef0123456"));
  EXPECT_FALSE(is_commit("0123456789ABCDEF0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit("main"));
}

}  // namespace
}  // namespace colvec
