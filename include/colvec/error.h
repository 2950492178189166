// Reports what went wrong, as a value: Result<T> holds a T or an Error.
//
// Nothing in the library throws, prints or exits. A message says what failed, a colon, and with
// which value; whoever calls adds where (the file, the row).
//
// Thread-safety: values, thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace colvec {

/// What the caller can do about it.
enum class ErrorCode {
  kInvalidArgument,  ///< Ask for something else: an option, a value or a name is wrong.
  kNotFound,         ///< Put it there: a file, table or column is missing.
  kUnsupported,      ///< Use another: we read it, and do not do it.
  kCorruption,       ///< Mend it: the bytes contradict themselves.
  kIo,               ///< Try again later: disk, network, lock.
  kConflict,         ///< Look again: it has been changed, or was made with something else.
  kCancelled,        ///< Nothing: you asked for it.
  kPolicy,           ///< Look at the rows: a policy says that such rows are an error.
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return fail(ErrorCode::kNotFound, "no such table: t");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}

/// The same error, with where it happened put before it: "WHERE: message".
inline tl::unexpected<Error> at(std::string_view where, Error error) {
  error.message.insert(0, std::string(where) + ": ");
  return tl::make_unexpected(std::move(error));
}

/// The exit code of `colvec` for an error: 2 invalid argument, 3 not found, 4 unsupported,
/// 5 corruption, 6 I/O, 7 conflict, 9 policy; 130 cancelled (the program says 143 for SIGTERM).
int exit_code(ErrorCode code);

/// The HTTP status of an error: 400 invalid argument, 404 not found, 422 unsupported or policy, 500
/// corruption, 503 I/O, 409 conflict, 499 cancelled.
int http_status(ErrorCode code);

/// "invalid argument", "not found", ...: for logs and JSON.
std::string_view name_of(ErrorCode code);

}  // namespace colvec

#define COLVEC_CONCAT_(a, b) a##b
#define COLVEC_CONCAT(a, b) COLVEC_CONCAT_(a, b)

/// Returns from the calling function with the error of `expression`, if it has one.
#define COLVEC_TRY(expression)                                        \
  do {                                                                \
    if (auto colvec_status = (expression); !colvec_status)            \
      return ::tl::make_unexpected(std::move(colvec_status).error()); \
  } while (false)

/// `COLVEC_ASSIGN(Json json, read_json(path));`: declares or assigns, or returns the error.
#define COLVEC_ASSIGN(target, expression) \
  COLVEC_ASSIGN_(COLVEC_CONCAT(colvec_result_, __LINE__), target, expression)
#define COLVEC_ASSIGN_(result, target, expression)                      \
  auto result = (expression);                                           \
  if (!result) return ::tl::make_unexpected(std::move(result).error()); \
  target = std::move(*result)
