#include "remote/s3_settings.h"

#include <gtest/gtest.h>

#include "remote/remote_fixture.h"

namespace colvec {
namespace {

using Variables = std::map<std::string, std::string>;

const Variables kKeys = {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}};

Variables with_keys(Variables more) {
  more.insert(kKeys.begin(), kKeys.end());
  return more;
}

TEST(S3Settings, TheEnvironmentComesFirst) {
  const RemoteFolder folder;
  const auto credentials = folder.file("credentials",
                                       "[default]\naws_access_key_id = other\n"
                                       "aws_secret_access_key = other\n");
  const S3Settings settings =
      find_s3_settings(
          "b", environment_of(with_keys({{"AWS_SESSION_TOKEN", "token"},
                                         {"AWS_REGION", "eu-north-1"},
                                         {"AWS_DEFAULT_REGION", "no"},
                                         {"AWS_SHARED_CREDENTIALS_FILE", credentials.string()}})))
          .value();
  EXPECT_EQ(settings.signer.access_key, "AK");
  EXPECT_EQ(settings.signer.secret_key, "SK");
  EXPECT_EQ(settings.signer.region, "eu-north-1");
  EXPECT_EQ(settings.session_token, "token");
  EXPECT_EQ(settings.found_in, "the environment");
}

TEST(S3Settings, AProfileHasKeysRegionAndEndpoint) {
  const RemoteFolder folder;
  folder.file("credentials",
              "[work]\naws_access_key_id = AK2\naws_secret_access_key = SK2\n"
              "aws_session_token = T2\nx_security_token_expires = 2200-01-01T00:00:00Z\n");
  folder.file("config",
              "[default]\nregion = no\n[profile work]\nregion = eu-west-3\n"
              "endpoint_url = https://ceph.example:8443/\ns3 =\n  addressing_style = virtual\n");
  const Variables variables = {
      {"AWS_PROFILE", "work"},
      {"AWS_SHARED_CREDENTIALS_FILE", (folder.path() / "credentials").string()},
      {"AWS_CONFIG_FILE", (folder.path() / "config").string()}};
  const S3Settings settings = find_s3_settings("b", environment_of(variables)).value();
  EXPECT_EQ(settings.signer.access_key, "AK2");
  EXPECT_EQ(settings.signer.secret_key, "SK2");
  EXPECT_EQ(settings.session_token, "T2");
  EXPECT_EQ(settings.signer.region, "eu-west-3");
  EXPECT_EQ(settings.endpoint, "https://b.ceph.example:8443");
  EXPECT_EQ(settings.path, "/");
  EXPECT_TRUE(settings.expires_ms.has_value());
  EXPECT_NE(settings.found_in.find("profile work"), std::string::npos) << settings.found_in;
}

TEST(S3Settings, ReadsTheFilesOfTheHome) {
  const RemoteFolder folder;
  std::filesystem::create_directories(folder.path() / ".aws");
  folder.file(".aws/credentials",
              "[default]\naws_access_key_id = AK3\naws_secret_access_key = SK3\n");
  EXPECT_EQ(
      find_s3_settings("b", environment_of({{"HOME", folder.path().string()}}))->signer.access_key,
      "AK3");
}

TEST(S3Settings, PlacesTheBucket) {
  struct Case {
    Variables variables;
    std::string bucket;
    std::string endpoint;
    std::string path;
  };
  const std::vector<Case> cases = {
      {{}, "b", "https://b.s3.us-east-1.amazonaws.com", "/"},
      {{{"AWS_REGION", "eu-west-1"}}, "b", "https://b.s3.eu-west-1.amazonaws.com", "/"},
      {{}, "b.c", "https://s3.us-east-1.amazonaws.com", "/b.c/"},
      {{{"AWS_ENDPOINT_URL", "http://127.0.0.1:7480"}}, "b", "http://127.0.0.1:7480", "/b/"},
      {{{"AWS_ENDPOINT_URL", "http://no"}, {"AWS_ENDPOINT_URL_S3", "http://yes/"}},
       "b",
       "http://yes",
       "/b/"}};
  for (const Case& one : cases) {
    const auto settings = find_s3_settings(one.bucket, environment_of(with_keys(one.variables)));
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->endpoint, one.endpoint);
    EXPECT_EQ(settings->path, one.path);
  }
}

TEST(S3Settings, SaysWhatToDo) {
  const RemoteFolder folder;
  const auto file = [&](const std::string& text) {
    return folder.file("credentials", text).string();
  };
  struct Case {
    Variables variables;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {{}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
      {{{"AWS_ACCESS_KEY_ID", "AK"}}, "no secret key"},
      {{{"AWS_PROFILE", "none"}}, "no such profile: none"},
      {{{"AWS_SHARED_CREDENTIALS_FILE", file("[default]\nsso_session = x\n")}},
       "aws configure export-credentials"},
      {with_keys({{"AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"}}), "have expired on 2020"},
      {with_keys({{"AWS_ENDPOINT_URL", "localhost:7480"}}), "must be http(s)://HOST"},
      {with_keys({{"AWS_ENDPOINT_URL", "http://u:hidden@h"}}), "must be http(s)://HOST"},
      {with_keys({{"AWS_ENDPOINT_URL", "http://h/path"}}), "must be http(s)://HOST"}};
  for (const Case& one : cases) {
    Variables variables = one.variables;
    variables.insert({"HOME", "/nonexistent"});
    const auto settings = find_s3_settings("b", environment_of(variables));
    ASSERT_FALSE(settings.has_value()) << one.expected;
    EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(settings.error().message.find(one.expected), std::string::npos)
        << settings.error().message;
    EXPECT_EQ(settings.error().message.find("SK"), std::string::npos);
    EXPECT_EQ(settings.error().message.find("hidden"), std::string::npos);
  }
}

TEST(S3Settings, ReadsTimes) {
  // date -u -d ... +%s
  EXPECT_EQ(parse_iso_time("2026-11-21T10:00:00Z"), 1'795'255'200'000);
  EXPECT_EQ(parse_iso_time("2026-11-21T10:00:00.250Z"), 1'795'255'200'250);
  EXPECT_EQ(parse_iso_time("2026-11-21T12:00:00+02:00"), 1'795'255'200'000);
  EXPECT_EQ(parse_iso_time("2026-11-21 05:30:00-0430"), 1'795'255'200'000);
  for (const char* text : {"", "soon", "2026-11-21", "2026-11-21T10:00:00X"})
    EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace colvec
