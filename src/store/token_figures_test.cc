#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/store.h"
#include "store/column_store.h"
#include "store/store_fixture.h"
#include "store/vector_stage.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TokenFigures, CountTheTokensOfTheModelThatIsAsked) {
  StoreFolder folder;
  const std::string fingerprint(64, 'a');
  const VectorSet set = vector_set_of(fingerprint, "f32");
  const std::unique_ptr<ColumnStore> store = *ColumnStore::open_or_create(
      local_file_system(), folder.database(), folder.path() / "store", {});
  ASSERT_TRUE(store->add_model({.fingerprint = fingerprint, .name = "m", .dimension = 1}));
  VectorStage stage = *VectorStage::open(*store, set, 1);
  const std::vector<std::string_view> texts = {"a", "b", "c", "d"};
  const std::vector<float> vectors = {1, 2, 3, 4};
  const std::vector<TextReport> reports = {{3, false}, {8, false}, {10, false}, {512, true}};
  ASSERT_TRUE(stage.add(texts, vectors, reports));
  ASSERT_TRUE(stage.commit());

  const std::unique_ptr<Store> opened = *Store::open(folder.path() / "store", {});
  const Result<StoreTokens> tokens = opened->tokens(set.model, "f32");
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens->texts, 4u);
  EXPECT_EQ(tokens->truncated, 1u);
  EXPECT_EQ(tokens->tokens_max, 512u);
  EXPECT_DOUBLE_EQ(tokens->tokens_mean, 533.0 / 4);
  EXPECT_THAT(tokens->histogram, ElementsAre(Pair("1-8", 2), Pair("9-16", 1), Pair("257-512", 1)));
  EXPECT_EQ(opened->tokens("f" + std::string(16, 'b'), "f32").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
