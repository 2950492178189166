#include "issues.h"

#include "print.h"
#include "text.h"

namespace colvec::cli {

void print_issues(const ColumnRun& column) {
  for (const auto& [kind, rows] : column.issues) {
    print("  issue: {} in {}\n", kind, counted(rows, "row"));
    std::size_t shown = 0;
    for (const RowExample& example : column.examples)
      if (example.kind == kind && shown++ < 3)
        print("    {}{}{}\n", example.key, example.detail.empty() ? "" : ": ", example.detail);
  }
}

}  // namespace colvec::cli
