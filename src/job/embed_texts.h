// Embeds the distinct texts of a query into a store: what a migration and the refresh of a column
// have in common.
//
//   query ── read ──> encode ──> stage ──> commit
//            (one at   (windows   (in order, one at a time; every few
//             a time)   at once)   seconds or megabytes the store gets what was staged)
//
// Vectors with numbers that are not finite are left out and counted.
//
// Thread-safety: thread-compatible. Errors: the first of any stage; what was committed stays.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "duck/database.h"
#include "store/vector_stage.h"

namespace colvec {

// What went through, and the thread time that it took.
struct TextsEmbedded {
  std::uint64_t texts = 0;        // Encoded.
  std::uint64_t bad_vectors = 0;  // Of these: not finite, and so not stored.
  std::uint64_t truncated = 0;
  std::uint64_t tokens = 0;
  bool cancelled = false;
  std::uint64_t read_ns = 0;
  std::uint64_t tokenise_ns = 0;
  std::uint64_t encode_ns = 0;
  std::uint64_t write_ns = 0;
};

struct TextsJob {
  Connection& reader;
  std::string select;  // Column 0: VARCHAR, each text once, never NULL.
  Encoder& encoder;
  VectorStage& stage;                       // On another connection than `reader`.
  double commit_seconds = 10;               // Longest time between two commits.
  std::uint64_t commit_bytes = 128u << 20;  // Vectors that wait for one, at most.
  const CancelToken* cancel = nullptr;      // May be null; breaks off reading, and nothing else.
  std::function<void(const TextsEmbedded& so_far)> on_progress = {};  // May be empty.
};

// After a cancel or at the end, everything that was encoded has been committed.
Result<TextsEmbedded> embed_texts(const TextsJob& job);

}  // namespace colvec
