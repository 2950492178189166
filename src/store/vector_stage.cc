#include "store/vector_stage.h"

#include <chrono>
#include <vector>

#include "base/clock.h"
#include "base/float_vectors.h"
#include "base/hash.h"

namespace colvec {
namespace {

// The table `staged_vectors`: the columns that StoreRows asks for.
constexpr std::string_view kCreate =
    "CREATE OR REPLACE TEMP TABLE staged_vectors (text_hash VARCHAR, text_value VARCHAR, embedding "
    "FLOAT[], token_count INTEGER, truncated BOOLEAN)";

}  // namespace

Result<VectorStage> VectorStage::open(ColumnStore& store, const VectorSet& set,
                                      std::size_t dimension) {
  VectorStage stage(store, set, dimension);
  COLVEC_TRY(store.connection().execute(std::string(kCreate)));
  return stage;
}

Status VectorStage::add(std::span<const std::string_view> texts, std::span<const float> vectors,
                        std::span<const TextReport> reports) {
  if (!appender_) {
    COLVEC_ASSIGN(appender_,
                  Appender::open(store_->connection(), "temp", "main", "staged_vectors"));
  }
  std::size_t row = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::span<const float> values = vectors.subspan(i * dimension_, dimension_);
    if (!is_finite(values)) continue;
    appender_->set_text(0, row, text_hash(texts[i]));
    appender_->set_text(1, row, texts[i]);
    appender_->set_vector(2, row, values);
    appender_->set_integer(3, row, static_cast<std::int32_t>(reports[i].token_count));
    appender_->set_boolean(4, row, reports[i].truncated);
    ++rows_;
    if (++row < kChunkRowsMax) continue;
    COLVEC_TRY(appender_->append(row));
    row = 0;
  }
  return row > 0 ? appender_->append(row) : Status();
}

Status VectorStage::commit() {
  if (rows_ == 0) return {};
  const auto begin = std::chrono::steady_clock::now();
  // There is none where a commit before has failed: its rows wait in the table.
  if (appender_) COLVEC_TRY(appender_->flush());
  appender_.reset();
  const StoreRows rows{.set = set_,
                       .dimension = dimension_,
                       .vectors = "staged_vectors",
                       .position = "rowid",
                       .keys = "",
                       .engine_version = ""};
  COLVEC_ASSIGN(const StoreAppended appended, store_->append(rows));
  vectors_added_ += appended.vectors.rows_added;
  conflicts_ += appended.vectors.conflicts;
  rows_ = 0;
  if (on_commit_) COLVEC_TRY(on_commit_());
  COLVEC_TRY(store_->connection().execute("TRUNCATE staged_vectors"));
  ++commits_;
  commit_seconds_ += seconds_since(begin);
  return {};
}

}  // namespace colvec
