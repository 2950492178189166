// The state of a Delta table at one version: what is left of all commits up to it.
//
// Source: Delta Lake protocol, "Action Reconciliation".
//
// Thread-safety: a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "store/delta_action.h"

namespace colvec {

struct DeltaSnapshot {
  std::optional<std::uint64_t> version;  // nullopt: there is no table yet.
  std::int64_t timestamp_ms = 0;         // Of the last commit.
  DeltaProtocol protocol;
  DeltaMetaData meta_data;
  // Live, by path. `data_change` is false here and below: it tells of a commit, not of a state.
  std::map<std::string, AddFile> files;
  std::map<std::string, RemoveFile> tombstones;          // Removed, not vacuumed for sure, by path.
  std::map<std::string, DeltaTransaction> transactions;  // By app_id.

  // Takes the commit of the next version in, or nothing of it. kUnsupported: it asks for a protocol
  // that we do not speak; the message names the feature ("deletionVectors"), `where` the table.
  // kCorruption: not the next version, version 0 without a schema, a path twice.
  Status apply(std::uint64_t commit_version, const DeltaCommit& commit, const std::string& where);

  // What apply() would say, without doing it.
  Status check(std::uint64_t commit_version, const DeltaCommit& commit,
               const std::string& where) const;

  // The live files, and those of one partition, in the order of their paths.
  std::vector<const AddFile*> live_files() const;
  std::vector<const AddFile*> files_of(const PartitionValues& partition) const;
  std::uint64_t rows() const;  // Of all live files, by their statistics.
  std::uint64_t bytes() const;
};

}  // namespace colvec
