// What happens to a row with an issue: a NULL or empty text, a truncated one, a bad vector.
//
// Thread-safety: values and pure functions.
#pragma once

#include <string_view>

namespace colvec {

/// Left out, written all the same, or counted as an error (then it is not written, stays pending,
/// and the run ends with kPolicy).
enum class Policy { kSkip, kKeep, kError };

/// "skip", "keep", "error".
std::string_view name_of(Policy policy);

}  // namespace colvec
