// Which texts are whose: the texts of the view `source` that a shard embeds, and those of pending
// rows that have no vector yet.
//
// A shard's texts are those whose text hash lies in its part of all hashes (store/hash_range.h).
// NULL and empty texts, and BLOBs that are not UTF-8, are nobody's: they are a matter of the
// process that writes the output.
//
// Thread-safety: thread-compatible. Errors: those of Connection.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/shard.h"
#include "duck/database.h"
#include "job/input.h"
#include "store/store_model.h"

namespace colvec {

struct ShardTexts {
  std::uint64_t texts = 0;    // Distinct ones of the shard.
  std::uint64_t missing = 0;  // Of these: without a vector.
  // Reads the missing ones, in the order of their hashes: one VARCHAR.
  std::string sql;
};

// `stored`: SQL that can follow FROM, with text_hash; at least the shard's.
Result<ShardTexts> list_shard_texts(Connection& connection, const Input& input, const Shard& shard,
                                    const std::string& stored);

// Texts of the temporary table `pending` that a shard should have embedded and that `stored` lacks:
// how many of each shard of `shards`.
struct MissingTexts {
  std::uint64_t shard = 0;
  std::uint64_t texts = 0;
};
Result<std::vector<MissingTexts>> find_missing_texts(Connection& connection, const Input& input,
                                                     std::uint64_t shards,
                                                     const std::string& stored);

// What a store keeps of the encoder.
StoreModel store_model_of(const EncoderInfo& encoder);

}  // namespace colvec
