#include "remote/s3_settings.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

#include "base/clock.h"
#include "remote/aws_config.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// The profile's settings in both files; those of the credentials come first.
class Profile {
 public:
  static Result<Profile> read(const Environment& environment) {
    Profile profile;
    profile.name_ = environment("AWS_PROFILE").value_or("default");
    const fs::path home = fs::path(environment("HOME").value_or("/")) / ".aws";
    profile.files_[0] =
        environment("AWS_SHARED_CREDENTIALS_FILE").value_or((home / "credentials").string());
    profile.files_[1] = environment("AWS_CONFIG_FILE").value_or((home / "config").string());
    const std::string sections[2] = {
        profile.name_, profile.name_ == "default" ? profile.name_ : "profile " + profile.name_};
    for (std::size_t i = 0; i < 2; ++i) {
      COLVEC_ASSIGN(AwsConfig config, read_aws_config(profile.files_[i]));
      profile.is_there_ = profile.is_there_ || config.contains(sections[i]);
      profile.settings_[i] = std::move(config[sections[i]]);
    }
    if (!profile.is_there_ && environment("AWS_PROFILE"))
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("AWS_PROFILE: no such profile: {} (in {} and {})", profile.name_,
                              profile.files_[0], profile.files_[1]));
    return profile;
  }

  std::optional<std::string> find(const std::string& key) const {
    for (const auto& settings : settings_)
      if (const auto found = settings.find(key); found != settings.end() && !found->second.empty())
        return found->second;
    return std::nullopt;
  }

  // The file that has `key`, for people.
  std::string where(const std::string& key) const {
    const bool is_first = settings_[0].contains(key);
    return fmt::format("profile {} of {}", name_, files_[is_first ? 0 : 1]);
  }
  std::string looked_in() const {
    return fmt::format("profile {} of {} and {}", name_, files_[0], files_[1]);
  }

 private:
  std::string name_;
  std::string files_[2];
  std::map<std::string, std::string> settings_[2];
  bool is_there_ = false;
};

Status find_keys(const Environment& environment, const Profile& profile, S3Settings* settings) {
  std::string expires;
  if (const auto id = environment("AWS_ACCESS_KEY_ID")) {
    settings->signer.access_key = *id;
    settings->signer.secret_key = environment("AWS_SECRET_ACCESS_KEY").value_or("");
    settings->session_token = environment("AWS_SESSION_TOKEN").value_or("");
    expires = environment("AWS_CREDENTIAL_EXPIRATION").value_or("");
    settings->found_in = "the environment";
  } else if (const auto stored = profile.find("aws_access_key_id")) {
    settings->signer.access_key = *stored;
    settings->signer.secret_key = profile.find("aws_secret_access_key").value_or("");
    settings->session_token = profile.find("aws_session_token").value_or("");
    for (const char* key : {"x_security_token_expires", "aws_session_expiration", "expiration"})
      if (expires.empty()) expires = profile.find(key).value_or("");
    settings->found_in = profile.where("aws_access_key_id");
  } else {
    const bool has_other = profile.find("sso_session") || profile.find("sso_start_url") ||
                           profile.find("role_arn") || profile.find("credential_process");
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no keys for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY{} "
                            "(looked in the environment, then in {})",
                            has_other ? ", for example by aws configure export-credentials --format"
                                        " env"
                                      : "",
                            profile.looked_in()));
  }
  if (settings->signer.secret_key.empty())
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("no secret key for S3 beside the access key of {}", settings->found_in));
  settings->expires_ms = parse_iso_time(expires);
  if (settings->expires_ms && *settings->expires_ms <= now_ms())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the keys for S3 have expired on {}: get new ones ({})", expires,
                            settings->found_in));
  return {};
}

Status place_bucket(const std::string& bucket, std::string endpoint, const std::string& style,
                    S3Settings* settings) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const bool is_amazon = endpoint.empty();
  if (is_amazon) endpoint = fmt::format("https://s3.{}.amazonaws.com", settings->signer.region);
  const std::size_t host = endpoint.find("://");
  if (host == std::string::npos || endpoint.find_first_of("?#@") != std::string::npos ||
      endpoint.find('/', host + 3) != std::string::npos)
    return fail(
        ErrorCode::kInvalidArgument,
        "endpoint of S3: must be http(s)://HOST or http(s)://HOST:PORT: " + url_to_show(endpoint));
  if (style != "path" && style != "virtual" && style != "auto")
    return fail(ErrorCode::kInvalidArgument,
                "addressing_style: must be path, virtual or auto: " + style);
  const bool is_in_path =
      style == "path" || (style == "auto" && (!is_amazon || bucket.find('.') != std::string::npos));
  settings->endpoint =
      is_in_path ? endpoint
                 : endpoint.substr(0, host + 3) + bucket + "." + endpoint.substr(host + 3);
  settings->path = is_in_path ? "/" + bucket + "/" : "/";
  return {};
}

}  // namespace

std::optional<std::int64_t> parse_iso_time(const std::string& text) {
  std::tm time{};
  int length = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &time.tm_year, &time.tm_mon,
                  &time.tm_mday, &time.tm_hour, &time.tm_min, &time.tm_sec, &length) != 6 ||
      length == 0)
    return std::nullopt;
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kMsPerMinute = 60 * kMsPerSecond;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  std::int64_t ms = static_cast<std::int64_t>(::timegm(&time)) * kMsPerSecond;
  std::size_t at = static_cast<std::size_t>(length);
  if (at < text.size() && text[at] == '.') {
    std::int64_t scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      ms += (text[at] - '0') * scale;
  }
  const std::string zone = text.substr(at);
  if (zone.empty() || zone == "Z") return ms;
  int hours = 0;
  int minutes = 0;
  if ((zone[0] != '+' && zone[0] != '-') ||
      (std::sscanf(zone.c_str() + 1, "%2d:%2d", &hours, &minutes) != 2 &&
       std::sscanf(zone.c_str() + 1, "%2d%2d", &hours, &minutes) != 2))
    return std::nullopt;
  const std::int64_t shift = (hours * 60 + minutes) * kMsPerMinute;
  return zone[0] == '+' ? ms - shift : ms + shift;
}

Result<S3Settings> find_s3_settings(const std::string& bucket, const Environment& environment) {
  constexpr const char* kRegion = "us-east-1";
  COLVEC_ASSIGN(const Profile profile, Profile::read(environment));
  S3Settings settings;
  COLVEC_TRY(find_keys(environment, profile, &settings));
  const auto first_of = [](std::optional<std::string> first, std::optional<std::string> second,
                           std::optional<std::string> third) {
    return first ? first : second ? second : third;
  };
  settings.signer.region =
      first_of(environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"), profile.find("region"))
          .value_or(kRegion);
  const std::string endpoint =
      first_of(environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"),
               profile.find("endpoint_url"))
          .value_or("");
  COLVEC_TRY(place_bucket(bucket, endpoint, profile.find("s3.addressing_style").value_or("auto"),
                          &settings));
  return settings;
}

}  // namespace colvec
