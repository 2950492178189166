#include "colvec/policy.h"

namespace colvec {

std::string_view name_of(Policy policy) {
  switch (policy) {
    case Policy::kSkip:
      return "skip";
    case Policy::kKeep:
      return "keep";
    case Policy::kError:
      break;
  }
  return "error";
}

}  // namespace colvec
