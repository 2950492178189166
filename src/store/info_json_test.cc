#include <gtest/gtest.h>

#include "colvec/json.h"
#include "colvec/store.h"

namespace colvec {
namespace {

TEST(InfoJson, HasAllMembersAndNullForACacheWithoutKeys) {
  StoreInfo info;
  info.vectors_version = 3;
  info.bytes = 1000;
  info.models = {{.model = "f0123456789abcdef",
                  .name = "builtin:lexical",
                  .precision = "f32",
                  .dimension = 384,
                  .vectors = 7,
                  .active = true}};
  const Json cache = Json::parse(to_json(info), "info").value();
  EXPECT_TRUE(cache.member("keys_version").value().is_null());
  EXPECT_EQ(cache.member("key_columns").value().size(), 0u);
  EXPECT_EQ(cache.unsigned_number("vectors_version"), 3u);
  const Json model = cache.member("models").value().element(0);
  EXPECT_EQ(model.string("name"), "builtin:lexical");
  EXPECT_EQ(model.unsigned_number("dimension"), 384u);
  EXPECT_EQ(model.boolean("active"), true);

  info.key_columns = {"product_id BIGINT"};
  info.keys_version = 2;
  const Json keyed = Json::parse(to_json(info), "info").value();
  EXPECT_EQ(keyed.unsigned_number("keys_version"), 2u);
  EXPECT_EQ(keyed.member("key_columns").value().element(0).as_string(), "product_id BIGINT");
}

}  // namespace
}  // namespace colvec
