// What is needed to speak to a bucket: where it is, and who we are.
//
// Found in the environment first, then in the files that Amazon's tools share:
//
//   keys      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (with
//             AWS_CREDENTIAL_EXPIRATION); else the profile's aws_access_key_id, ... in
//             AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) or AWS_CONFIG_FILE (~/.aws/config)
//   profile   AWS_PROFILE, else "default"
//   region    AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else us-east-1
//   endpoint  AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's endpoint_url, else Amazon's
//   paths     the profile's s3.addressing_style: path, virtual or auto; auto is path for an
//   endpoint
//             that is not Amazon's and for buckets with a dot, which no certificate fits
//
// Thread-safety: a value; pure but for the files. Errors: kInvalidArgument: no keys, or keys that
// have expired, with what was looked for; never with what was found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/environment.h"
#include "base/http.h"
#include "colvec/error.h"

namespace colvec {

struct S3Settings {
  HttpSigner signer;  // Keys and region.
  std::string session_token;
  std::optional<std::int64_t> expires_ms;
  std::string found_in;  // Where the keys come from, for people.
  std::string endpoint;  // "https://host:port", with the bucket in the host where that is so.
  std::string path;      // What comes before the key: "/bucket/" or "/".
};

Result<S3Settings> find_s3_settings(const std::string& bucket, const Environment& environment);

// "2026-11-21T10:00:00Z" and the like as ms since the epoch; nullopt: no such time.
std::optional<std::int64_t> parse_iso_time(const std::string& text);

}  // namespace colvec
