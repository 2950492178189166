// Options that the commands of a store share.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "colvec/store.h"

namespace colvec::cli {

struct StoreArgs {
  std::string folder;
  StoreOptions options;

  void add_to(CLI::App& app);
  Result<std::unique_ptr<Store>> open() const { return Store::open(folder, options); }
};

struct MomentOptions {
  std::string version;
  std::string time;

  void add_to(CLI::App& app);
  StoreMoment parsed() const;
};

// --retention-hours of the commands that delete files: which versions keep theirs. Files that no
// version names may belong to a writer at work, and are kept as long.
struct RetentionOption {
  double hours = 168;

  void add_to(CLI::App& app);
};

struct QueryOptions {
  StoreQuery query;
  MomentOptions moment;
  std::string format;
  std::string output;
  std::string keys_file;
  std::string limit;
  bool no_vectors = false;

  void add_to(CLI::App& app);
  // The format by --format, else by the ending of the output, else `fallback`.
  Result<StoreQuery> parsed(RowFormat fallback) const;
};

}  // namespace colvec::cli
