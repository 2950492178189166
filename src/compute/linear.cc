#include "compute/linear.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/workspace.h"

// Of OpenMP's run-time library, on which Debian's oneDNN runs.
extern "C" int omp_get_max_threads(void);
extern "C" void omp_set_num_threads(int count);

namespace colvec {
namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// While it lives, oneDNN called from this thread works on this thread only.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

bool rows_are_independent() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core; }

// Rows of a panel: a multiple of the 24 and 48 rows that oneDNN's AVX-512 kernel keeps in
// registers, and few enough that input and output of the widest product of a small model (96 x 1536
// floats) stay in L2.
constexpr std::size_t kPanelRows = 96;
constexpr std::size_t kPanelStep = 8;
// Rows of a panel where all must be alike: half of what a processor of that age has in L2.
constexpr std::size_t kFixedPanelRows = 64;

dnnl::memory::dim dim(std::size_t value) { return static_cast<dnnl::memory::dim>(value); }

// Of floats that hold `bytes`, in whole cache lines.
std::size_t floats_for(std::size_t bytes) { return (bytes + 63) / 64 * 16; }

Type operand_type(Precision precision) {
  if (precision == Precision::kBf16) return Type::bf16;
  return precision == Precision::kInt8 ? Type::u8 : Type::f32;
}

Type weight_type(Precision precision) {
  return precision == Precision::kInt8 ? Type::s8 : operand_type(precision);
}

Type result_type(Precision precision) {
  return precision == Precision::kInt8 ? Type::s32 : Type::f32;
}

// Weights (in, out) as the kernels that are not AVX-512's read them: row by row. Rows whose
// distance is a multiple of 256 bytes meet in a few sets of the cache: some distance more makes
// products up to twice as fast.
dnnl::memory::desc spaced_weights(std::size_t in, std::size_t out) {
  const std::size_t stride = out % 64 == 0 ? out + 16 : out;
  return {{dim(in), dim(out)}, Type::f32, dnnl::memory::dims{dim(stride), 1}};
}

std::size_t operand_bytes(Precision precision) {
  return dnnl::memory::data_type_size(operand_type(precision));
}

}  // namespace

Status limit_onednn(std::string_view isa) {
  if (isa == "avx512") return {};
  const auto limit = isa == "avx2" ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::sse41;
  static const dnnl::status status = dnnl::set_max_cpu_isa(limit);
  if (status != dnnl::status::success && dnnl::get_effective_cpu_isa() != limit) {
    return fail(ErrorCode::kConflict,
                "oneDNN was in use before it could be limited to: " + std::string(isa));
  }
  return {};
}

PackedLinear::PackedLinear(const dnnl::engine& engine, std::shared_ptr<WeightMemory> memory,
                           const CpuKernels& kernels, Precision precision,
                           MatView<const float> weight, std::span<const float> bias)
    : engine_(engine),
      kernels_(kernels),
      precision_(precision),
      in_(weight.cols),
      out_(weight.rows),
      memory_(std::move(memory)) {
  COLVEC_CHECK(in_ > 0 && out_ > 0);
  COLVEC_CHECK(bias.empty() || bias.size() == out_);
  COLVEC_CHECK(precision_ != Precision::kAuto);
  const OneThread one_thread;
  make_plans();
  if (precision_ == Precision::kInt8) {
    pack_integers(weight);
  } else {
    pack_floats(weight);
  }
  float* const values = memory_->take(out_);
  bias_ = dnnl::memory({{1, dim(out_)}, Type::f32, Tag::ab}, engine_, values);
  std::fill(values, values + out_, 0.0f);
  std::copy(bias.begin(), bias.end(), values);
  columns_.bias = values;
}

PackedLinear::Plan PackedLinear::make_plan(std::size_t rows,
                                           const dnnl::memory::desc& weights) const {
  const dnnl::memory::desc x({dim(rows), dim(in_)}, operand_type(precision_), Tag::ab);
  const dnnl::memory::desc bias({1, dim(out_)}, Type::f32, Tag::ab);
  const dnnl::memory::desc out({dim(rows), dim(out_)}, result_type(precision_), Tag::ab);
  dnnl::primitive_attr attributes;
  // Our own scratch memory: oneDNN's belongs to the thread that made the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  // Integers get their bias after they are scaled.
  const dnnl::matmul::desc operation = precision_ == Precision::kInt8
                                           ? dnnl::matmul::desc(x, weights, out)
                                           : dnnl::matmul::desc(x, weights, bias, out);
  Plan plan{.rows = rows,
            .description = dnnl::matmul::primitive_desc(operation, attributes, engine_),
            .primitive = {}};
  plan.primitive = dnnl::matmul(plan.description);
  return plan;
}

void PackedLinear::make_plans() {
  const bool any_rows = rows_are_independent();
  const std::size_t panel = any_rows ? kPanelRows : kFixedPanelRows;
  const dnnl::memory::desc wish =
      any_rows ? dnnl::memory::desc({dim(in_), dim(out_)}, weight_type(precision_), Tag::any)
               : spaced_weights(in_, out_);
  Plan whole = make_plan(panel, wish);
  const dnnl::memory::desc packed = whole.description.weights_desc();
  for (std::size_t rows = kPanelStep; any_rows && rows < panel; rows += kPanelStep)
    plans_.push_back(make_plan(rows, packed));
  plans_.push_back(std::move(whole));
}

void PackedLinear::pack(const dnnl::memory& plain) {
  const dnnl::memory::desc packed = plans_.back().description.weights_desc();
  weights_ = dnnl::memory(packed, engine_, memory_->take(floats_for(packed.get_size())));
  dnnl::memory source = plain;
  dnnl::stream stream(engine_);
  dnnl::reorder(source, weights_).execute(stream, source, weights_);
  stream.wait();
}

void PackedLinear::pack_floats(MatView<const float> weight) {
  const dnnl::memory::desc plain({dim(in_), dim(out_)}, Type::f32,
                                 dnnl::memory::dims{1, dim(weight.stride)});
  pack(dnnl::memory(plain, engine_, const_cast<float*>(weight.data)));
}

// q = w / step with step = max |w| / 127, for each column of W^T. A weight that is not finite makes
// all of its column NaN.
void PackedLinear::pack_integers(MatView<const float> weight) {
  std::vector<std::int8_t> integers(in_ * out_);
  float* const steps = memory_->take(out_);
  float* const sums = memory_->take(out_);
  for (std::size_t o = 0; o < out_; ++o) {
    const float* const row = weight.row(o);
    float largest = 0;
    for (std::size_t i = 0; i < in_; ++i)
      largest = std::isfinite(row[i]) ? std::max(largest, std::abs(row[i])) : NAN;
    steps[o] = largest / 127;
    int sum = 0;
    for (std::size_t i = 0; largest > 0 && i < in_; ++i) {
      const auto q = static_cast<std::int8_t>(std::lrint(row[i] / steps[o]));
      integers[o * in_ + i] = q;
      sum += q;
    }
    sums[o] = static_cast<float>(sum) * steps[o];
  }
  columns_.steps = steps;
  columns_.sums = sums;
  const dnnl::memory::desc plain({dim(in_), dim(out_)}, Type::s8, dnnl::memory::dims{1, dim(in_)});
  pack(dnnl::memory(plain, engine_, integers.data()));
}

const PackedLinear::Plan& PackedLinear::plan_for(std::size_t rows) const {
  return *std::find_if(plans_.begin(), plans_.end(),
                       [&](const Plan& plan) { return plan.rows >= rows; });
}

std::size_t PackedLinear::operand_floats() const {
  return floats_for(panel_rows() * in_ * operand_bytes(precision_)) +
         floats_for(panel_rows() * sizeof(RowScale));
}

std::size_t PackedLinear::result_floats() const {
  return floats_for(panel_rows() * out_ * sizeof(float));
}

Operand PackedLinear::load(Mat x, float* memory) const {
  COLVEC_CHECK(x.cols == in_ && x.rows > 0 && x.rows <= panel_rows());
  const std::size_t planned = plan_for(x.rows).rows;
  if (precision_ == Precision::kF32 && planned == x.rows && x.stride == in_)
    return {.values = x.data, .scales = nullptr, .rows = x.rows};
  auto* const scales = reinterpret_cast<RowScale*>(memory);
  auto* const bytes =
      reinterpret_cast<std::uint8_t*>(memory + floats_for(panel_rows() * sizeof(RowScale)));
  const std::size_t row_bytes = in_ * operand_bytes(precision_);
  switch (precision_) {
    case Precision::kInt8:
      for (std::size_t r = 0; r < x.rows; ++r)
        scales[r] = kernels_.int8->quantize(x.row(r), in_, bytes + r * row_bytes);
      break;
    case Precision::kBf16:
      kernels_.bf16->round(x.data, x.stride, x.rows, in_, reinterpret_cast<std::uint16_t*>(bytes),
                           in_);
      break;
    default:
      for (std::size_t r = 0; r < x.rows; ++r)
        std::memcpy(bytes + r * row_bytes, x.row(r), row_bytes);
  }
  std::memset(bytes + x.rows * row_bytes, 0, (planned - x.rows) * row_bytes);
  return {.values = bytes, .scales = scales, .rows = x.rows};
}

void PackedLinear::multiply(const Operand& x, float* result) const {
  const Plan& plan = plan_for(x.rows);
  const dnnl::matmul::primitive_desc& description = plan.description;
  {
    const OneThread one_thread;
    dnnl::stream stream(engine_);
    std::unordered_map<int, dnnl::memory> arguments = {
        {DNNL_ARG_SRC, dnnl::memory(description.src_desc(), engine_, const_cast<void*>(x.values))},
        {DNNL_ARG_WEIGHTS, weights_},
        {DNNL_ARG_DST, dnnl::memory(description.dst_desc(), engine_, result)},
        {DNNL_ARG_SCRATCHPAD, dnnl::memory(description.scratchpad_desc(), engine_)}};
    if (precision_ != Precision::kInt8) arguments.emplace(DNNL_ARG_BIAS, bias_);
    plan.primitive.execute(stream, arguments);
    stream.wait();
  }
  if (precision_ != Precision::kInt8) return;
  for (std::size_t r = 0; r < x.rows; ++r) {
    float* const row = result + r * out_;
    kernels_.int8->dequantize(reinterpret_cast<const std::int32_t*>(row), x.scales[r], columns_,
                              out_, row);
  }
}

void PackedLinear::apply(Mat x, Activation activation, Mat out) const {
  COLVEC_CHECK(x.cols == in_ && out.cols == out_ && x.rows == out.rows);
  const std::size_t panel = panel_rows();
  parallel_for((x.rows + panel - 1) / panel, [&](std::size_t i) {
    const std::size_t begin = i * panel;
    const std::size_t count = std::min(panel, x.rows - begin);
    float* const memory = thread_workspace(operand_floats() + result_floats());
    const Operand operand = load(x.row_range(begin, count), memory);
    const bool is_whole = out.stride == out_ && plan_for(count).rows == count;
    float* const result = is_whole ? out.row(begin) : memory + operand_floats();
    multiply(operand, result);
    // Now, while the panel is in the cache.
    for (std::size_t r = 0; r < count; ++r) {
      float* const row = result + r * out_;
      activate(activation, out_, row);
      if (!is_whole) std::memcpy(out.row(begin + r), row, out_ * sizeof(float));
    }
  });
}

void PackedLinear::activate(Activation activation, std::size_t n, float* y) const {
  const KernelTable& kernels = *kernels_.f32;
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kGeluErf:
      return precision_ == Precision::kF32 ? kernels.gelu_erf(y, n, y)
                                           : kernels.gelu_erf_coarse(y, n, y);
    case Activation::kGeluTanh:
      return kernels.gelu_tanh(y, n, y);
    case Activation::kRelu:
      return kernels.relu(y, n, y);
    case Activation::kSilu:
      return kernels.silu(y, n, y);
    case Activation::kTanh:
      return kernels.tanh(y, n, y);
  }
}

}  // namespace colvec
