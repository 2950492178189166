// The name of a model at a hub: ORG/NAME, or ORG/NAME@REVISION.
//
// Thread-safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

struct RepoName {
  std::string org;
  std::string name;
  std::string revision{};  // "" where none was given: main.

  std::string text() const { return org + "/" + name; }  // Without the revision.
  std::string full_text() const { return revision.empty() ? text() : text() + "@" + revision; }
  std::string revision_or_main() const { return revision.empty() ? "main" : revision; }
};

// nullopt: not such a name. Names and revisions that pass may be parts of paths and URLs.
std::optional<RepoName> find_repo_name(std::string_view text);
// kInvalidArgument: not such a name.
Result<RepoName> parse_repo_name(std::string_view text);

// Whether `text` is a commit: 40 hex digits.
bool is_commit(std::string_view text);

}  // namespace colvec
