#include "model/weight_visitor.h"

namespace colvec {

std::vector<LinearPart> query_key_value(const std::array<std::string, 3>& names,
                                        std::size_t query_width, std::size_t key_width) {
  return {{names[0], query_width, WeightRole::kQueryKey},
          {names[1], key_width, WeightRole::kQueryKey},
          {names[2], key_width, WeightRole::kMatrix}};
}

std::string find_prefix(const Weights& files, std::initializer_list<std::string_view> prefixes,
                        std::string_view marker) {
  for (const std::string_view prefix : prefixes)
    if (files.find(std::string(prefix).append(marker)) != nullptr) return std::string(prefix);
  return "";
}

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
  std::string full = prefix_ + name + ".weight";
  const std::array shape = {rows, cols};
  COLVEC_ASSIGN(weights->values, files_.table(full, shape));
  visited_.insert(std::move(full));
  weights->rows = rows;
  weights->cols = cols;
  backend_.keep({weights->values.data(), rows * cols});
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

Status WeightLoader::stacked(const std::vector<LinearPart>& parts, std::size_t in, bool has_bias,
                             std::unique_ptr<Linear>* weights) {
  std::vector<float> weight;  // (rows, in)
  std::vector<float> bias;    // (rows)
  std::size_t rows = 0;
  for (const LinearPart& part : parts) {
    COLVEC_TRY(
        append_linear(part.name, {.out = part.out, .in = in, .bias = has_bias}, &weight, &bias));
    rows += part.out;
  }
  *weights = backend_.make_linear({weight.data(), rows, in}, bias);
  return {};
}

Status WeightLoader::slices(const std::string& name, std::size_t count, LinearShape shape,
                            bool transposed, std::vector<std::unique_ptr<Linear>>* weights) {
  const std::size_t rows = transposed ? shape.in : shape.out;
  const std::size_t cols = transposed ? shape.out : shape.in;
  COLVEC_ASSIGN(const std::vector<float> values, floats(name, {count * rows, cols}));
  std::vector<float> turned(transposed ? rows * cols : 0);
  for (std::size_t i = 0; i < count; ++i) {
    const float* slice = values.data() + i * rows * cols;
    if (transposed) {
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) turned[c * rows + r] = slice[r * cols + c];
      slice = turned.data();
    }
    weights->push_back(backend_.make_linear({slice, shape.out, shape.in}, {}));
  }
  return {};
}

Status WeightLoader::vector(const std::string& name, std::size_t width, WeightRole,
                            std::vector<float>* weights) {
  COLVEC_ASSIGN(*weights, floats(name, {width}));
  backend_.keep(*weights);
  return {};
}

Status WeightLoader::norm(const std::string& name, const NormShape& shape, NormWeights* weights) {
  // Checkpoints that were once converted from TensorFlow keep its names.
  const bool old_names = files_.find(prefix_ + name + ".gamma") != nullptr;
  COLVEC_ASSIGN(weights->gamma, floats(name + (old_names ? ".gamma" : ".weight"), {shape.width}));
  for (float& gamma : weights->gamma) gamma += shape.offset;
  backend_.keep(weights->gamma);
  weights->kind = shape.kind;
  weights->eps = shape.eps;
  if (shape.kind == NormKind::kRms) return {};
  if (shape.bias) {
    COLVEC_ASSIGN(weights->beta, floats(name + (old_names ? ".beta" : ".bias"), {shape.width}));
  } else {
    weights->beta.assign(shape.width, 0.0f);
  }
  backend_.keep(weights->beta);
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

Status WeightLister::stacked(const std::vector<LinearPart>& parts, std::size_t in, bool bias,
                             std::unique_ptr<Linear>*) {
  for (const LinearPart& part : parts)
    add_linear(part.name, {.out = part.out, .in = in, .bias = bias}, part.role);
  return {};
}

Status WeightLister::slices(const std::string& name, std::size_t count, LinearShape shape,
                            bool transposed, std::vector<std::unique_ptr<Linear>>*) {
  const std::size_t rows = transposed ? shape.in : shape.out;
  specs_.push_back({name, {count * rows, transposed ? shape.out : shape.in}, WeightRole::kMatrix});
  return {};
}

Status WeightLister::vector(const std::string& name, std::size_t width, WeightRole role,
                            std::vector<float>*) {
  specs_.push_back({name, {width}, role});
  return {};
}

Status WeightLister::norm(const std::string& name, const NormShape& shape, NormWeights*) {
  specs_.push_back({name + ".weight",
                    {shape.width},
                    shape.offset == 0 ? WeightRole::kGamma : WeightRole::kGammaOffset});
  if (shape.kind == NormKind::kLayer && shape.bias)
    specs_.push_back({name + ".bias", {shape.width}, WeightRole::kBeta});
  return {};
}

}  // namespace colvec
