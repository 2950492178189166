// Fuzzes what is read from a Delta log: entries, and the schemas in them. What is read can be
// written and read again, and is then the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/delta_action.h"
#include "store/delta_schema.h"
#include "store/delta_snapshot.h"

namespace {

using colvec::AddFile;
using colvec::DeltaCommit;

// Whether a path stays below the table's folder.
bool is_inside(const std::string& path) {
  return !path.empty() && path.front() != '/' && ("/" + path + "/").find("/../") == path.npos;
}

void check_schema(std::string_view schema) {
  const auto columns = colvec::parse_schema_string(schema, "fuzz");
  if (!columns) return;
  const auto written = colvec::to_schema_string(*columns);
  if (!written) return;  // Types of others.
  const auto again = colvec::parse_schema_string(*written, "fuzz");
  if (!again || *again != *columns) std::abort();
}

void check_commit(const DeltaCommit& commit) {
  for (const AddFile& file : commit.adds) {
    if (!is_inside(file.path)) std::abort();
    static_cast<void>(colvec::rows_of(file));
  }
  for (const auto& file : commit.removes)
    if (!is_inside(file.path)) std::abort();
  if (commit.meta_data) check_schema(commit.meta_data->schema_string);

  colvec::DeltaSnapshot snapshot;
  static_cast<void>(snapshot.apply(0, commit, "fuzz"));

  const std::string lines = to_json_lines(commit);
  if (lines.empty()) return;  // Actions that we do not know.
  const auto again = colvec::parse_commit(lines, "fuzz");
  if (!again || to_json_lines(*again) != lines) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_schema(text);
  if (const auto commit = colvec::parse_commit(text, "fuzz")) check_commit(*commit);
  return 0;
}
