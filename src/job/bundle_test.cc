#include "colvec/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/refresh_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A bundle of a dataset with the texts a, b and c.
class BundleTest : public testing::Test {
 protected:
  BundleTest() {
    home_.write(RefreshHome::values("(1, 'a'), (2, 'b'), (3, 'c')"));
    home_.save({.model = "m"});
    home_.refresh();
    EXPECT_TRUE(deploy_dataset(home_.home(), "wares", bundle_, deploy_options()));
    home_.opened.clear();
    home_.encoder.forget();
  }
  DeployOptions deploy_options() {
    DeployOptions options;
    options.open_encoder = home_.options().open_encoder;
    return options;
  }
  Result<BundleEncoded> encode(const std::string& select) {
    return encode(select, home_.options());
  }
  Result<BundleEncoded> encode(const std::string& select, const RefreshOptions& options) {
    return encode_with_bundle(bundle_, {.path = home_.write(select, "in.parquet")}, output_,
                              options);
  }
  std::vector<std::string> written(const std::string& items) {
    return home_.rows("SELECT " + items + " FROM read_parquet('" + output_.string() + "')");
  }

  RefreshHome home_;
  const fs::path bundle_ = home_.path() / "bundle";
  const fs::path output_ = home_.path() / "out.parquet";
};

TEST_F(BundleTest, KnownTextsNeedNoModelAndNoKey) {
  const auto encoded = encode("SELECT * FROM (VALUES ('c', 1), (NULL, 2), ('a', 3)) v(text, x)");
  ASSERT_TRUE(encoded.has_value()) << encoded.error().message;
  EXPECT_EQ(encoded->rows, 3u);
  EXPECT_THAT(home_.opened, IsEmpty());
  EXPECT_THAT(written("text, x, text_embedding_from"),
              ElementsAre("c|1|store", "NULL|2|NULL", "a|3|store"));
}

TEST_F(BundleTest, NewTextsGetTheVectorsOfTheModelOnceTheSelfCheckIsThrough) {
  const auto encoded = encode(RefreshHome::values("(7, 'new'), (8, 'a'), (9, 'new')"));
  ASSERT_TRUE(encoded.has_value()) << encoded.error().message;
  EXPECT_EQ(encoded->columns.front().texts_missing, 1u);
  EXPECT_EQ(encoded->columns.front().texts_embedded, 1u);
  EXPECT_THAT(written("text_embedding_from"), ElementsAre("model", "store", "model"));
  EXPECT_EQ(home_.encoder.encoded().back(), "new");
  // Nothing is left beside the output.
  for (const auto& entry : fs::directory_iterator(home_.path()))
    EXPECT_THAT(entry.path().string(), testing::Not(HasSubstr(".tmp")));
}

TEST_F(BundleTest, ACancelWritesNothing) {
  CancelToken cancel;
  cancel.request();
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  const auto encoded = encode(RefreshHome::values("(7, 'new')"), options);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(output_));
}

TEST_F(BundleTest, AnotherModelThanTheBundlesIsRefused) {
  EXPECT_NEAR(verify_bundle(bundle_, deploy_options())->cosine_min, 1, 1e-12);
  home_.encoder.info_.fingerprint = std::string(64, 'b');
  EXPECT_EQ(verify_bundle(bundle_, deploy_options()).error().code, ErrorCode::kConflict);
  EXPECT_EQ(encode(RefreshHome::values("(7, 'new')")).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(fs::exists(output_));
}

TEST_F(BundleTest, InputThatHasNoTextOfTheBundleIsRefused) {
  EXPECT_THAT(encode("SELECT 1 AS id").error().message,
              HasSubstr("has none of the text columns of the bundle: text"));
  EXPECT_THAT(encode("SELECT 1 AS text").error().message, HasSubstr("text is INTEGER: must be"));
  EXPECT_THAT(encode("SELECT 'a' AS text, 1 AS text_embedding_from").error().message,
              HasSubstr("a column text_embedding_from already"));
}

}  // namespace
}  // namespace colvec
