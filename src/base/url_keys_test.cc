#include "base/url_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace colvec {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UrlKeys, AUrlIsShownWithoutSecrets) {
  for (const auto& [url, shown] : std::initializer_list<std::pair<const char*, const char*>>{
           {"https://h/p?X-Amz-Signature=secret", "https://h/p"},
           {"https://u:p@h:1/p#f", "https://h:1/p"},
           {"https://u:p/q@h:1/p", "https://h:1/p"},
           {"http://h/p@q", "http://h/p@q"},
           {"http://h:80/p@q", "http://h:80/p@q"},
           {"http://[::1]:80/p", "http://[::1]:80/p"},
           {"file:///a:b/c@d", "file:///a:b/c@d"},
           {"nonsense", "nonsense"},
           {"", ""},
           {"s3://", "s3://"},
           {"s3://bucket/a@b:c%.parquet", "s3://bucket/a@b:c%.parquet"},
           {"s3://AKIA:ab/cd@b/p", "s3://b/p"},
           {"s3://AKIA:ab/cd@b/p@q", "s3://q"},
           {"s3://AKIA:ab/cd", "s3://..."},
           {"s3://AKIA:ab/cd@b/p?token=x@y", "s3://..."},
           {"https://u:p?q#r@h/p", "https://..."},
           {"gs://u:p@h/p", "gs://h/p"}})
    EXPECT_EQ(url_to_show(url), shown) << url;
}

TEST(UrlKeys, AreRefusedWhereverTheyMayBeMeant) {
  for (const char* url :
       {"s3://AKIA:SEC@b/p", "s3://AKIA:SE/C@b/p", "s3://AKIA:/SEC@b/p", "s3://AKIA@b/p",
        "s3://AKIA%3ASEC@b/p", "s3://AKIA%3ASE/C@b", "s3:///AKIA:SE/C@b/p", "S3://AKIA:SE/C@b/p",
        "s3:/AKIA:SE/C@b/p", "/home/s3:/AKIA:SE/C@b/p", "s3://AKIA:SEC", "https://AKIA:SEC@h/b",
        "https://AKIA:SE/C@h/b", "gs://AKIA:SE/C@b", "s3://b/p?s3_secret_access_key=SE/C",
        "s3://b/x?/p?token=SEC@d"}) {
    const Status refused = check_no_keys(url);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << url;
    EXPECT_THAT(refused.error().message, HasSubstr("must not hold keys")) << url;
    for (const char* secret : {"AKIA", "SE", "C@"})
      EXPECT_THAT(refused.error().message.substr(0, refused.error().message.find(": must")),
                  Not(HasSubstr(secret)))
          << url;
  }
}

TEST(UrlKeys, WhatHoldsNoneIsTaken) {
  for (const char* url :
       {"", "s3://bucket", "s3://bucket/some prefix+=é", "s3://bucket/a@b.parquet",
        "s3://bucket/time=10:30/a%20b@c", "s3://bucket/year=202?/month=1?/*.parquet",
        "s3://bucket/in/part-?.parquet", "file:///data/a@b:c", "/data/a@b:c/x?y=1", "a@b", "a:b@c",
        "http://[::1]:80/p", "http://host:80/p@q"}) {
    const Status taken = check_no_keys(url);
    EXPECT_TRUE(taken.has_value()) << url << ": " << taken.error().message;
  }
}

}  // namespace
}  // namespace colvec
