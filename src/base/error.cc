#include "colvec/error.h"

#include <array>

namespace colvec {
namespace {

struct CodeRow {
  ErrorCode code;
  int exit_code;
  std::string_view name;
};

// The one table of codes; HTTP statuses and Python exceptions are further columns of it.
constexpr std::array kCodes = {
    CodeRow{ErrorCode::kInvalidArgument, 2, "invalid argument"},
    CodeRow{ErrorCode::kNotFound, 3, "not found"},
    CodeRow{ErrorCode::kUnsupported, 4, "unsupported"},
    CodeRow{ErrorCode::kCorruption, 5, "corruption"},
    CodeRow{ErrorCode::kIo, 6, "input/output"},
    CodeRow{ErrorCode::kConflict, 7, "conflict"},
    CodeRow{ErrorCode::kCancelled, 130, "cancelled"},
    CodeRow{ErrorCode::kPolicy, 9, "policy"},
};

const CodeRow& row_of(ErrorCode code) { return kCodes.at(static_cast<std::size_t>(code)); }

}  // namespace

int exit_code(ErrorCode code) { return row_of(code).exit_code; }

std::string_view name_of(ErrorCode code) { return row_of(code).name; }

}  // namespace colvec
