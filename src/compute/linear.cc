#include "compute/linear.h"

#include <algorithm>
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

constexpr auto kF32 = dnnl::memory::data_type::f32;

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

std::size_t floats_of(const dnnl::memory::desc& description) {
  return (description.get_size() + sizeof(float) - 1) / sizeof(float);
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
                           MatView<const float> weight, std::span<const float> bias)
    : engine_(engine), in_(weight.cols), out_(weight.rows), memory_(std::move(memory)) {
  COLVEC_CHECK(in_ > 0 && out_ > 0);
  COLVEC_CHECK(bias.empty() || bias.size() == out_);
  const OneThread one_thread;

  const dnnl::memory::dims shape = {dim(in_), dim(out_)};
  const bool any_rows = rows_are_independent();
  const std::size_t panel = any_rows ? kPanelRows : kFixedPanelRows;
  const Plan whole =
      make_plan(panel, dnnl::memory::desc(shape, kF32, dnnl::memory::format_tag::any));
  const dnnl::memory::desc packed = whole.description.weights_desc();
  for (std::size_t rows = kPanelStep; any_rows && rows < panel; rows += kPanelStep) {
    plans_.push_back(make_plan(rows, packed));
  }
  plans_.push_back(whole);

  const dnnl::memory::desc plain(shape, kF32, dnnl::memory::dims{1, dim(weight.stride)});
  dnnl::memory source(plain, engine_, const_cast<float*>(weight.data));
  weights_ = dnnl::memory(packed, engine_, memory_->take(floats_of(packed)));
  dnnl::stream stream(engine_);
  dnnl::reorder(source, weights_).execute(stream, source, weights_);
  stream.wait();

  float* const values = memory_->take(out_);
  bias_ = dnnl::memory({{1, dim(out_)}, kF32, dnnl::memory::format_tag::ab}, engine_, values);
  std::fill(values, values + out_, 0.0f);
  std::copy(bias.begin(), bias.end(), values);
}

PackedLinear::Plan PackedLinear::make_plan(std::size_t rows,
                                           const dnnl::memory::desc& weights) const {
  const dnnl::memory::desc x({dim(rows), dim(in_)}, kF32, dnnl::memory::format_tag::ab);
  const dnnl::memory::desc bias({1, dim(out_)}, kF32, dnnl::memory::format_tag::ab);
  const dnnl::memory::desc out({dim(rows), dim(out_)}, kF32, dnnl::memory::format_tag::ab);
  dnnl::primitive_attr attributes;
  // Our own scratch memory: oneDNN's belongs to the thread that made the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  Plan plan{.rows = rows,
            .description = dnnl::matmul::primitive_desc(dnnl::matmul::desc(x, weights, bias, out),
                                                        attributes, engine_),
            .primitive = {}};
  plan.primitive = dnnl::matmul(plan.description);
  return plan;
}

const PackedLinear::Plan& PackedLinear::plan_for(std::size_t rows) const {
  return *std::find_if(plans_.begin(), plans_.end(),
                       [&](const Plan& plan) { return plan.rows >= rows; });
}

void PackedLinear::apply(const KernelTable& kernels, Mat x, Activation activation, Mat out) const {
  COLVEC_CHECK(x.cols == in_ && out.cols == out_ && x.rows == out.rows);
  const std::size_t panel = plans_.back().rows;
  parallel_for((x.rows + panel - 1) / panel, [&](std::size_t i) {
    const std::size_t begin = i * panel;
    const std::size_t count = std::min(panel, x.rows - begin);
    const Mat result = out.row_range(begin, count);
    multiply(x.row_range(begin, count), result);
    // Now, while the panel is in the cache.
    if (activation == Activation::kNone) return;
    for (std::size_t r = 0; r < count; ++r) activate(kernels, activation, out_, result.row(r));
  });
}

void PackedLinear::multiply(Mat x, Mat out) const {
  const Plan& plan = plan_for(x.rows);
  if (plan.rows == x.rows && x.stride == in_ && out.stride == out_) {
    execute(plan, x.data, out.data);
  } else {
    multiply_padded(plan, x, out);
  }
}

void PackedLinear::multiply_padded(const Plan& plan, Mat x, Mat out) const {
  float* const dense_x = thread_workspace(plan.rows * (in_ + out_));
  float* const dense_out = dense_x + plan.rows * in_;
  for (std::size_t r = 0; r < x.rows; ++r) {
    std::memcpy(dense_x + r * in_, x.row(r), in_ * sizeof(float));
  }
  std::fill(dense_x + x.rows * in_, dense_x + plan.rows * in_, 0.0f);
  execute(plan, dense_x, dense_out);
  for (std::size_t r = 0; r < x.rows; ++r) {
    std::memcpy(out.row(r), dense_out + r * out_, out_ * sizeof(float));
  }
}

void PackedLinear::execute(const Plan& plan, float* x, float* out) const {
  const OneThread one_thread;
  dnnl::stream stream(engine_);
  const dnnl::matmul::primitive_desc& description = plan.description;
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, dnnl::memory(description.src_desc(), engine_, x)},
      {DNNL_ARG_WEIGHTS, weights_},
      {DNNL_ARG_BIAS, bias_},
      {DNNL_ARG_DST, dnnl::memory(description.dst_desc(), engine_, out)},
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(description.scratchpad_desc(), engine_)}};
  plan.primitive.execute(stream, arguments);
  stream.wait();
}

void activate(const KernelTable& kernels, Activation activation, std::size_t n, float* y) {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kGeluErf:
      return kernels.gelu_erf(y, n, y);
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
