#include "route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "schema.h"

namespace colvec::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string pattern_of(const RouteMatch& match) {
  return match.route == kNoRoute ? "" : std::string(routes()[match.route].pattern);
}

RouteMatch match(std::string_view method, std::string_view target) {
  return match_route(routes(), method, *parse_target(target));
}

TEST(Route, TakesThePartsInBraces) {
  const RouteMatch found = match("GET", "/api/v1/datasets/a%2Fb/columns/c/map?points=5");
  EXPECT_EQ(pattern_of(found), "/api/v1/datasets/{name}/columns/{column}/map");
  EXPECT_THAT(found.parameters, ElementsAre("a/b", "c"));
}

TEST(Route, PrefersTheEarlierOfTwoThatFit) {
  EXPECT_EQ(pattern_of(match("POST", "/api/v1/datasets/propose")), "/api/v1/datasets/propose");
}

TEST(Route, AnswersHeadWhereGetIsAnswered) {
  EXPECT_EQ(pattern_of(match("HEAD", "/health")), "/health");
}

TEST(Route, SaysWhichMethodsAreRight) {
  const RouteMatch found = match("PATCH", "/api/v1/datasets/a");
  EXPECT_EQ(found.route, kNoRoute);
  EXPECT_THAT(found.allowed, ElementsAre(Method::kGet, Method::kPut, Method::kDelete));
}

TEST(Route, HasNothingForOtherPaths) {
  for (const char* target : {"/", "/api", "/api/v1", "/health/", "/health/x", "/api/v1/jobs/a/b"}) {
    EXPECT_EQ(match("GET", target).route, kNoRoute) << target;
    EXPECT_THAT(match("GET", target).allowed, IsEmpty()) << target;
  }
}

// A type of schema.h, with its brackets and words taken away: the name of a schema, or "".
std::string schema_in(std::string_view type) {
  while (type.starts_with('[') || type.starts_with('{')) type = type.substr(1, type.size() - 2);
  const std::set<std::string_view> basics = {"string", "integer", "number", "boolean",
                                             "object", "any",     ""};
  return basics.contains(type) || type.starts_with('\'') ? "" : std::string(type);
}

TEST(Routes, NameOnlySchemasThatThereAre) {
  std::set<std::string> known;
  for (const Schema& schema : schemas()) EXPECT_TRUE(known.emplace(schema.name).second);
  const auto check = [&](std::string_view type, std::string_view where) {
    const std::string name = schema_in(type);
    EXPECT_TRUE(name.empty() || known.contains(name)) << where << ": " << name;
  };
  for (const Route& route : routes()) {
    check(route.answer, route.pattern);
    check(route.body, route.pattern);
  }
  for (const Schema& schema : schemas())
    for (const Field& field : schema.fields)
      check(field.type.substr(0, field.type.size() - field.type.ends_with('?')), schema.name);
}

TEST(Routes, AskForTheTokenEverywhereButForHealth) {
  for (const Route& route : routes())
    EXPECT_EQ(route.needs_token, route.pattern != "/health") << route.pattern;
}

}  // namespace
}  // namespace colvec::server
