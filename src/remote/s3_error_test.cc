#include "remote/s3_error.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

HttpResponse answer(int status, const std::string& members) {
  return {.status = status,
          .headers = {{"date", "Sat, 21 Nov 2026 10:00:00 GMT"}},
          .body = members.empty() ? "" : "<Error>" + members + "</Error>"};
}

S3Settings some_settings() {
  S3Settings settings;
  settings.signer = {.access_key = "AK", .secret_key = "SECRET", .region = "us-east-1"};
  settings.found_in = "the environment";
  settings.endpoint = "https://host";
  return settings;
}

TEST(S3Error, SaysWhatToDo) {
  struct Case {
    int status;
    std::string members;
    ErrorCode code;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {404, "<Code>NoSuchKey</Code>", ErrorCode::kNotFound, "no such object"},
      {404, "", ErrorCode::kNotFound, "no such object"},
      {404, "<Code>NoSuchBucket</Code>", ErrorCode::kNotFound, "no such bucket at https://host"},
      {403, "<Code>AccessDenied</Code>", ErrorCode::kInvalidArgument, "access denied to PUT"},
      {403, "", ErrorCode::kInvalidArgument, "access denied to PUT"},
      {403, "<Code>InvalidAccessKeyId</Code>", ErrorCode::kInvalidArgument,
       "https://host does not know the access key (the environment)"},
      {403, "<Code>SignatureDoesNotMatch</Code><StringToSign>SECRET</StringToSign>",
       ErrorCode::kInvalidArgument, "the secret key does not fit"},
      {403, "<Code>RequestTimeTooSkewed</Code>", ErrorCode::kInvalidArgument,
       "this machine's clock is wrong: set it (the server says Sat, 21 Nov 2026"},
      {400, "<Code>ExpiredToken</Code>", ErrorCode::kInvalidArgument, "has expired: get new ones"},
      {301, "<Code>PermanentRedirect</Code>", ErrorCode::kInvalidArgument, "set AWS_REGION"},
      {400, "<Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region>",
       ErrorCode::kInvalidArgument, "set AWS_REGION=eu-west-1"},
      {501, "<Code>NotImplemented</Code><Message>no</Message>", ErrorCode::kUnsupported,
       "the server cannot do this: PUT no"},
      {503, "<Code>SlowDown</Code><Message>a\nb</Message>", ErrorCode::kIo,
       "PUT was answered 503 SlowDown: a b"},
      {400, "<Code>Odd</Code>", ErrorCode::kInvalidArgument, "PUT was answered 400 Odd"},
      {418, "", ErrorCode::kInvalidArgument, "PUT was answered 418"}};
  for (const Case& one : cases) {
    const HttpResponse response = answer(one.status, one.members);
    const Error error =
        s3_error(response, s3_failure_of(response), some_settings(), "s3://b/k", "PUT");
    EXPECT_EQ(error.code, one.code) << error.message;
    EXPECT_TRUE(error.message.starts_with("s3://b/k: ")) << error.message;
    EXPECT_NE(error.message.find(one.expected), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("SECRET"), std::string::npos) << error.message;
  }
}

TEST(S3Error, TheHeaderNamesTheRegionToo) {
  HttpResponse response = answer(301, "");
  response.headers.push_back({"x-amz-bucket-region", "eu-west-2"});
  EXPECT_EQ(s3_failure_of(response).region, "eu-west-2");
}

TEST(S3Error, KnowsWhatMayPass) {
  const auto may_pass = [](int status, const std::string& members) {
    const HttpResponse response = answer(status, members);
    return may_pass_later(response, s3_failure_of(response));
  };
  EXPECT_TRUE(may_pass(503, ""));
  EXPECT_TRUE(may_pass(429, ""));
  EXPECT_TRUE(may_pass(500, "<Code>InternalError</Code>"));
  EXPECT_TRUE(may_pass(409, "<Code>ConditionalRequestConflict</Code>"));
  EXPECT_TRUE(may_pass(400, "<Code>RequestTimeout</Code>"));
  EXPECT_FALSE(may_pass(403, "<Code>AccessDenied</Code>"));
  EXPECT_FALSE(may_pass(404, ""));
  EXPECT_FALSE(may_pass(501, ""));
}

TEST(S3Error, ARightThatIsMissingIsNotAKeyThatIsWrong) {
  const auto is_denied = [](int status, const std::string& members) {
    const HttpResponse response = answer(status, members);
    return is_access_denied(
        s3_error(response, s3_failure_of(response), some_settings(), "s3://bucket", "GET"));
  };
  EXPECT_TRUE(is_denied(403, "<Code>AccessDenied</Code>"));
  EXPECT_TRUE(is_denied(403, ""));
  EXPECT_FALSE(is_denied(403, "<Code>InvalidAccessKeyId</Code>"));
  EXPECT_FALSE(is_denied(403, "<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_FALSE(is_denied(400, "<Code>ExpiredToken</Code>"));
  EXPECT_FALSE(is_denied(404, "<Code>NoSuchKey</Code>"));
}

TEST(S3Error, AnAnswerThatIsNoXmlHasNoCode) {
  HttpResponse response{.status = 502, .body = "<html><p>Bad gateway"};
  EXPECT_EQ(s3_failure_of(response).code, "");
}

}  // namespace
}  // namespace colvec
