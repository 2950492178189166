// Turns token ids into hidden states: one class per family of models, chosen by config.json's
// model_type.
//
// Thread-safety: a Model is immutable; callers bring a Scratch each.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"
#include "model/wanted_rows.h"
#include "model/weight_visitor.h"
#include "model/weights.h"

namespace colvec {

class Model {
 public:
  virtual ~Model() = default;

  virtual std::size_t hidden() const = 0;      // Width of the hidden states.
  virtual std::size_t vocabulary() const = 0;  // Ids must be below this.

  // Tokens that a sequence may have: those that there are weights for, or a bound beyond any text.
  virtual std::size_t positions() const = 0;
  // Tokens that the model was made for; at most positions().
  virtual std::size_t trained_positions() const = 0;

  // JSON of what config.json decides beyond the weights, for the fingerprint.
  virtual std::string settings() const = 0;

  // The last hidden states of a packed batch: (wanted.size(), hidden), or, where no row is named,
  // (tokens, hidden). They live in `scratch`.
  // REQUIRES: ids below vocabulary(), sequences of 0 to positions() tokens, at least one token in
  // all.
  virtual Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
                      Scratch& scratch) const = 0;
};

// How to load and run the models whose config.json says `model_type`.
struct Family {
  std::string_view name;  // Of the architecture: several types may have the same.
  std::string_view model_type;
  // Whether a config of this type is one of this family.
  bool (*fits)(const Json& config);
  // kInvalidArgument, kUnsupported, kCorruption, each with file and field or tensor. The backend
  // must outlive the model; config and weights need not.
  Result<std::unique_ptr<Model>> (*load)(const Json& config, const Weights& weights,
                                         Backend& backend);
  // The tensors that a file of such a model holds.
  Result<std::vector<WeightSpec>> (*list)(const Json& config);
};

// All of them, a row for each model_type.
std::span<const Family> families();

// The family of `config`. kUnsupported: its model_type is not among ours.
Result<const Family*> find_family(const Json& config);

}  // namespace colvec
