#include "colvec/version.h"

namespace colvec {

std::string_view version() { return COLVEC_VERSION; }

}  // namespace colvec
