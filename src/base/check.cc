#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace colvec {

void check_failed(const char* file, int line, const char* expression) {
  std::fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, expression);
  std::abort();
}

}  // namespace colvec
