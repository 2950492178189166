#include "colvec/error.h"

#include <array>

namespace colvec {
namespace {

struct CodeRow {
  ErrorCode code;
  int exit_code;
  int http_status;
  std::string_view name;
};

// The one table of codes; Python exceptions are a further column of it.
constexpr std::array kCodes = {
    CodeRow{ErrorCode::kInvalidArgument, 2, 400, "invalid argument"},
    CodeRow{ErrorCode::kNotFound, 3, 404, "not found"},
    CodeRow{ErrorCode::kUnsupported, 4, 422, "unsupported"},
    CodeRow{ErrorCode::kCorruption, 5, 500, "corruption"},
    CodeRow{ErrorCode::kIo, 6, 503, "input/output"},
    CodeRow{ErrorCode::kConflict, 7, 409, "conflict"},
    CodeRow{ErrorCode::kCancelled, 130, 499, "cancelled"},
    CodeRow{ErrorCode::kPolicy, 9, 422, "policy"},
};

const CodeRow& row_of(ErrorCode code) { return kCodes.at(static_cast<std::size_t>(code)); }

}  // namespace

int exit_code(ErrorCode code) { return row_of(code).exit_code; }

int http_status(ErrorCode code) { return row_of(code).http_status; }

std::string_view name_of(ErrorCode code) { return row_of(code).name; }

}  // namespace colvec
