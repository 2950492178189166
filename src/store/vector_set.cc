#include "store/vector_set.h"

#include "base/check.h"

namespace colvec {

bool is_fingerprint(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

VectorSet vector_set_of(std::string_view fingerprint, std::string_view precision) {
  COLVEC_CHECK(is_fingerprint(fingerprint));
  return {"f" + std::string(fingerprint.substr(0, 16)), std::string(precision)};
}

}  // namespace colvec
