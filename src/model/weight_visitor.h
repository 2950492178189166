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
#include "compute/large_memory.h"
#include "model/weights.h"

namespace colvec {

// Rows to look up, (rows, cols).
struct TableWeights {
  LargeMemory values;
  std::size_t rows = 0;
  std::size_t cols = 0;
  Table view() const { return {values.data(), rows, cols}; }
  std::span<const float> row(std::size_t i) const { return {values.data() + i * cols, cols}; }
};

struct NormWeights {
  NormKind kind = NormKind::kLayer;
  std::vector<float> gamma;  // (width)
  std::vector<float> beta;   // (width); zeros where the file has none.
  float eps = 1e-12f;
  Norm view() const { return {.kind = kind, .gamma = gamma, .beta = beta, .eps = eps}; }
};

struct LinearShape {
  std::size_t out = 0;
  std::size_t in = 0;
  bool bias = true;
};

struct NormShape {
  std::size_t width = 0;
  float eps = 1e-12f;
  NormKind kind = NormKind::kLayer;
  bool bias = true;  // Of kLayer only: whether the file has a beta.
  float offset = 0;  // Added to the file's gamma: 1 where it holds the difference to 1.
};

// What kind of numbers a tensor holds, for those who invent them.
enum class WeightRole { kTable, kMatrix, kQueryKey, kBias, kGamma, kGammaOffset, kBeta };

// One of several matrices that become one.
struct LinearPart {
  std::string name;
  std::size_t out = 0;
  WeightRole role = WeightRole::kMatrix;
};

// Names are those of the file without ".weight" and ".bias", but for vector() and slices().
class WeightVisitor {
 public:
  virtual ~WeightVisitor() = default;
  virtual Status table(const std::string& name, std::size_t rows, std::size_t cols,
                       TableWeights* weights) = 0;
  virtual Status linear(const std::string& name, LinearShape shape,
                        std::unique_ptr<Linear>* weights) = 0;
  // Matrices of the same input, such as query, key and value, that become one: the rows of the
  // parts one after the other.
  virtual Status stacked(const std::vector<LinearPart>& parts, std::size_t in, bool bias,
                         std::unique_ptr<Linear>* weights) = 0;
  // `count` matrices of `shape`, without bias, that the file keeps as one tensor, one behind the
  // other: (count * out, in), or (count * in, out) where they are `transposed`.
  virtual Status slices(const std::string& name, std::size_t count, LinearShape shape,
                        bool transposed, std::vector<std::unique_ptr<Linear>>* weights) = 0;
  virtual Status vector(const std::string& name, std::size_t width, WeightRole role,
                        std::vector<float>* weights) = 0;
  virtual Status norm(const std::string& name, const NormShape& shape, NormWeights* weights) = 0;
};

// The parts of a query, key and value projection.
std::vector<LinearPart> query_key_value(const std::array<std::string, 3>& names,
                                        std::size_t query_width, std::size_t key_width);

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
  Status stacked(const std::vector<LinearPart>& parts, std::size_t in, bool bias,
                 std::unique_ptr<Linear>* weights) override;
  Status slices(const std::string& name, std::size_t count, LinearShape shape, bool transposed,
                std::vector<std::unique_ptr<Linear>>* weights) override;
  Status vector(const std::string& name, std::size_t width, WeightRole role,
                std::vector<float>* weights) override;
  Status norm(const std::string& name, const NormShape& shape, NormWeights* weights) override;

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

// The first of `prefixes` under which the files have the tensor `marker`, else "".
std::string find_prefix(const Weights& files, std::initializer_list<std::string_view> prefixes,
                        std::string_view marker);

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
  Status stacked(const std::vector<LinearPart>& parts, std::size_t in, bool bias,
                 std::unique_ptr<Linear>* weights) override;
  Status slices(const std::string& name, std::size_t count, LinearShape shape, bool transposed,
                std::vector<std::unique_ptr<Linear>>* weights) override;
  Status vector(const std::string& name, std::size_t width, WeightRole role,
                std::vector<float>* weights) override;
  Status norm(const std::string& name, const NormShape& shape, NormWeights* weights) override;

  std::vector<WeightSpec> take() { return std::move(specs_); }

 private:
  void add_linear(const std::string& name, LinearShape shape, WeightRole role);

  std::vector<WeightSpec> specs_;
};

}  // namespace colvec
