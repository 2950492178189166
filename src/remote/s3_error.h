// What an S3 error answer means for the user: what to do about it.
//
// Thread-safety: pure functions.
#pragma once

#include <string>

#include "base/http.h"
#include "colvec/error.h"
#include "remote/s3_settings.h"

namespace colvec {

struct S3Failure {
  std::string code{};     // "NoSuchKey"; "" where the answer has none.
  std::string message{};  // One line.
  std::string region{};   // Where the bucket is, if the answer says so.
};

// Of a response that is no success.
S3Failure s3_failure_of(const HttpResponse& response);

// Whether the same request may get through later, and whether with new keys.
bool may_pass_later(const HttpResponse& response, const S3Failure& failure);
bool needs_new_keys(const S3Failure& failure);

// Whether an error of s3_error() says that the keys lack the right to what was asked for.
bool is_access_denied(const Error& error);

// The error for people. `where`: the object's URL; `what`: the method.
Error s3_error(const HttpResponse& response, const S3Failure& failure, const S3Settings& settings,
               const std::string& where, const std::string& what);

}  // namespace colvec
