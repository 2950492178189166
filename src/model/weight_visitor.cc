#include "model/weight_visitor.h"

namespace colvec {

Result<std::vector<float>> WeightLoader::floats(const std::string& name,
                                                std::initializer_list<std::size_t> shape) {
  std::string full = prefix_ + name;
  COLVEC_ASSIGN(std::vector<float> values,
                files_.floats(full, std::span(shape.begin(), shape.size())));
  visited_.insert(std::move(full));
  return values;
}

Status WeightLoader::table(const std::string& name, std::size_t rows, std::size_t cols,
                           TableWeights* weights) {
  COLVEC_ASSIGN(weights->values, floats(name + ".weight", {rows, cols}));
  weights->rows = rows;
  weights->cols = cols;
  return {};
}

Status WeightLoader::append_linear(const std::string& name, LinearShape shape,
                                   std::vector<float>* weight, std::vector<float>* bias) {
  COLVEC_ASSIGN(const std::vector<float> w, floats(name + ".weight", {shape.out, shape.in}));
  weight->insert(weight->end(), w.begin(), w.end());
  if (!shape.bias) return {};
  COLVEC_ASSIGN(const std::vector<float> b, floats(name + ".bias", {shape.out}));
  bias->insert(bias->end(), b.begin(), b.end());
  return {};
}

Status WeightLoader::linear(const std::string& name, LinearShape shape,
                            std::unique_ptr<Linear>* weights) {
  std::vector<float> weight;
  std::vector<float> bias;
  COLVEC_TRY(append_linear(name, shape, &weight, &bias));
  *weights = backend_.make_linear({weight.data(), shape.out, shape.in}, bias);
  return {};
}

Status WeightLoader::qkv(const std::array<std::string, 3>& names, LinearShape shape,
                         std::unique_ptr<Linear>* weights) {
  std::vector<float> weight;  // (3 * out, in)
  std::vector<float> bias;    // (3 * out)
  for (const std::string& name : names) COLVEC_TRY(append_linear(name, shape, &weight, &bias));
  *weights = backend_.make_linear({weight.data(), names.size() * shape.out, shape.in}, bias);
  return {};
}

Status WeightLoader::norm(const std::string& name, std::size_t width, float eps,
                          NormWeights* weights) {
  // Checkpoints that were once converted from TensorFlow keep its names.
  const bool old_names = files_.find(prefix_ + name + ".gamma") != nullptr;
  COLVEC_ASSIGN(weights->gamma, floats(name + (old_names ? ".gamma" : ".weight"), {width}));
  COLVEC_ASSIGN(weights->beta, floats(name + (old_names ? ".beta" : ".bias"), {width}));
  weights->eps = eps;
  return {};
}

Status WeightLoader::finish(bool (*is_unused)(std::string_view name)) const {
  std::string unknown;
  files_.each([&](const TensorEntry& tensor) {
    if (!unknown.empty() || visited_.contains(tensor.name)) return;
    std::string_view name = tensor.name;
    if (name.starts_with(prefix_)) name.remove_prefix(prefix_.size());
    if (!is_unused(name)) unknown = tensor.name;
  });
  if (unknown.empty()) return {};
  return fail(ErrorCode::kUnsupported,
              files_.dir().string() + ": a tensor that this family does not use: " + unknown);
}

void WeightLister::add_linear(const std::string& name, LinearShape shape, WeightRole role) {
  specs_.push_back({name + ".weight", {shape.out, shape.in}, role});
  if (shape.bias) specs_.push_back({name + ".bias", {shape.out}, WeightRole::kBias});
}

Status WeightLister::table(const std::string& name, std::size_t rows, std::size_t cols,
                           TableWeights*) {
  specs_.push_back({name + ".weight", {rows, cols}, WeightRole::kTable});
  return {};
}

Status WeightLister::linear(const std::string& name, LinearShape shape, std::unique_ptr<Linear>*) {
  add_linear(name, shape, WeightRole::kMatrix);
  return {};
}

Status WeightLister::qkv(const std::array<std::string, 3>& names, LinearShape shape,
                         std::unique_ptr<Linear>*) {
  add_linear(names[0], shape, WeightRole::kQueryKey);
  add_linear(names[1], shape, WeightRole::kQueryKey);
  add_linear(names[2], shape, WeightRole::kMatrix);
  return {};
}

Status WeightLister::norm(const std::string& name, std::size_t width, float, NormWeights*) {
  specs_.push_back({name + ".weight", {width}, WeightRole::kGamma});
  specs_.push_back({name + ".bias", {width}, WeightRole::kBeta});
  return {};
}

}  // namespace colvec
