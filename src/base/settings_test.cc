#include "base/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json json(const std::string& text) { return Json::parse(text, "here").value(); }

TEST(Settings, TextIsNotEmptyAndHasNoNulByte) {
  std::string text;
  EXPECT_TRUE(read_text(json("\"a\""), &text).has_value());
  EXPECT_EQ(text, "a");
  EXPECT_THAT(read_text(json("\"\""), &text).error().message, HasSubstr("must not be empty"));
  EXPECT_THAT(read_text(json("\"a\\u0000\""), &text).error().message, HasSubstr("NUL"));
  EXPECT_FALSE(read_text(json("1"), &text).has_value());
}

TEST(Settings, WholeNumbersHaveBounds) {
  std::size_t number = 0;
  EXPECT_TRUE(read_whole(json("3"), 1, 3, &number).has_value());
  EXPECT_EQ(number, 3u);
  for (const char* wrong : {"0", "4", "-1", "1.5", "\"2\"", "null"})
    EXPECT_THAT(read_whole(json(wrong), 1, 3, &number).error().message,
                HasSubstr("here: must be a whole number from 1 to 3: "))
        << wrong;
}

TEST(Settings, NamesAreOneOrAList) {
  std::vector<std::string> names;
  EXPECT_TRUE(read_names(json("\"a\""), &names).has_value());
  EXPECT_THAT(names, ElementsAre("a"));
  EXPECT_TRUE(read_names(json("[\"a\", \"b\"]"), &names).has_value());
  EXPECT_THAT(names, ElementsAre("a", "b"));
  for (const char* wrong : {"[]", "[1]", "{}", "[\"\"]"})
    EXPECT_FALSE(read_names(json(wrong), &names).has_value()) << wrong;
}

TEST(Settings, WordsSayWhatIsAllowed) {
  Policy policy = Policy::kKeep;
  for (const Policy each : {Policy::kSkip, Policy::kKeep, Policy::kError}) {
    EXPECT_TRUE(read_policy(json(json_quote(name_of(each))), &policy).has_value());
    EXPECT_EQ(policy, each);
  }
  EXPECT_THAT(read_policy(json("\"drop\""), &policy).error().message,
              HasSubstr("here: must be one of skip, keep, error: \"drop\""));
  Precision precision = Precision::kF32;
  for (const Precision each :
       {Precision::kAuto, Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    EXPECT_TRUE(read_precision(json(json_quote(name_of(each))), &precision).has_value());
    EXPECT_EQ(precision, each);
  }
  EXPECT_FALSE(read_precision(json("16"), &precision).has_value());
}

TEST(Settings, AnUnknownKeyNamesTheNearest) {
  constexpr std::array<std::string_view, 2> kKnown = {"model", "dimension"};
  EXPECT_EQ(unknown_key("here", "dimensions", kKnown).value().message,
            "here: unknown key: dimensions (did you mean dimension?)");
  EXPECT_EQ(unknown_key("here", "zzz", kKnown).value().message, "here: unknown key: zzz");
}

}  // namespace
}  // namespace colvec
