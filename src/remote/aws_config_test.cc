#include "remote/aws_config.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(AwsConfig, HasSectionsAndSettings) {
  const AwsConfig config = parse_aws_config(
                               "# a comment\n"
                               "[default]\r\n"
                               "region = eu-north-1\r\n"
                               "\n"
                               "[profile two words]\n"
                               "aws_secret_access_key=a=b/c+d==\n"
                               "; another\n"
                               "s3 =\n"
                               "  addressing_style = path\n"
                               "\tmax_concurrent_requests = 3\n"
                               "output = json",
                               "config")
                               .value();
  EXPECT_EQ(config.at("default").at("region"), "eu-north-1");
  const auto& two = config.at("profile two words");
  EXPECT_EQ(two.at("aws_secret_access_key"), "a=b/c+d==");
  EXPECT_EQ(two.at("s3.addressing_style"), "path");
  EXPECT_EQ(two.at("s3.max_concurrent_requests"), "3");
  EXPECT_EQ(two.at("output"), "json");
}

TEST(AwsConfig, NamesTheLineAndNeverTheValue) {
  for (const char* text : {"secret", "[a]\nsecret\n", "key = secret\n", "[secret\n"}) {
    const auto config = parse_aws_config(text, "config");
    ASSERT_FALSE(config.has_value()) << text;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(config.error().message.starts_with("config: line ")) << config.error().message;
    EXPECT_EQ(config.error().message.find("secret"), std::string::npos) << config.error().message;
  }
}

TEST(AwsConfig, AFileThatIsNotThereIsEmpty) {
  EXPECT_TRUE(read_aws_config("/nonexistent/config")->empty());
}

}  // namespace
}  // namespace colvec
