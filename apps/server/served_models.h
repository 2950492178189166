// The models of /v1/embeddings: opened when the server starts, each with its batchers.
//
// Thread-safety: immutable once opened; batchers are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "batcher.h"
#include "colvec/error.h"
#include "metrics.h"
#include "server.h"

namespace colvec::server {

struct ServedModel {
  std::string name;                                // As requests call it.
  std::int64_t created = 0;                        // Seconds since the epoch: when it was opened.
  std::vector<std::unique_ptr<Batcher>> batchers;  // One for each dimension, the longest first.

  const EncoderInfo& info() const { return batchers.front()->info(); }
};

class ServedModels {
 public:
  // Those that the options name, and the columns of the bundle; else the built-in one. kNotFound
  // and the like: a model or bundle that cannot be opened, with its name.
  static Result<ServedModels> open(const ServerOptions& options, Metrics& metrics);

  const std::vector<ServedModel>& all() const { return models_; }
  // "" for the only one. Null: there is none of this name.
  const ServedModel* find(std::string_view name) const;
  std::size_t texts_waiting() const;

 private:
  std::vector<ServedModel> models_;
};

// "NAME=MODEL" as its two parts; of "MODEL" both are the same.
std::pair<std::string, std::string> split_model(const std::string& given);

}  // namespace colvec::server
