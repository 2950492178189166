#include "version_text.h"

#include <fmt/format.h>

#include "colvec/machine.h"
#include "colvec/version.h"

namespace colvec::cli {

std::string version_text() {
  const Result<Machine> machine = this_machine();
  return fmt::format("colvec {} (commit {}, {})", version(), build_commit(),
                     machine ? machine->isa : machine.error().message);
}

}  // namespace colvec::cli
