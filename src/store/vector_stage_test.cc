#include "store/vector_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "store/column_store_fixture.h"
#include "store/rows_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

TEST(VectorStage, CommitsWhatWaitsAndLeavesOutWhatIsThere) {
  SmallStore small(false);
  auto stage = VectorStage::open(small.store(), SmallStore::set('a'), 2);
  ASSERT_TRUE(stage.has_value());
  EXPECT_TRUE(stage->commit());  // Nothing: no version.
  EXPECT_EQ(*small.store().vectors().snapshot().version, 0u);

  const std::vector<std::string_view> texts = {"a", "bad", "c"};
  const std::vector<float> vectors = {1, 2, NAN, 4, 5, 6};
  const std::vector<TextReport> reports = {{3, false}, {4, false}, {5, true}};
  ASSERT_TRUE(stage->add(texts, vectors, reports));
  EXPECT_EQ(stage->bytes(), 2 * 2 * sizeof(float));
  ASSERT_TRUE(stage->commit());
  EXPECT_EQ(stage->bytes(), 0u);
  EXPECT_EQ(stage->vectors_added(), 2u);
  ASSERT_TRUE(stage->add(texts, vectors, reports));
  ASSERT_TRUE(stage->commit());
  EXPECT_EQ(stage->vectors_added(), 2u);
  EXPECT_EQ(*small.store().vectors().snapshot().version, 1u);

  const std::string table = small.store().vectors_sql(*small.store().view(), SmallStore::set('a'));
  EXPECT_THAT(small.rows("SELECT text_value, embedding, token_count, truncated FROM " + table +
                         " ORDER BY text_value"),
              ElementsAre("a|[1.0, 2.0]|3|false", "c|[5.0, 6.0]|5|true"));
}

TEST(VectorStage, KeepsWhatCouldNotBeAppended) {
  StoreFolder folder;
  FaultyFileSystem files(folder.path());
  const auto store = open_cache(files, folder.database(), folder.path() / "s");
  auto stage = VectorStage::open(*store, first_set(), 2);
  ASSERT_TRUE(stage.has_value());
  const std::vector<std::string_view> texts = {"a", "b"};
  const std::vector<float> vectors = {1, 2, 3, 4};
  const std::vector<TextReport> reports(2);
  ASSERT_TRUE(stage->add(texts, vectors, reports));
  for (int i = 0; i < 2; ++i) {
    files.fail_step(files.steps());
    EXPECT_EQ(stage->commit().error().code, ErrorCode::kIo);
  }
  ASSERT_TRUE(stage->add(std::vector<std::string_view>{"c", "d"}, vectors, reports));
  ASSERT_TRUE(stage->commit());
  EXPECT_EQ(stage->vectors_added(), 4u);
}

TEST(VectorStage, TakesMoreTextsThanAChunk) {
  SmallStore small(false);
  auto stage = VectorStage::open(small.store(), SmallStore::set('a'), 1);
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back("text " + std::to_string(i));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<float> vectors(texts.size(), 1.0f);
  const std::vector<TextReport> reports(texts.size());
  ASSERT_TRUE(stage->add(views, vectors, reports));
  ASSERT_TRUE(stage->commit());
  EXPECT_EQ(stage->vectors_added(), 5000u);
}

}  // namespace
}  // namespace colvec
