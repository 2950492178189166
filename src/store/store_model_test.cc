#include "store/store_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testdata.h"

namespace colvec {
namespace {

using ::testing::StartsWith;

const StoreModel kModel = {.fingerprint = std::string(64, 'a'),
                           .name = "org/\"name\"",
                           .made_of = R"({"kind":"test","n":[1,2]})",
                           .dimension = 384};

TEST(StoreModel, IsKeptAsJson) {
  const std::string json = to_json(kModel);
  COLVEC_ASSERT_ASSIGN(const StoreModel back, parse_store_model(json, "here"));
  EXPECT_EQ(back.fingerprint, kModel.fingerprint);
  EXPECT_EQ(back.name, kModel.name);
  EXPECT_EQ(back.made_of, kModel.made_of);
  EXPECT_EQ(back.dimension, 384u);
}

TEST(StoreModel, MayBeOfUnknownMake) {
  StoreModel model = kModel;
  model.made_of.clear();
  EXPECT_EQ(parse_store_model(to_json(model), "here")->made_of, "");
}

TEST(StoreModel, EveryFlippedByteIsNoticed) {
  const std::string json = to_json(kModel);
  // But for the line end behind it.
  for (std::size_t i = 0; i + 1 < json.size(); ++i) {
    std::string damaged = json;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const auto model = parse_store_model(damaged, "here");
    // A checksum that is called otherwise is none.
    if (model && damaged.find("xxh3_128") == std::string::npos) continue;
    ASSERT_FALSE(model) << damaged;
    EXPECT_EQ(model.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(model.error().message, StartsWith("here"));
  }
  for (std::size_t size = 0; size + 2 < json.size(); ++size)
    EXPECT_FALSE(parse_store_model(json.substr(0, size), "here"));
}

TEST(StoreModel, RefusesOtherJson) {
  for (
      const char* json :
      {"", "{}", "[]", R"({"fingerprint":"aa","name":"","dimension":2})",
       R"({"fingerprint":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX","name":"","dimension":2})",
       R"({"fingerprint":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","name":"","dimension":-2})"})
    EXPECT_EQ(parse_store_model(json, "here").error().code, ErrorCode::kCorruption) << json;
}

}  // namespace
}  // namespace colvec
