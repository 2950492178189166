// Lists the weights of a model once, for everything that needs them: loading, counting, inventing.
//
// A family writes one function that shows each weight with its name in the file and its shape to a
// WeightVisitor; what happens then is the visitor's.
//
// Thread-safety: thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "compute/backend.h"
#include "model/weights.h"

namespace colvec {

// Rows to look up, (rows, cols).
struct TableWeights {
  std::vector<float> values;
  std::size_t rows = 0;
  std::size_t cols = 0;
  Table view() const { return {values.data(), rows, cols}; }
};

struct NormWeights {
  std::vector<float> gamma;  // (hidden)
  std::vector<float> beta;   // (hidden)
  float eps = 1e-12f;
  Norm view() const { return {.gamma = gamma, .beta = beta, .eps = eps}; }
};

struct LinearShape {
  std::size_t out = 0;
  std::size_t in = 0;
  bool bias = true;
};

// Names are those of the file without ".weight" and ".bias".
class WeightVisitor {
 public:
  virtual ~WeightVisitor() = default;
  virtual Status table(const std::string& name, std::size_t rows, std::size_t cols,
                       TableWeights* weights) = 0;
  virtual Status linear(const std::string& name, LinearShape shape,
                        std::unique_ptr<Linear>* weights) = 0;
  // Query, key and value projections, each of `shape`, that become one of 3 * shape.out rows.
  virtual Status qkv(const std::array<std::string, 3>& names, LinearShape shape,
                     std::unique_ptr<Linear>* weights) = 0;
  virtual Status norm(const std::string& name, std::size_t width, float eps,
                      NormWeights* weights) = 0;
};

// Loads what it visits from files, and remembers which tensors were asked for.
class WeightLoader final : public WeightVisitor {
 public:
  // `prefix` is put before every name ("bert."). Both references must outlive this object.
  WeightLoader(const Weights& files, Backend& backend, std::string prefix)
      : files_(files), backend_(backend), prefix_(std::move(prefix)) {}

  Status table(const std::string& name, std::size_t rows, std::size_t cols,
               TableWeights* weights) override;
  Status linear(const std::string& name, LinearShape shape,
                std::unique_ptr<Linear>* weights) override;
  Status qkv(const std::array<std::string, 3>& names, LinearShape shape,
             std::unique_ptr<Linear>* weights) override;
  Status norm(const std::string& name, std::size_t width, float eps, NormWeights* weights) override;

  // kUnsupported, with its name, if the files hold a tensor that was not visited and that
  // `is_unused` does not know either: the model computes something that we do not. `is_unused` gets
  // names without the prefix.
  Status finish(bool (*is_unused)(std::string_view name)) const;

 private:
  Result<std::vector<float>> floats(const std::string& name,
                                    std::initializer_list<std::size_t> shape);
  Status append_linear(const std::string& name, LinearShape shape, std::vector<float>* weight,
                       std::vector<float>* bias);

  const Weights& files_;
  Backend& backend_;
  std::string prefix_;
  std::set<std::string, std::less<>> visited_;
};

// What kind of numbers a tensor holds, for those who invent them.
enum class WeightRole { kTable, kMatrix, kQueryKey, kBias, kGamma, kBeta };

struct WeightSpec {
  std::string name;
  std::vector<std::size_t> shape;
  WeightRole role = WeightRole::kMatrix;
};

// Writes down what it visits.
class WeightLister final : public WeightVisitor {
 public:
  Status table(const std::string& name, std::size_t rows, std::size_t cols,
               TableWeights* weights) override;
  Status linear(const std::string& name, LinearShape shape,
                std::unique_ptr<Linear>* weights) override;
  Status qkv(const std::array<std::string, 3>& names, LinearShape shape,
             std::unique_ptr<Linear>* weights) override;
  Status norm(const std::string& name, std::size_t width, float eps, NormWeights* weights) override;

  std::vector<WeightSpec> take() { return std::move(specs_); }

 private:
  void add_linear(const std::string& name, LinearShape shape, WeightRole role);

  std::vector<WeightSpec> specs_;
};

}  // namespace colvec
