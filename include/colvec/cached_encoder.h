// An encoder that remembers: texts whose vector is in a store of embeddings, or was made lately, do
// not reach the model.
//
// New vectors go to the store in commits some seconds apart, and at the end; those of the last
// seconds are lost with the process, and are made again. The store may be that of a column, or of
// any other user of the same model: vectors are found by text, fingerprint and precision.
//
// Thread-safety: as Encoder. Errors: those of the encoder; of opening and of encode(): kCorruption,
// kIo of the store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

struct CacheOptions {
  std::filesystem::path store{};              ///< Made where there is none; "": memory alone.
  bool writes = true;                         ///< Whether new vectors go to the store.
  std::size_t memory_bytes_max = 256u << 20;  ///< Of vectors that are kept in memory.
  double commit_seconds = 10;
  std::string memory_limit = "1GB";  ///< For queries of the store.
  /// Called with the number of texts of a call that did not reach the model; may be empty.
  std::function<void(std::size_t texts)> on_cached{};
};

/// Cost: reads the files with vectors of this model once, to compare them with their checksums.
Result<std::unique_ptr<Encoder>> open_cached_encoder(std::unique_ptr<Encoder> encoder,
                                                     const CacheOptions& options);

}  // namespace colvec
