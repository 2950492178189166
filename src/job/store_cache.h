// A store of embeddings beside the table job: texts whose vector it holds are not embedded, and
// vectors that are new go into it.
//
// Vectors are committed to the store before the output: after a kill between the two the next run
// finds them there.
//
// Thread-safety: thread-compatible. Errors: those of ColumnStore and Connection, with "store"
// before them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/input.h"
#include "job/output.h"
#include "job/pending.h"
#include "store/shared_store.h"
#include "store/vector_stage.h"

namespace colvec {

// The folder here of a store in a bucket.
std::filesystem::path replica_folder(const TableJobConfig& config);

class StoreCache {
 public:
  // Opens the store of the config, making it where there is none. Call it before open_input(),
  // after which the database opens no other file. `cancel` may be null, and must outlive the cache.
  static Result<std::unique_ptr<StoreCache>> open(Database& database, const TableJobConfig& config,
                                                  const EncoderInfo& encoder,
                                                  const CancelToken* cancel);

  // Where the files of the store are here.
  const std::filesystem::path& folder() const { return shared_->folder(); }

  // Gives pending rows whose text the store has that vector, in one transaction, and takes them out
  // of `pending`. Texts that were cut short only with on_truncate keep; empty texts never. Returns
  // how many, and adds their issues to `issues`. kCancelled: while it looks for them.
  // REQUIRES: pending.is_listed.
  Result<std::uint64_t> fill(Connection& connection, const TableJobConfig& config,
                             const Input& input, const Output& output,
                             std::map<std::string, std::uint64_t>* issues);

  // kNotFound where texts of pending rows have no vector, with their number and their shards; those
  // that a shard has found to be not finite are none of them; kCancelled. Call it after fill().
  // REQUIRES: pending.is_listed.
  Status refuse_missing(Connection& connection, const Input& input);

  // Its commits are published to all who share the store.
  VectorStage& stage() { return *stage_; }

 private:
  StoreCache(std::unique_ptr<SharedStore> shared, VectorSet set, const CancelToken* cancel)
      : shared_(std::move(shared)),
        store_(&shared_->store()),
        set_(std::move(set)),
        cancel_(cancel) {}

  Result<std::uint64_t> list_stored(Connection& connection, const TableJobConfig& config,
                                    const std::string& vectors) const;

  std::unique_ptr<SharedStore> shared_;
  ColumnStore* store_;  // Of shared_.
  VectorSet set_;
  const CancelToken* cancel_;  // Breaks off what only reads; may be null.
  std::optional<VectorStage> stage_;
};

}  // namespace colvec
