#include "remote/s3_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "remote/xml.h"

namespace colvec {
namespace {

constexpr std::string_view kAccessDenied = ": access denied to ";
constexpr std::string_view kLackTheRight = ") lack the right";

template <std::size_t Count>
bool is_one_of(const std::string& code, const std::array<std::string_view, Count>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string one_line(std::string text) {
  constexpr std::size_t kCharsMax = 200;
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() > kCharsMax) text = text.substr(0, kCharsMax) + "...";
  return text;
}

}  // namespace

S3Failure s3_failure_of(const HttpResponse& response) {
  S3Failure failure;
  failure.region = response.header("x-amz-bucket-region").value_or("");
  // A proxy on the way answers in its own words: then only the status tells.
  const Result<XmlElement> xml = parse_xml(response.body, "answer");
  if (!xml || xml->name != "Error") return failure;
  failure.code = one_line(xml->text_of("Code"));
  failure.message = one_line(xml->text_of("Message"));
  if (failure.region.empty()) failure.region = one_line(xml->text_of("Region"));
  return failure;
}

bool may_pass_later(const HttpResponse& response, const S3Failure& failure) {
  constexpr std::array<std::string_view, 4> kCodes = {"RequestTimeout", "OperationAborted",
                                                      "ConditionalRequestConflict", "SlowDown"};
  constexpr std::array<int, 6> kStatuses = {408, 429, 500, 502, 503, 504};
  return is_one_of(failure.code, kCodes) ||
         std::find(kStatuses.begin(), kStatuses.end(), response.status) != kStatuses.end();
}

bool needs_new_keys(const S3Failure& failure) {
  constexpr std::array<std::string_view, 4> kCodes = {"ExpiredToken", "TokenRefreshRequired",
                                                      "InvalidToken", "ExpiredTokenException"};
  return is_one_of(failure.code, kCodes);
}

bool is_access_denied(const Error& error) {
  return error.code == ErrorCode::kInvalidArgument &&
         error.message.find(kAccessDenied) != std::string::npos &&
         error.message.find(kLackTheRight) != std::string::npos;
}

Error s3_error(const HttpResponse& response, const S3Failure& failure, const S3Settings& settings,
               const std::string& where, const std::string& what) {
  const auto error = [&](ErrorCode code, const std::string& text) {
    return Error{code, where + ": " + text};
  };
  const std::string& code = failure.code;
  if (code == "NoSuchBucket")
    return error(ErrorCode::kNotFound, "no such bucket at " + settings.endpoint +
                                           ": make it, or name another endpoint or region");
  if (response.status == 404)
    return error(ErrorCode::kNotFound,
                 code.empty() || code == "NoSuchKey" ? "no such object" : "not there: " + code);
  if (needs_new_keys(failure))
    return error(ErrorCode::kInvalidArgument,
                 "the session of the keys has expired: get new ones (" + settings.found_in + ")");
  if (code == "RequestTimeTooSkewed")
    return error(ErrorCode::kInvalidArgument,
                 fmt::format("this machine's clock is wrong: set it (the server says {})",
                             response.header("date").value_or("nothing")));
  constexpr std::array<std::string_view, 4> kOtherRegion = {
      "PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect",
      "IllegalLocationConstraintException"};
  if (response.status == 301 || response.status == 307 || is_one_of(code, kOtherRegion))
    return error(ErrorCode::kInvalidArgument,
                 failure.region.empty()
                     ? fmt::format("the bucket is in another region than {}: set AWS_REGION",
                                   settings.signer.region)
                     : fmt::format("the bucket is in another region than {}: set AWS_REGION={}",
                                   settings.signer.region, failure.region));
  if (code == "InvalidAccessKeyId")
    return error(ErrorCode::kInvalidArgument, fmt::format("{} does not know the access key ({})",
                                                          settings.endpoint, settings.found_in));
  if (code == "SignatureDoesNotMatch")
    return error(ErrorCode::kInvalidArgument,
                 "the secret key does not fit the access key (" + settings.found_in + ")");
  if (response.status == 401 || response.status == 403)
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("{}{}{}: the keys ({}{}{}", where, kAccessDenied, what, settings.found_in,
                    kLackTheRight, code.empty() ? "" : " (" + code + ")")};
  if (response.status == 501 || code == "NotImplemented")
    return error(ErrorCode::kUnsupported,
                 "the server cannot do this: " + what + " " + failure.message);
  const std::string said = code.empty() ? "" : " " + code;
  const std::string reason = failure.message.empty() ? "" : ": " + failure.message;
  return error(may_pass_later(response, failure) ? ErrorCode::kIo : ErrorCode::kInvalidArgument,
               fmt::format("{} was answered {}{}{}", what, response.status, said, reason));
}

}  // namespace colvec
