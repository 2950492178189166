#include "answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec::server {
namespace {

RequestHead head_of(const std::string& target) {
  RequestHead head;
  head.method = "GET";
  head.target = *parse_target(target);
  return head;
}

TEST(Answer, HasErrorsInTheShapeOfTheApiThatWasAsked) {
  const Error error{ErrorCode::kNotFound, "model: no such model: x"};
  const Response own = error_answer(head_of("/api/v1/jobs"), error);
  EXPECT_EQ(own.status, 404);
  EXPECT_EQ(own.body, R"({"error":{"code":"not found","message":"model: no such model: x"}})");
  const Response openai = error_answer(head_of("/v1/embeddings"), error);
  EXPECT_EQ(openai.status, 404);
  EXPECT_EQ(openai.body,
            R"({"error":{"message":"model: no such model: x","type":"invalid_request_error",)"
            R"("param":"model","code":"not found"}})");
}

TEST(Answer, NamesTheParameterOnlyWhereAMessageBeginsWithOne) {
  const auto body = [](std::string_view message) {
    return error_answer(head_of("/v1/embeddings"), 400, message).body;
  };
  EXPECT_THAT(body("input[3]: must not be empty"), testing::HasSubstr(R"("param":"input")"));
  EXPECT_THAT(body("inputs: x"), testing::HasSubstr(R"("param":null)"));
  EXPECT_THAT(body("model"), testing::HasSubstr(R"("param":null)"));
}

TEST(Answer, SaysWhatAClientCanDo) {
  const auto header = [](int status) {
    const Response response = error_answer({}, status, "x");
    return response.headers.back().name + ": " + response.headers.back().value;
  };
  EXPECT_EQ(header(401), "WWW-Authenticate: Bearer");
  EXPECT_EQ(header(429), "Retry-After: 1");
  EXPECT_EQ(header(503), "Retry-After: 1");
}

}  // namespace
}  // namespace colvec::server
