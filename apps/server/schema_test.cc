#include "schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

constexpr Field kFields[] = {
    {"name", "string"},        {"count", "integer?"}, {"share", "number?"},
    {"is_new", "boolean?"},    {"kind", "'a'|'bc'?"}, {"names", "[string]?"},
    {"by_name", "{integer}?"}, {"anything", "any?"},  {"inside", "object?"},
};
constexpr Schema kSchema{"Thing", "A thing", kFields};
constexpr Schema kOpen{"Open", "Takes more", kFields, true};

std::string problem(std::string_view json, const Schema& schema = kSchema) {
  const Status status = check_body(*Json::parse(json, "body"), schema);
  return status ? "" : status.error().message;
}

TEST(Schema, TakesWhatFits) {
  EXPECT_EQ(problem(R"({"name": "x"})"), "");
  EXPECT_EQ(problem(R"({"name": "", "count": -1, "share": 0.5, "is_new": false, "kind": "bc",
                        "names": [], "by_name": {"a": 1}, "anything": [1, {}], "inside": {}})"),
            "");
  EXPECT_EQ(problem(R"({"name": "x", "count": null})"), "");
  EXPECT_EQ(problem(R"({"name": "x", "more": 1})", kOpen), "");
}

struct Wrong {
  std::string_view json;
  std::string_view says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.json; }

class WrongBody : public testing::TestWithParam<Wrong> {};

TEST_P(WrongBody, IsRefusedByFieldAndValue) {
  EXPECT_THAT(problem(GetParam().json), testing::HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongBody,
    testing::Values(Wrong{"[]", "must be an object"}, Wrong{"{}", "missing: name"},
                    Wrong{R"({"name": null})", "missing: name"},
                    Wrong{R"({"name": 5})", "name: must be a text"},
                    Wrong{R"({"name": "x", "count": 1.5})", "count: must be a whole number"},
                    Wrong{R"({"name": "x", "share": "1"})", "share: must be a number"},
                    Wrong{R"({"name": "x", "is_new": 1})", "is_new: must be true or false"},
                    Wrong{R"({"name": "x", "kind": "b"})", "kind: must be one of a, bc"},
                    Wrong{R"({"name": "x", "names": "a"})", "names: must be a list"},
                    Wrong{R"({"name": "x", "names": ["a", 1]})", "must be a text"},
                    Wrong{R"({"name": "x", "by_name": {"a": "b"}})", "must be a whole number"},
                    Wrong{R"({"name": "x", "nmae": 1})", "unknown: nmae (known: name, count"}));

TEST(Schema, IsWrittenAsJsonSchema) {
  JsonWriter json;
  constexpr Field kTwo[] = {{"kind", "'a'|'b'"}, {"things", "[Thing]?", "All"}};
  write_schema({"Two", "Two fields", kTwo}, &json);
  EXPECT_EQ(json.take(),
            R"({"type":"object","description":"Two fields","required":["kind"],"properties":)"
            R"({"kind":{"anyOf":[{"type":"string","enum":["a","b"]}]},)"
            R"("things":{"description":"All","anyOf":[{"type":"array","items":)"
            R"({"$ref":"#/components/schemas/Thing"}},{"type":"null"}]}}})");
}

}  // namespace
}  // namespace colvec::server
