#include "base/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "base/json.h"

namespace colvec {
namespace {

TEST(JsonWriter, WritesObjectsAndListsOnOneLine) {
  JsonWriter json;
  json.begin_object().key("a").number(std::uint64_t{1}).key("b").begin_list();
  json.text("x").boolean(true).null().begin_object().end_object().begin_list().end_list();
  json.end_list().key("c").number(std::int64_t{-2}).end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":["x",true,null,{},[]],"c":-2})");
}

TEST(JsonWriter, WritesTextsAsAList) {
  JsonWriter json;
  json.begin_object().key("a").texts({"x", "\""}).key("b").texts({}).end_object();
  EXPECT_EQ(json.take(), R"({"a":["x","\""],"b":[]})");
}

TEST(JsonWriter, IndentsForPeople) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("list").begin_list().number(0.5).json("{\"raw\":1}").end_list();
  json.key("none").begin_object().end_object().end_object();
  EXPECT_EQ(json.take(), "{\n  \"list\": [\n    0.5,\n    {\"raw\":1}\n  ],\n  \"none\": {}\n}\n");
}

TEST(JsonWriter, EscapesTextAndNames) {
  JsonWriter json;
  json.begin_object().key("a\"b").text("line\nbreak \\ \xff").end_object();
  const std::string text = json.take();
  const Json parsed = Json::parse(text, "text").value();
  EXPECT_EQ(parsed.string("a\"b").value(), "line\nbreak \\ \xEF\xBF\xBD");
}

TEST(JsonWriter, NumbersAreTheSameAgain) {
  for (const double number : {0.1, 1e300, 1.0 / 3, -0.0, 12345678901234.0}) {
    JsonWriter json;
    json.number(number);
    EXPECT_EQ(Json::parse(json.take(), "number")->as_number().value(), number);
  }
  JsonWriter json;
  json.begin_list().number(std::numeric_limits<double>::quiet_NaN());
  json.number(std::numeric_limits<double>::infinity()).end_list();
  EXPECT_EQ(json.take(), "[null,null]");
}

TEST(JsonWriter, RoundsToTheDigitsAskedFor) {
  JsonWriter json;
  json.begin_list().rounded(2.0 / 3, 4).rounded(12345678.96, 1).rounded(5, 2).rounded(41.7, 0);
  json.rounded(1e21, 1).rounded(-0.25, 2).rounded(std::numeric_limits<double>::infinity(), 1);
  json.rounded(std::numeric_limits<double>::quiet_NaN(), 0).end_list();
  EXPECT_EQ(json.take(), "[0.6667,12345679.0,5.00,42,1000000000000000000000.0,-0.25,null,null]");
}

}  // namespace
}  // namespace colvec
