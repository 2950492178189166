// What the two tables of a store are made of: columns, identity, partitions, configuration.
//
// Format: docs/formats/store.md. One place for what the document says of columns and configuration.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "store/append_table.h"
#include "store/delta_schema.h"
#include "store/key_columns.h"

namespace colvec {

inline constexpr std::string_view kFormatVersion = "1";
// Rows of the largest file of vectors, and of one of keys that a compaction makes; what is more
// goes to several.
inline constexpr std::uint64_t kVectorRowsOfFile = 262'144;
// Keys of an append that is worth spreading over the buckets at once.
inline constexpr std::uint64_t kSpreadKeysMin = 16 * 50'000;

TableRules vectors_rules();
TableRules keys_rules(const std::vector<KeyColumn>& columns);

// The columns in the files, without those of the partition.
std::vector<DeltaColumn> vectors_columns();
std::vector<DeltaColumn> keys_columns(const std::vector<KeyColumn>& columns);

// metaData of version 0.
Result<DeltaMetaData> vectors_meta_data(bool store_text, bool plain_floats);
Result<DeltaMetaData> keys_meta_data(const std::vector<KeyColumn>& columns);

// Conditions that cut so many rows into files by `hash`, SQL of at least 8 hex digits of SHA-256;
// one that is "" where they fit into one.
std::vector<std::string> hash_ranges(const std::string& hash, std::uint64_t rows);
// Cuts vectors into files by ranges of their hashes.
std::vector<FileSlice> vector_slices(const PartitionValues& partition, std::uint64_t rows);
// Cuts keys into files by buckets, where they are many. The relation has their column
// pk_bucket.
std::vector<FileSlice> key_slices(std::uint64_t rows);

}  // namespace colvec
