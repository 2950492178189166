#include "openapi.h"

#include <gtest/gtest.h>

#include "colvec/json.h"

namespace colvec::server {
namespace {

TEST(OpenApi, DescribesEveryRoute) {
  const Result<Json> document = Json::parse(openapi_json(routes()), "openapi");
  ASSERT_TRUE(document);
  EXPECT_EQ(*document->string("openapi"), "3.1.0");
  for (const Route& route : routes()) {
    const Result<Json> path = document->member("paths")->member(route.pattern);
    ASSERT_TRUE(path) << route.pattern;
    std::string method(name_of(route.method));
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    const Result<Json> operation = path->member(method);
    ASSERT_TRUE(operation) << route.pattern;
    EXPECT_EQ(*operation->string("summary"), route.summary);
    EXPECT_TRUE(operation->member("responses")->has(std::to_string(route.status)));
    EXPECT_EQ(operation->has("requestBody"), !route.body.empty()) << route.pattern;
  }
}

TEST(OpenApi, SaysWhichBodiesAndAnswersThereNeedNotBe) {
  const Json document = *Json::parse(openapi_json(routes()), "openapi");
  const auto operation = [&](std::string_view pattern, std::string_view method) {
    return *document.member("paths")->member(pattern)->member(method);
  };
  const auto is_required = [&](std::string_view pattern) {
    return *operation(pattern, "post").member("requestBody")->boolean_or("required", false);
  };
  EXPECT_FALSE(is_required("/api/v1/datasets/{name}/refresh"));
  EXPECT_TRUE(is_required("/api/v1/datasets/{name}/deploy"));
  const Json answers = *operation("/api/v1/datasets/{name}", "delete").member("responses");
  EXPECT_FALSE(answers.member("204")->has("content"));
  EXPECT_TRUE(answers.member("default")->has("content"));
}

TEST(OpenApi, NamesTheParametersOfPathAndQuery) {
  const Json document = *Json::parse(openapi_json(routes()), "openapi");
  const Json parameters = *document.member("paths")
                               ->member("/api/v1/datasets/{name}/columns/{column}/map")
                               ->member("get")
                               ->member("parameters");
  std::string names;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    names +=
        *parameters.element(i).string("in") + ":" + *parameters.element(i).string("name") + " ";
  EXPECT_EQ(names, "path:name path:column query:color query:points ");
}

}  // namespace
}  // namespace colvec::server
