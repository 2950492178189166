// The arguments that embed, plan and peek share: CONFIG.json and an option for each of its keys.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "colvec/table_job.h"

namespace colvec::cli {

class TableOptions {
 public:
  // Adds CONFIG.json and --id-column, --batch-size, ...: one for each key.
  void add_to(CLI::App& app);

  // config.json, then BATCH_SIZE, COLVEC_MODEL and COLVEC_DEVICE from the environment, then the
  // options: the last one wins.
  Result<TableJobConfig> read() const;

  const std::string& path() const { return path_; }
  // The options that were given, by key.
  std::map<std::string, std::string> given() const;

  // "BATCH_SIZE=64", or that it is chosen for this machine.
  static std::string batch_size_in_force(const TableJobConfig& config);

 private:
  std::string path_ = "config.json";
  std::map<std::string, std::string> values_;  // By key; empty where not given.
  std::map<std::string, CLI::Option*> options_;
};

}  // namespace colvec::cli
