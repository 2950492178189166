// Moves all pending rows through the stages: read, sort, encode, judge, write.
//
//   Stream ── read ──> sort ──> encode ──> judge ──> write ──> Writers
//            (one at   (in      (windows   (in       (at once, where there
//             a time)   order)   at once)   order)    are several writers)
//
// Windows are cut by bytes, several are encoded at the same time, and they are judged in the order
// in which they were read. A text's vector may come from an earlier window: order makes sure that
// it is filled by then. run_serial() makes the same calls one after the other; tests compare the
// two.
//
// Thread-safety: thread-compatible. Errors: the first of any stage; windows written before it stay
// with the writers, to be committed or not by the caller.
#pragma once

#include <cstdint>
#include <functional>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/window.h"
#include "job/writers.h"
#include "store/vector_stage.h"

namespace colvec {

// Thread time in the stages, and what went through them.
struct PipelineTotals {
  std::uint64_t read_ns = 0;
  std::uint64_t hash_ns = 0;
  std::uint64_t tokenise_ns = 0;
  std::uint64_t encode_ns = 0;
  std::uint64_t write_ns = 0;
  std::uint64_t texts_embedded = 0;
  std::uint64_t vectors_reused = 0;  // Rows that share a vector with an earlier row.
  std::uint64_t tokens = 0;
};

struct PipelineJob {
  const TableJobConfig& config;
  bool text_is_blob = false;
  Encoder& encoder;
  Stream& rows;
  Writers& writers;
  // May be null; stops reading, not what is under way. So does kCancelled of `rows`.
  const CancelToken* cancel = nullptr;
  // May be null; gets the vectors of each text embedded. REQUIRES: one writer, if not null.
  VectorStage* stage = nullptr;
  std::function<void(std::uint64_t)> on_written;  // Rows done so far; may be empty.
};

Result<PipelineTotals> run_pipeline(const PipelineJob& job);
Result<PipelineTotals> run_serial(const PipelineJob& job);

}  // namespace colvec
