#include "store/open_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rows_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;

TEST(OpenStore, OpensWhatIsThere) {
  SmallStore small;
  small.add({{1, "one"}});
  const auto opened = open_store(small.path(), {}, nullptr);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(opened->store->has_keys());
}

TEST(OpenStore, SaysWhatIsWrong) {
  const StoreFolder folder;
  EXPECT_EQ(open_store(folder.path() / "none", {}, nullptr).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none"));
  EXPECT_THAT(open_store(folder.path(), {.memory_limit = "much"}, nullptr).error().message,
              HasSubstr("memory_limit"));
  EXPECT_THAT(open_store(folder.path() / "a*b", {}, nullptr).error().message, HasSubstr("a*b"));
}

}  // namespace
}  // namespace colvec
