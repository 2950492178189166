// Gathers vectors in a temporary table of the store's connection until they are appended.
//
// Thread-safety: thread-compatible; one stage a store at a time. Errors: those of Connection.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "duck/appender.h"
#include "store/column_store.h"

namespace colvec {

class VectorStage {
 public:
  // `store` must outlive the stage.
  static Result<VectorStage> open(ColumnStore& store, const VectorSet& set, std::size_t dimension);

  // Adds the vectors of `texts`, row by row as encode() gave them; those with numbers that are not
  // finite are left out.
  Status add(std::span<const std::string_view> texts, std::span<const float> vectors,
             std::span<const TextReport> reports);
  // Bytes of vectors that wait.
  std::uint64_t bytes() const { return rows_ * dimension_ * sizeof(float); }
  // Appends what waits, durably. After an error it waits on, for the next.
  Status commit();
  // Is called after each of these commits; an error of it is the commit's.
  void on_commit(std::function<Status()> call) { on_commit_ = std::move(call); }
  // Committed vectors that were new to the store.
  std::uint64_t vectors_added() const { return vectors_added_; }
  // Versions of the table that other writers took first.
  std::uint64_t conflicts() const { return conflicts_; }
  // Commits that had something to append, and the time that they took, with what on_commit() named.
  std::uint64_t commits() const { return commits_; }
  double commit_seconds() const { return commit_seconds_; }

 private:
  VectorStage(ColumnStore& store, VectorSet set, std::size_t dimension)
      : store_(&store), set_(std::move(set)), dimension_(dimension) {}

  ColumnStore* store_;
  VectorSet set_;
  std::size_t dimension_;
  std::optional<Appender> appender_;
  std::uint64_t rows_ = 0;
  std::uint64_t vectors_added_ = 0;
  std::uint64_t commits_ = 0;
  std::uint64_t conflicts_ = 0;
  double commit_seconds_ = 0;
  std::function<Status()> on_commit_;
};

}  // namespace colvec
