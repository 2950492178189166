#include "guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

RequestHead head_with(std::vector<Header> headers, std::string method = "GET") {
  RequestHead head;
  head.method = std::move(method);
  head.headers = std::move(headers);
  return head;
}

struct Sender {
  std::string name;
  std::vector<Header> headers;
  int status;  // 0: let through.
};
void PrintTo(const Sender& sender, std::ostream* out) { *out << sender.name; }

class Senders : public testing::TestWithParam<Sender> {};

TEST_P(Senders, AreLetThroughByHostAndOrigin) {
  const Guard guard({.hosts = {"vectors.example"}, .origins = {"https://app.example"}});
  const std::optional<Refusal> refusal = guard.check_sender(head_with(GetParam().headers));
  EXPECT_EQ(refusal ? refusal->status : 0, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Senders,
    testing::Values(
        Sender{"localhost", {{"Host", "localhost:8080"}}, 0},
        Sender{"upper case", {{"Host", "LOCALHOST"}}, 0},
        Sender{"IPv4", {{"Host", "127.0.0.1:1"}}, 0}, Sender{"IPv6", {{"Host", "[::1]:8080"}}, 0},
        Sender{"named", {{"Host", "vectors.example:443"}}, 0}, Sender{"none", {}, 400},
        Sender{"rebound name", {{"Host", "evil.example"}}, 403},
        Sender{"looks like localhost", {{"Host", "localhost.evil.example"}}, 403},
        Sender{"broken port", {{"Host", "localhost:80x"}}, 403},
        Sender{"own page", {{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}}, 0},
        Sender{"another port", {{"Host", "localhost:1"}, {"Origin", "http://localhost:2"}}, 403},
        Sender{"another site", {{"Host", "localhost"}, {"Origin", "https://evil.example"}}, 403},
        Sender{"hidden origin", {{"Host", "localhost"}, {"Origin", "null"}}, 403},
        Sender{"named origin", {{"Host", "localhost"}, {"Origin", "https://app.example"}}, 0},
        Sender{"cross site", {{"Host", "localhost"}, {"Sec-Fetch-Site", "cross-site"}}, 403},
        Sender{"same site, not same origin",
               {{"Host", "localhost"}, {"Sec-Fetch-Site", "same-site"}},
               403},
        Sender{"typed in", {{"Host", "localhost"}, {"Sec-Fetch-Site", "none"}}, 0},
        Sender{"a link followed",
               {{"Host", "localhost"},
                {"Sec-Fetch-Site", "cross-site"},
                {"Sec-Fetch-Mode", "navigate"},
                {"Sec-Fetch-Dest", "document"}},
               0},
        Sender{"in a frame",
               {{"Host", "localhost"},
                {"Sec-Fetch-Site", "cross-site"},
                {"Sec-Fetch-Mode", "navigate"},
                {"Sec-Fetch-Dest", "iframe"}},
               403}));

TEST(Guard, AsksForTheTokenWhereThereIsOne) {
  const Guard guard({.token = "0123456789abcdef"});
  const auto status = [&](std::vector<Header> headers) {
    const std::optional<Refusal> refusal = guard.check_token(head_with(std::move(headers)));
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(status({{"Authorization", "Bearer 0123456789abcdef"}}), 0);
  EXPECT_EQ(status({{"authorization", "bearer 0123456789abcdef"}}), 0);
  EXPECT_EQ(status({}), 401);
  EXPECT_EQ(status({{"Authorization", "Bearer 0123456789abcdeF"}}), 401);
  EXPECT_EQ(status({{"Authorization", "Bearer 0123456789abcdef0"}}), 401);
  EXPECT_EQ(status({{"Authorization", "Bearer "}}), 401);
  EXPECT_EQ(status({{"Authorization", "Basic 0123456789abcdef"}}), 401);
  EXPECT_EQ(status({{"Authorization", "Bearer 0123456789abcdef"}, {"Authorization", "Bearer x"}}),
            401);
  EXPECT_FALSE(Guard({}).check_token(head_with({})));
}

TEST(Guard, ComparesSecretsOfAnyLength) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abcabc"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_FALSE(same_secret("abc", ""));
  EXPECT_FALSE(same_secret("", "a"));
}

TEST(Guard, AllowsNoOtherOriginUnlessNamed) {
  const auto names_of = [](const Response& response) {
    std::vector<std::string> names;
    for (const Header& header : response.headers) names.push_back(header.name);
    return names;
  };
  Response response;
  Guard({}).add_headers(head_with({{"Origin", "https://app.example"}}), &response);
  EXPECT_THAT(names_of(response), testing::IsEmpty());
  EXPECT_THAT(response.header_lines, testing::HasSubstr("script-src 'self'"));

  const Guard guard({.origins = {"https://app.example"}});
  const RequestHead preflight = head_with(
      {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}}, "OPTIONS");
  EXPECT_TRUE(guard.is_preflight(preflight));
  response = {};
  guard.add_headers(preflight, &response);
  EXPECT_THAT(names_of(response), testing::Contains("Access-Control-Allow-Methods"));
  EXPECT_THAT(response.headers, testing::Contains(testing::AllOf(
                                    testing::Field(&Header::name, "Access-Control-Expose-Headers"),
                                    testing::Field(&Header::value,
                                                   "Retry-After, X-Colvec-Shape, X-Colvec-Tokens, "
                                                   "X-Colvec-Truncated"))));
  response = {};
  guard.add_headers(head_with({{"Origin", "https://evil.example"}}), &response);
  EXPECT_THAT(names_of(response), testing::ElementsAre("Vary"));
}

}  // namespace
}  // namespace colvec::server
