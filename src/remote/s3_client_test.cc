#include "remote/s3_client.h"

#include <gtest/gtest.h>

#include "remote/remote_fixture.h"

namespace colvec {
namespace {

class S3ClientTest : public testing::Test {
 protected:
  static FakeS3& s3() {
    static FakeS3 server;
    return server;
  }
  void SetUp() override {
    if (!s3().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  }
  static std::unique_ptr<S3Client> open(const ObjectStoreOptions& options = s3().options()) {
    return std::move(S3Client::open("bucket", "s3://bucket", options).value());
  }
  static Result<HttpResponse> put(S3Client& client, const std::string& key) {
    return client.send({.method = "PUT", .key = key, .body = "bytes"}, key);
  }
};

// The server computes the signature as Amazon describes it.
TEST_F(S3ClientTest, SignsKeysAndQueriesOfAllKinds) {
  const auto client = open();
  for (const std::string key : {"plain", "a b", "a+b", "a=b/c=d", "~.-_", "\xC3\xA9/\xE6\xBC\xA2",
                                "100%", "a&b?c#d", "'()*!", "model=f0/part.parquet"}) {
    const auto response = put(*client, key);
    EXPECT_TRUE(response.has_value()) << response.error().message;
    const auto listed =
        client->send({.query = {{"list-type", "2"}, {"prefix", key}, {"uploads-not", ""}}}, "");
    EXPECT_TRUE(listed.has_value()) << listed.error().message;
  }
}

TEST_F(S3ClientTest, TriesAgainWhatMayPass) {
  const auto client = open();
  for (const std::string how :
       {"status=503&code=SlowDown&count=2", "status=500&count=3", "status=429", "cut=1&count=2",
        "lose=1&count=2", "status=409&code=OperationAborted", "status=400&code=RequestTimeout"}) {
    s3().fail_next(how);
    const auto response = put(*client, "key");
    EXPECT_TRUE(response.has_value()) << how << ": " << response.error().message;
  }
}

TEST_F(S3ClientTest, GivesUpAndSaysSo) {
  const auto client = open();
  s3().fail_next("status=503&code=SlowDown&count=4");
  const auto response = put(*client, "key");
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::kIo);
  EXPECT_EQ(response.error().message,
            "s3://bucket/key: PUT was answered 503 SlowDown: as the test wants (gave up after 4 "
            "tries)");
}

TEST_F(S3ClientTest, DoesNotRepeatWhatStays) {
  const auto client = open();
  const std::uint64_t before = s3().count("PUT");
  s3().fail_next("status=403&code=AccessDenied");
  EXPECT_EQ(put(*client, "key").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(s3().count("PUT"), before + 1);
}

TEST_F(S3ClientTest, NamesTheRegionOfTheBucket) {
  const auto client = open();
  s3().fail_next("status=301&code=PermanentRedirect&Region=eu-west-1");
  EXPECT_EQ(put(*client, "key").error().message,
            "s3://bucket/key: the bucket is in another region than us-east-1: set "
            "AWS_REGION=eu-west-1");
}

TEST_F(S3ClientTest, WrongKeysAreAnError) {
  for (const auto& [variable, expected] :
       {std::pair{"AWS_ACCESS_KEY_ID", "does not know the access key"},
        {"AWS_SECRET_ACCESS_KEY", "the secret key does not fit"}}) {
    auto variables = s3().variables();
    variables[variable] = "WRONG";
    ObjectStoreOptions options = s3().options();
    options.environment = environment_of(variables);
    const auto response = put(*open(options), "key");
    ASSERT_FALSE(response.has_value());
    EXPECT_NE(response.error().message.find(expected), std::string::npos)
        << response.error().message;
    EXPECT_EQ(response.error().message.find("SKTEST"), std::string::npos);
  }
}

TEST_F(S3ClientTest, TakesNewKeysFromTheFileWhenTheSessionHasExpired) {
  FakeS3 server({"--token", "second"});
  const RemoteFolder folder;
  const auto write = [&](const std::string& token) {
    return folder.file("credentials",
                       "[default]\naws_access_key_id=AKTEST\naws_secret_access_key=SKTEST\n"
                       "aws_session_token=" +
                           token + "\n");
  };
  auto variables = server.variables();
  variables.erase("AWS_ACCESS_KEY_ID");
  variables["AWS_SHARED_CREDENTIALS_FILE"] = write("first").string();
  ObjectStoreOptions options = server.options();
  options.environment = environment_of(variables);
  const auto client = open(options);
  EXPECT_NE(put(*client, "key").error().message.find("get new ones"), std::string::npos);
  write("second");
  const auto response = put(*client, "key");
  EXPECT_TRUE(response.has_value()) << response.error().message;
}

TEST_F(S3ClientTest, CancelEndsTheWaits) {
  CancelToken cancel;
  ObjectStoreOptions options = s3().options();
  options.cancel = &cancel;
  const auto client = open(options);
  cancel.request();
  EXPECT_EQ(put(*client, "key").error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace colvec
