// Which files a request may name: those below the home and below the folders that --root names,
// after symbolic links have been followed.
//
// Thread-safety: immutable.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec::server {

class AllowedPaths {
 public:
  // The folders are made absolute, their links followed. kNotFound: one is not there. The home is
  // allowed whether it is there yet or not.
  static Result<AllowedPaths> open(const std::filesystem::path& home,
                                   const std::vector<std::filesystem::path>& roots);

  // All of them, the home first.
  const std::vector<std::filesystem::path>& roots() const { return roots_; }

  // The file or folder that `path` leads to, without links; a relative path is below the home.
  // kInvalidArgument: not below a root; nothing is said of whether it is there. kNotFound: it is
  // not there, with `must_exist`.
  Result<std::filesystem::path> resolve(const std::string& path, bool must_exist) const;

  // The source with its path resolved; of a glob all files that it finds must be below the roots.
  // Checks too that a database reads no other files.
  Result<DatasetSource> resolve(const DatasetSource& source) const;

  // What to open for a model: a folder below a root, or a name. kInvalidArgument: it is a folder
  // elsewhere.
  Result<std::string> resolve_model(const std::string& model) const;

  // kInvalidArgument: the dataset's remote is a folder elsewhere.
  Status check_remote(const Dataset& dataset) const;

 private:
  bool is_below(const std::filesystem::path& resolved) const;

  std::vector<std::filesystem::path> named_;  // As they were given, absolute,
  std::vector<std::filesystem::path> roots_;  // and with their links followed.
};

}  // namespace colvec::server
