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

TEST(OpenStore, DuckDbGetsAPartOfTheLimit) {
  const StoreFolder folder;
  const auto limit_of = [&](const std::string& memory_limit) {
    Database database =
        open_store_database(folder.path() / "s", {.memory_limit = memory_limit}).value();
    Connection connection = database.connect().value();
    return connection.query("SELECT current_setting('memory_limit')")->text(0, 0);
  };
  EXPECT_EQ(limit_of("10000MiB"), "5.8 GiB");
  EXPECT_EQ(limit_of("1000MiB"), "600.0 MiB");
  EXPECT_EQ(limit_of("600MB"), "457.7 MiB");
  EXPECT_EQ(limit_of("100MiB"), "80.0 MiB");
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
