#include "base/http_retry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test_server.h"

namespace colvec {
namespace {

constexpr BackoffOptions kQuick{.first_ms = 1, .longest_ms = 2, .attempts_max = 4};

class HttpRetry : public testing::Test {
 protected:
  HttpRetry() : client_([](const std::string&) { return std::nullopt; }) {}

  static TestServer& server() {
    static TestServer server("http_server.py");
    return server;
  }
  void SetUp() override {
    if (!server().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  }

  // Asks for the paths in turn, the last one again and again.
  HttpResult send(const std::vector<std::string>& paths, const CancelToken* cancel = nullptr) {
    tries_ = 0;
    return send_with_retries(client_, kQuick, [&]() -> HttpRequest {
      const std::string& path = paths[std::min(tries_, paths.size() - 1)];
      ++tries_;
      return {.url = server().url(path), .cancel = cancel};
    });
  }

  HttpClient client_;
  std::size_t tries_ = 0;
};

TEST_F(HttpRetry, TriesAgainAfterWhatPasses) {
  const HttpResult response =
      send({"/status/503", "/reset", "/status/429?Retry-After=0", "/bytes/3"});
  ASSERT_TRUE(response.has_value()) << response.error().error.message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(tries_, 4u);
}

TEST_F(HttpRetry, OtherAnswersAreFinal) {
  for (const char* status : {"200", "301", "400", "401", "403", "404", "416", "422"}) {
    const HttpResult response = send({"/status/" + std::string(status)});
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(std::to_string(response->status), status);
    EXPECT_EQ(tries_, 1u) << status;
  }
}

TEST_F(HttpRetry, GivesUpWithTheLastAnswerOrFailure) {
  const HttpResult answer = send({"/status/502"});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 502);
  EXPECT_EQ(tries_, 4u);
  const HttpResult failure = send({"/reset"});
  ASSERT_FALSE(failure.has_value());
  EXPECT_NE(failure.error().error.message.find("(gave up after 4 tries)"), std::string::npos);
  EXPECT_EQ(tries_, 4u);
}

TEST_F(HttpRetry, WhatCannotPassIsNotTriedAgain) {
  const HttpResult failure =
      send_with_retries(client_, kQuick, []() -> HttpRequest { return {.url = "ftp://x/"}; });
  ASSERT_FALSE(failure.has_value());
  EXPECT_EQ(failure.error().error.code, ErrorCode::kInvalidArgument);
}

TEST_F(HttpRetry, ACancelEndsThePause) {
  CancelToken cancel;
  const BackoffOptions slow{.first_ms = 60'000, .longest_ms = 60'000, .attempts_max = 4};
  const HttpResult failure = send_with_retries(client_, slow, [&]() -> HttpRequest {
    cancel.request();
    return {.url = server().url("/status/503"), .cancel = &cancel};
  });
  ASSERT_FALSE(failure.has_value());
  EXPECT_EQ(failure.error().error.code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace colvec
