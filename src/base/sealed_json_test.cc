#include "base/sealed_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace colvec {
namespace {

using testing::HasSubstr;

TEST(SealedJson, IsJsonAndFits) {
  const std::string sealed = seal_json("{\"a\":[1,2]}\n");
  EXPECT_THAT(sealed, testing::StartsWith("{\"a\":[1,2],\"xxh3_128\":\""));
  EXPECT_TRUE(check_seal(sealed, "here").has_value());
  EXPECT_EQ(Json::parse(sealed, "here")->keys().size(), 2u);
}

TEST(SealedJson, EveryChangedByteIsNoticed) {
  const std::string sealed = seal_json("{\"name\":\"x\",\"size\":12}");
  for (std::size_t i = 0; i + 1 < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(check_seal(changed, "here").has_value()) << i;
  }
  for (std::size_t size = 0; size + 1 < sealed.size(); ++size)
    EXPECT_FALSE(check_seal(sealed.substr(0, size), "here").has_value()) << size;
}

TEST(SealedJson, SaysWhere) {
  EXPECT_THAT(check_seal("{}", "bundle.json").error().message,
              HasSubstr("bundle.json: damaged: it has no checksum"));
}

}  // namespace
}  // namespace colvec
