// Runs the small folders of shared testdata/families through Model and Tail, on golden token ids:
// without a tokenizer in between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/npy.h"
#include "compute/backend.h"
#include "model/model.h"
#include "model/model_folder.h"
#include "model/tail.h"

namespace colvec {

// Names of all folders with golden vectors.
const std::vector<std::string>& family_folders();

// One line of golden/token_ids.jsonl.
struct GoldenRow {
  std::vector<std::uint32_t> ids;
  std::uint32_t prompt_tokens = 0;  // To be left out of averages.
};

class GoldenFamily {
 public:
  // Stops the test where the folder cannot be loaded.
  explicit GoldenFamily(const std::string& name, Precision precision = Precision::kF32,
                        std::string_view device = "cpu");

  const Model& model() const { return *model_; }
  const std::vector<GoldenRow>& rows() const { return rows_; }
  std::filesystem::path golden(const std::string& file) const { return dir_ / "golden" / file; }

  // The vectors of a batch of rows, one after the other.
  std::vector<float> encode(const std::vector<GoldenRow>& batch);
  // The last hidden states of one row, (tokens, hidden).
  std::vector<float> hidden_states(const GoldenRow& row);
  std::size_t dimension() const { return tail_->dimension(); }
  std::string_view isa() const { return backend_->isa(); }

 private:
  std::filesystem::path dir_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Model> model_;
  std::optional<Tail> tail_;
  std::vector<GoldenRow> rows_;
};

// The file with the vectors that exact arithmetic should give: some references compute rotary
// angles, RMS norms and routing in float32, and a second file has these steps in float64.
std::string golden_vectors_of(const GoldenFamily& family);

}  // namespace colvec
