#include "page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

constexpr PageFile kFiles[] = {
    {"/assets/index-1a.js", "script", "text/javascript", "1", "gz"},
    {"/index.html", "page", "text/html", "2", ""},
};

std::optional<Response> get(const std::string& target, std::vector<Header> headers = {},
                            std::string method = "GET") {
  RequestHead head;
  head.method = std::move(method);
  head.target = *parse_target(target);
  head.headers = std::move(headers);
  return page_answer(head, kFiles);
}

std::string header(const Response& response, std::string_view name) {
  for (const Header& h : response.headers)
    if (h.name == name) return h.value;
  return "";
}

TEST(Page, HasFilesByTheirPath) {
  EXPECT_EQ(get("/assets/index-1a.js")->content(), "script");
  EXPECT_THAT(header(*get("/assets/index-1a.js"), "Cache-Control"),
              testing::HasSubstr("immutable"));
  EXPECT_EQ(get("/index.html")->content(), "page");
  EXPECT_EQ(header(*get("/index.html"), "Cache-Control"), "no-cache");
}

TEST(Page, ShowsItselfForPathsOfItsOwn) {
  EXPECT_EQ(get("/")->content(), "page");
  EXPECT_EQ(get("/datasets/products")->content(), "page");
  EXPECT_EQ(get("/datasets/products/columns/a%2Fb")->content(), "page");
  EXPECT_EQ(get("/datasets/products.v2")->content(), "page");
  EXPECT_EQ(get("/datasets/products/columns/meta.title")->content(), "page");
  EXPECT_EQ(get("/datasets/products/columns/..%2Fa")->content(), "page");
  EXPECT_FALSE(get("/assets/none.js"));
  EXPECT_FALSE(get("/assets/..%2f../etc/passwd"));
  EXPECT_FALSE(get("/..%5c..%5cetc/passwd"));
  EXPECT_FALSE(get("/", {}, "POST"));
}

TEST(Page, IsNotSentAgainToWhoHasIt) {
  EXPECT_EQ(get("/", {{"If-None-Match", "\"2\""}})->status, 304);
  EXPECT_EQ(get("/", {{"If-None-Match", "\"2\""}})->content(), "");
  EXPECT_EQ(get("/", {{"If-None-Match", "\"1\""}})->status, 200);
}

TEST(Page, IsCompressedForWhoTakesThat) {
  for (const char* accepted :
       {"gzip", "br, gzip;q=0.5", "gzip, deflate, br", "deflate,gzip ;q=1.0"}) {
    const Response response = *get("/assets/index-1a.js", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(response.content(), "gz") << accepted;
    EXPECT_EQ(header(response, "Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(header(response, "ETag"), "\"1-gzip\"");
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding");
  }
  for (const char* accepted : {"", "br", "gzip;q=0", "gzip; q=0.0, br", "x-gzip"}) {
    const Response response = *get("/assets/index-1a.js", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(response.content(), "script") << accepted;
    EXPECT_EQ(header(response, "Content-Encoding"), "") << accepted;
    EXPECT_EQ(header(response, "ETag"), "\"1\"");
  }
  EXPECT_EQ(get("/index.html", {{"Accept-Encoding", "gzip"}})->content(), "page");
}

TEST(Page, IsNothingWhereNoneWasBuilt) {
  RequestHead head;
  head.method = "GET";
  head.target = *parse_target("/");
  EXPECT_FALSE(page_answer(head, {}));
}

}  // namespace
}  // namespace colvec::server
