// Looks into the rows of a store's tables, file by file and over all.
//
// Thread-safety: thread-compatible. Errors: none: what goes wrong with a file is a problem of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/store.h"
#include "duck/database.h"
#include "store/delta_action.h"
#include "store/delta_schema.h"
#include "store/key_columns.h"
#include "store/vector_set.h"

namespace colvec {

// A table as far as it could be read.
struct VerifiedTable {
  std::filesystem::path folder;
  std::vector<DeltaColumn> columns;  // As declared, without those of the partition; {}: unknown.
  // Live files that are there and as they were written; those whose rows cannot be read go.
  std::vector<const AddFile*> files;
};

// Dimension of the vectors that models/*.json promises; 0 where it does not.
struct VerifiedSet {
  VectorSet set;
  std::size_t dimension = 0;
};

// Each file: columns, row count and bounds as its statistics say; vectors: hashes, dimension,
// finite numbers, length; keys: no NULL, the right bucket.
void verify_vector_files(Connection& connection, const std::vector<VerifiedSet>& sets,
                         VerifiedTable* table, StoreVerified* found);
void verify_key_files(Connection& connection, const std::vector<KeyColumn>& key_columns,
                      VerifiedTable* table, StoreVerified* found);

// Rows that are there twice.
void verify_vector_doubles(Connection& connection, const VectorSet& set, const VerifiedTable& table,
                           StoreVerified* found);
void verify_key_doubles(Connection& connection, const std::vector<KeyColumn>& key_columns,
                        const VerifiedTable& table, StoreVerified* found);

// Keys whose text has no vector in these files, which are those of `whose`.
void verify_key_vectors(Connection& connection, const VerifiedTable& keys,
                        const std::filesystem::path& vectors_folder,
                        const std::vector<const AddFile*>& vectors, const std::string& whose,
                        StoreVerified* found);

}  // namespace colvec
