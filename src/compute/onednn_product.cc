#include "compute/onednn_product.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

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

// There is a plan for every so many rows.
constexpr std::size_t kPlanStep = 8;

dnnl::memory::dim dim(std::size_t value) { return static_cast<dnnl::memory::dim>(value); }

}  // namespace

OnednnProduct::OnednnProduct(WeightMemory& memory, std::size_t rows_max,
                             MatView<const float> weight, float* bias)
    : engine_(dnnl::engine::kind::cpu, 0), is_integer_(false), in_(weight.cols), out_(weight.rows) {
  const OneThread one_thread;
  make_plans(rows_max);
  const dnnl::memory::desc plain({dim(in_), dim(out_)}, Type::f32,
                                 dnnl::memory::dims{1, dim(weight.stride)});
  pack(memory, dnnl::memory(plain, engine_, const_cast<float*>(weight.data)));
  bias_ = dnnl::memory({{1, dim(out_)}, Type::f32, Tag::ab}, engine_, bias);
}

OnednnProduct::OnednnProduct(WeightMemory& memory, std::size_t rows_max,
                             MatView<const std::int8_t> integers)
    : engine_(dnnl::engine::kind::cpu, 0),
      is_integer_(true),
      in_(integers.cols),
      out_(integers.rows) {
  const OneThread one_thread;
  make_plans(rows_max);
  const dnnl::memory::desc plain({dim(in_), dim(out_)}, Type::s8,
                                 dnnl::memory::dims{1, dim(integers.stride)});
  pack(memory, dnnl::memory(plain, engine_, const_cast<std::int8_t*>(integers.data)));
}

OnednnProduct::Plan OnednnProduct::make_plan(std::size_t rows,
                                             const dnnl::memory::desc& weights) const {
  const dnnl::memory::desc x({dim(rows), dim(in_)}, is_integer_ ? Type::u8 : Type::bf16, Tag::ab);
  const dnnl::memory::desc bias({1, dim(out_)}, Type::f32, Tag::ab);
  const dnnl::memory::desc out({dim(rows), dim(out_)}, is_integer_ ? Type::s32 : Type::f32,
                               Tag::ab);
  dnnl::primitive_attr attributes;
  // Our own scratch memory: oneDNN's belongs to the thread that made the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::matmul::desc operation =
      is_integer_ ? dnnl::matmul::desc(x, weights, out) : dnnl::matmul::desc(x, weights, bias, out);
  Plan plan{.rows = rows,
            .description = dnnl::matmul::primitive_desc(operation, attributes, engine_),
            .primitive = {}};
  plan.primitive = dnnl::matmul(plan.description);
  return plan;
}

void OnednnProduct::make_plans(std::size_t rows_max) {
  const dnnl::memory::desc wish({dim(in_), dim(out_)}, is_integer_ ? Type::s8 : Type::bf16,
                                Tag::any);
  Plan whole = make_plan(rows_max, wish);
  const dnnl::memory::desc packed = whole.description.weights_desc();
  for (std::size_t rows = kPlanStep; rows < rows_max; rows += kPlanStep)
    plans_.push_back(make_plan(rows, packed));
  plans_.push_back(std::move(whole));
}

void OnednnProduct::pack(WeightMemory& memory, const dnnl::memory& plain) {
  const dnnl::memory::desc packed = plans_.back().description.weights_desc();
  weights_ = dnnl::memory(packed, engine_, memory.take(floats_for(packed.get_size())));
  dnnl::memory source = plain;
  dnnl::stream stream(engine_);
  dnnl::reorder(source, weights_).execute(stream, source, weights_);
  stream.wait();
}

const OnednnProduct::Plan& OnednnProduct::plan_for(std::size_t rows) const {
  return *std::find_if(plans_.begin(), plans_.end(),
                       [&](const Plan& plan) { return plan.rows >= rows; });
}

void OnednnProduct::multiply(const void* x, std::size_t rows, void* result) const {
  const Plan& plan = plan_for(rows);
  const dnnl::matmul::primitive_desc& description = plan.description;
  const OneThread one_thread;
  dnnl::stream stream(engine_);
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, dnnl::memory(description.src_desc(), engine_, const_cast<void*>(x))},
      {DNNL_ARG_WEIGHTS, weights_},
      {DNNL_ARG_DST, dnnl::memory(description.dst_desc(), engine_, result)},
      {DNNL_ARG_SCRATCHPAD, dnnl::memory(description.scratchpad_desc(), engine_)}};
  if (!is_integer_) arguments.emplace(DNNL_ARG_BIAS, bias_);
  plan.primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace colvec
