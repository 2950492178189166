#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "colvec/column_map.h"
#include "colvec/refresh.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

class MapColumn : public testing::Test {
 protected:
  MapColumn() {
    std::ofstream file(home() / "things.csv");
    file << "id,kind,text\n";
    for (int i = 0; i < 60; ++i)
      file << i << "," << (i % 2 == 0 ? "fruit" : "tool") << ","
           << (i % 2 == 0 ? "a ripe red apple number " : "hammer and nails in box ") << i << "\n";
    file << "60,,\n";  // No text, no vector.
    file.close();
    Dataset dataset{.name = "things", .source = {.path = home() / "things.csv"}};
    dataset.columns = {{.name = "id", .is_primary_key = true},
                       {.name = "kind"},
                       {.name = "text", .embedding = EmbeddingStep{.model = "builtin:lexical"}}};
    EXPECT_TRUE(save_dataset(home(), dataset));
  }
  std::filesystem::path home() const { return folder_.path(); }
  Result<ColumnMap> map(const MapOptions& options, std::string_view column = "text") const {
    return map_column(home(), "things", column, options);
  }

  const JobFolder folder_;
};

TEST_F(MapColumn, ShowsEachRowWithItsTextKeyAndColor) {
  ASSERT_TRUE(refresh_dataset(home(), "things", {}));
  const Result<ColumnMap> found = map({.color = "kind"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->rows, 60u);
  ASSERT_EQ(found->points.size(), 60u);
  std::set<std::string> keys;
  double fruit = 0, tools = 0;
  for (const MapPoint& point : found->points) {
    EXPECT_TRUE(keys.insert(point.key).second);
    const bool is_fruit = point.color == "fruit";
    EXPECT_EQ(is_fruit, point.text.starts_with("a ripe red apple"));
    (is_fruit ? fruit : tools) += point.x;
  }
  EXPECT_THAT(keys, testing::Contains("id = 17"));
  // The two kinds lie on two sides of the middle.
  EXPECT_LT(fruit * tools, 0);
  EXPECT_GT(found->variance_explained, 0.2);
}

TEST_F(MapColumn, TakesTheSameSampleEachTime) {
  ASSERT_TRUE(refresh_dataset(home(), "things", {}));
  const ColumnMap first = *map({.points_max = 10});
  EXPECT_EQ(first.points.size(), 10u);
  EXPECT_EQ(first.rows, 60u);
  EXPECT_EQ(to_json(first), to_json(*map({.points_max = 10})));
}

TEST_F(MapColumn, SaysWhatIsMissing) {
  EXPECT_EQ(map({}).error().code, ErrorCode::kNotFound);  // Nothing was refreshed.
  ASSERT_TRUE(refresh_dataset(home(), "things", {}));
  EXPECT_EQ(map({}, "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(map({}, "kind").error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(map({.color = "none"}).error().message,
              testing::AllOf(testing::StartsWith("color: dataset "),
                             testing::HasSubstr(": no such column: none (there: ")));
}

}  // namespace
}  // namespace colvec
