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
#include "store/column_store.h"
#include "store/vector_stage.h"

namespace colvec {

class StoreCache {
 public:
  // Opens the store of the config, making it where there is none. Call it before open_input(),
  // after which the database opens no other file.
  static Result<std::unique_ptr<StoreCache>> open(Database& database, const TableJobConfig& config,
                                                  const EncoderInfo& encoder);

  // Gives pending rows whose text the store has that vector, in one transaction, and takes them out
  // of `pending`. Texts that were cut short only with on_truncate keep; empty texts never. Returns
  // how many, and adds their issues to `issues`. REQUIRES: pending.is_listed.
  Result<std::uint64_t> fill(Connection& connection, const TableJobConfig& config,
                             const Input& input, const Output& output,
                             std::map<std::string, std::uint64_t>* issues);

  VectorStage& stage() { return *stage_; }

 private:
  explicit StoreCache(std::unique_ptr<ColumnStore> store, VectorSet set)
      : store_(std::move(store)), set_(std::move(set)) {}

  std::unique_ptr<ColumnStore> store_;
  VectorSet set_;
  std::optional<VectorStage> stage_;
};

}  // namespace colvec
