#include "compute/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "compute/cuda_enums.h"
#include "compute/cuda_pass_plan.h"
#include "compute/cuda_scratch_pool.h"
#include "compute/cuda_weights.h"

namespace colvec {
namespace {

// One pass computes while others are prepared or brought back.
constexpr std::size_t kPassesAtOnce = 3;
// Tokens of a pass: enough to fill a large GPU, few enough that memory does not matter on it.
constexpr std::size_t kTokensMax = 32768;
constexpr std::size_t kTokensMin = 1024;
// What a pass holds for a token, in bytes for each number of the hidden state: qkv, context, two
// blocks of feed-forward and some more, of 2 bytes each, or 4 where a family asks for f32.
constexpr std::size_t kBytesPerHidden = 96;

// Whether a product does it by itself. cuBLASLt's GELU is the one with tanh.
bool is_fused(Activation activation) {
  return activation == Activation::kGeluTanh || activation == Activation::kRelu;
}

CudaMat rows_of(const CudaMat& mat, std::size_t begin, std::size_t count) {
  CudaMat part = mat;
  if (part.data != nullptr)
    part.data = static_cast<char*>(part.data) + begin * mat.stride * bytes_of(mat.type);
  part.rows = count;
  return part;
}

class CudaBackend final : public Backend {
 public:
  CudaBackend(const CudaTable& table, int device, const CudaDeviceInfo& info, Precision precision,
              std::size_t bytes_free)
      : table_(table),
        device_(device),
        has_groups_(info.major == 9),
        precision_(precision),
        bytes_free_(bytes_free),
        narrow_(precision == Precision::kF16 ? CudaType::kF16 : CudaType::kBf16),
        weights_(table, device, narrow_),
        scratches_(table, device, narrow_) {}

  std::string_view isa() const override { return table_.isa; }
  Precision precision() const override { return precision_; }

  std::size_t passes_at_once() const override { return kPassesAtOnce; }
  std::size_t tokens_at_once(std::size_t hidden) const override {
    // Half of the memory is for the weights that are yet to come, and for who else is there.
    const std::size_t fit =
        bytes_free_ / 2 / kPassesAtOnce / (std::max<std::size_t>(hidden, 1) * kBytesPerHidden);
    return std::clamp(fit / kTokensMin * kTokensMin, kTokensMin, kTokensMax);
  }

  std::unique_ptr<Linear> make_linear(MatView<const float> weight,
                                      std::span<const float> bias) override {
    return weights_.add_linear(weight, bias);
  }
  void keep(std::span<const float> weights) override { weights_.add(weights); }

  Status loaded() const override {
    if (weights_.code() == 0) return {};
    return fail(ErrorCode::kIo, fmt::format("GPU {}: cannot take the weights: {}", device_,
                                            table_.describe(weights_.code())));
  }

  std::unique_ptr<Scratch> make_scratch() override { return scratches_.borrow(); }

  void embed(std::span<const std::uint32_t> ids, std::span<const std::uint32_t> positions,
             const Embedding& embedding, Mat out) override;
  void norm(Mat x, const Norm& norm, Mat out) override;
  void join(Mat x, Mat residual, const Join& join, Mat out) override;
  void linear(Mat x, const Linear& weight, Activation activation, Mat out) override;
  void linear_join(Mat x, const Linear& weight, Mat residual, const Join& join, Mat out) override;
  void feed_forward(Mat x, const FeedForward& weights, Mat residual, const Join& join,
                    Mat out) override;
  void mixture(Mat x, const Mixture& weights, Mat residual, const Join& join, Mat results,
               Mat out) override;
  void rotate(Mat heads, std::size_t head_dim, RowStarts row_starts,
              const Rotation& rotation) override;
  void attention(Mat qkv, RowStarts row_starts, const AttentionOptions& options,
                 Mat context) override;
  Mat keep_rows(Mat x, std::span<const std::uint32_t> rows) override;
  void pool(Mat x, RowStarts row_starts, Pooling mode, std::span<const std::uint32_t> skip,
            Mat out) override;
  void normalize(Mat x) override;
  Result<bool> download(Mat x, MatView<float> host) override;

 private:
  // The scratch of an operation that begins, and writes `out`. Its temporaries are free again.
  CudaScratch& begin(Mat out);
  // Weights on the device: the copy that was made when they were loaded, or one for this pass.
  const float* place(CudaScratch& on, std::span<const float> weights);
  CudaNorm place(CudaScratch& on, const Norm& norm);

  // x with 16 bits.
  CudaMat operand(CudaScratch& on, Mat x);
  // The same for attention; f16, which has more bits than bf16, where these are to be fine and qkv
  // has not been rounded to bf16 yet.
  CudaMat attention_operand(CudaScratch& on, Mat qkv, bool is_fine);
  void multiply(CudaScratch& on, const CudaMat& x, const Linear& weight, Activation activation,
                const CudaMat& out, const CudaMat* residual = nullptr);
  // What is given to down; x has 16 bits.
  CudaMat inner(CudaScratch& on, const CudaMat& x, const FeedForward& weights);
  void join_product(CudaScratch& on, const CudaMat& x, const Linear& weight, Mat residual,
                    const Join& join, Mat out);
  void join_rows(CudaScratch& on, const CudaMat& x, Mat residual, const Join& join, Mat out);

  const CudaTable& table_;
  int device_;
  bool has_groups_;  // Products of warpgroups (CudaAttention::in_groups).
  Precision precision_;
  std::size_t bytes_free_;
  CudaType narrow_;
  CudaWeights weights_;
  CudaScratchPool scratches_;
};

CudaScratch& CudaBackend::begin(Mat out) {
  CudaScratch& scratch = scratches_.of(out);
  scratch.begin_step();
  return scratch;
}

const float* CudaBackend::place(CudaScratch& on, std::span<const float> weights) {
  if (weights.empty()) return nullptr;
  const float* const kept = weights_.find(weights);
  return kept != nullptr ? kept : on.upload(weights);
}

CudaNorm CudaBackend::place(CudaScratch& on, const Norm& norm) {
  return {.is_rms = norm.kind == NormKind::kRms,
          .gamma = place(on, norm.gamma),
          .beta = norm.kind == NormKind::kRms ? nullptr : place(on, norm.beta),
          .width = norm.gamma.size(),
          .eps = norm.eps};
}

void CudaBackend::embed(std::span<const std::uint32_t> ids,
                        std::span<const std::uint32_t> positions, const Embedding& embedding,
                        Mat out) {
  const std::size_t hidden = out.cols;
  const auto all_of = [](const Table& table) {
    return std::span(table.data, table.rows * table.cols);
  };
  COLVEC_CHECK(ids.size() == out.rows && embedding.words.cols == hidden);
  COLVEC_CHECK(positions.empty() ||
               (positions.size() == ids.size() && embedding.positions.cols == hidden));
  COLVEC_CHECK(embedding.type_row.empty() || embedding.type_row.size() == hidden);
  // The device does not look at what it reads.
  COLVEC_CHECK(std::all_of(ids.begin(), ids.end(),
                           [&](std::uint32_t id) { return id < embedding.words.rows; }));
  COLVEC_CHECK(std::all_of(positions.begin(), positions.end(), [&](std::uint32_t position) {
    return position < embedding.positions.rows;
  }));
  CudaScratch& on = begin(out);
  on.set_fresh(out, false);
  const CudaEmbed embed{
      .ids = on.upload(ids),
      .positions = on.upload(positions),
      .words = place(on, all_of(embedding.words)),
      .position_rows = positions.empty() ? nullptr : place(on, all_of(embedding.positions)),
      .type_row = place(on, embedding.type_row),
      .scale = embedding.scale,
      .out = on.resolve(out)};
  on.run([&](CudaLane* lane) { return table_.embed(lane, embed); });
}

void CudaBackend::norm(Mat x, const Norm& norm, Mat out) {
  const std::size_t width = norm.gamma.size();
  COLVEC_CHECK(x.rows == out.rows && x.cols == out.cols && width > 0 && x.cols % width == 0);
  COLVEC_CHECK(norm.kind == NormKind::kRms || norm.beta.size() == width);
  CudaScratch& on = begin(out);
  const CudaNorm placed = place(on, norm);
  const CudaScratch::NarrowCopy copy = on.narrow_copy(out);
  on.run([&](CudaLane* lane) {
    return table_.norm(lane, on.resolve(x), placed, on.resolve(out),
                       copy.is_there ? &copy.mat : nullptr);
  });
  on.set_fresh(out, copy.is_there);
}

void CudaBackend::join_rows(CudaScratch& on, const CudaMat& x, Mat residual, const Join& join,
                            Mat out) {
  COLVEC_CHECK(residual.rows == x.rows && residual.cols == x.cols);
  COLVEC_CHECK(x.rows == out.rows && x.cols == out.cols);
  COLVEC_CHECK(join.kind == Join::Kind::kAdd || join.norm.gamma.size() == out.cols);
  const CudaNorm norm = join.kind == Join::Kind::kAdd ? CudaNorm{} : place(on, join.norm);
  const CudaScratch::NarrowCopy copy = on.narrow_copy(out);
  on.run([&](CudaLane* lane) {
    return table_.join(lane, x, on.resolve(residual), cuda_of(join.kind), norm, on.resolve(out),
                       copy.is_there ? &copy.mat : nullptr);
  });
  on.set_fresh(out, copy.is_there);
}

void CudaBackend::join(Mat x, Mat residual, const Join& join, Mat out) {
  CudaScratch& on = begin(x);
  join_rows(on, on.resolve(x), residual, join, out);
}

CudaMat CudaBackend::operand(CudaScratch& on, Mat x) {
  const CudaMat there = on.resolve(x);
  if (there.type == narrow_) return there;
  const CudaScratch::NarrowCopy copy = on.narrow_copy(x);
  if (copy.is_fresh) return copy.mat;
  const CudaMat narrow = copy.is_there ? copy.mat : on.temporary(x.rows, x.cols, narrow_);
  on.run([&](CudaLane* lane) { return table_.convert(lane, there, narrow); });
  on.set_fresh(x, copy.is_there);
  return narrow;
}

CudaMat CudaBackend::attention_operand(CudaScratch& on, Mat qkv, bool is_fine) {
  const CudaMat there = on.resolve(qkv);
  if (!is_fine || there.type != CudaType::kF32 || narrow_ == CudaType::kF16)
    return operand(on, qkv);
  const CudaMat halves = on.temporary(qkv.rows, qkv.cols, CudaType::kF16);
  on.run([&](CudaLane* lane) { return table_.convert(lane, there, halves); });
  return halves;
}

void CudaBackend::multiply(CudaScratch& on, const CudaMat& x, const Linear& weight,
                           Activation activation, const CudaMat& out, const CudaMat* residual) {
  const auto& linear = static_cast<const CudaLinear&>(weight);
  COLVEC_CHECK(x.cols == linear.in() && out.cols == linear.out() && x.rows == out.rows);
  const bool is_wide = out.type == CudaType::kF32;
  const bool fused = is_fused(activation) && !is_wide;
  const CudaProduct product{
      .x = x,
      .weight = linear.weight,
      .bias = is_wide ? static_cast<const void*>(linear.wide_bias) : linear.bias,
      .residual = residual,
      .activation = fused ? cuda_of(activation) : CudaActivation::kNone,
      .out = out};
  on.run([&](CudaLane* lane) { return table_.multiply(lane, product); });
  if (fused || activation == Activation::kNone) return;
  on.run([&](CudaLane* lane) { return table_.activate(lane, out, cuda_of(activation)); });
}

void CudaBackend::linear(Mat x, const Linear& weight, Activation activation, Mat out) {
  CudaScratch& on = begin(out);
  multiply(on, operand(on, x), weight, activation, on.resolve(out));
  on.set_fresh(out, false);
}

void CudaBackend::join_product(CudaScratch& on, const CudaMat& x, const Linear& weight,
                               Mat residual, const Join& join, Mat out) {
  const CudaMat to = on.resolve(out);
  const CudaMat from = on.resolve(residual);
  if (join.kind == Join::Kind::kAdd && to.type == CudaType::kF32 && from.type == CudaType::kF32) {
    on.set_fresh(out, false);
    return multiply(on, x, weight, Activation::kNone, to, &from);
  }
  const CudaMat product = on.temporary(to.rows, to.cols, to.type);
  multiply(on, x, weight, Activation::kNone, product);
  join_rows(on, product, residual, join, out);
}

void CudaBackend::linear_join(Mat x, const Linear& weight, Mat residual, const Join& join,
                              Mat out) {
  CudaScratch& on = begin(out);
  join_product(on, operand(on, x), weight, residual, join, out);
}

CudaMat CudaBackend::inner(CudaScratch& on, const CudaMat& x, const FeedForward& weights) {
  const bool is_wide = weights.needs_f32 && narrow_ == CudaType::kBf16;
  const CudaType type = is_wide ? CudaType::kF32 : narrow_;
  const CudaMat up = on.temporary(x.rows, weights.up->out(), type);
  if (weights.gate == Gate::kNone) {
    multiply(on, x, *weights.up, weights.activation, up);
    if (!is_wide) return up;
    const CudaMat narrow = on.temporary(up.rows, up.cols, narrow_);
    on.run([&](CudaLane* lane) { return table_.convert(lane, up, narrow); });
    return narrow;
  }
  multiply(on, x, *weights.up, Activation::kNone, up);
  const CudaMat gated = on.temporary(up.rows, up.cols / 2, narrow_);
  on.run([&](CudaLane* lane) {
    return table_.gate(lane, up, cuda_of(weights.activation), weights.gate == Gate::kFirstHalf,
                       gated);
  });
  return gated;
}

void CudaBackend::feed_forward(Mat x, const FeedForward& weights, Mat residual, const Join& join,
                               Mat out) {
  CudaScratch& on = begin(out);
  join_product(on, inner(on, operand(on, x), weights), *weights.down, residual, join, out);
}

void CudaBackend::mixture(Mat x, const Mixture& weights, Mat residual, const Join& join,
                          Mat results, Mat out) {
  const std::size_t experts = weights.experts.size();
  const std::size_t top = weights.top;
  COLVEC_CHECK(weights.router.cols == x.cols && weights.router.rows == experts);
  COLVEC_CHECK(top > 0 && top <= experts && results.rows == x.rows * top);
  COLVEC_CHECK(weights.bias.empty() || weights.bias.size() == out.cols);
  CudaScratch& on = begin(x);
  const CudaMat from = on.resolve(x);
  const std::size_t choices = x.rows * top;
  auto* const chosen = static_cast<std::uint32_t*>(on.take(choices * sizeof(std::uint32_t)));
  auto* const shares = static_cast<float*>(on.take(choices * sizeof(float)));
  const CudaMat router{
      .data = const_cast<float*>(place(on, {weights.router.data, experts * x.cols})),
      .rows = experts,
      .cols = x.cols,
      .stride = x.cols,
      .type = CudaType::kF32};
  on.run([&](CudaLane* lane) { return table_.route(lane, from, router, top, chosen, shares); });
  std::vector<std::uint32_t> host(choices);
  if (on.download(chosen, choices * sizeof(std::uint32_t), host.data()) != 0) return;

  const Dispatch dispatch = dispatch_choices(host, top, experts);
  const CudaMat gathered = on.temporary(choices, x.cols, narrow_);
  const std::uint32_t* const rows = on.upload(std::span<const std::uint32_t>(dispatch.rows));
  on.run([&](CudaLane* lane) { return table_.gather(lane, from, rows, gathered); });
  const CudaMat given = on.resolve(results);
  for (std::size_t e = 0; e < experts; ++e) {
    const std::size_t first = dispatch.begins[e];
    const std::size_t count = dispatch.begins[e + 1] - first;
    if (count == 0) continue;
    const FeedForward& expert = weights.experts[e];
    const CudaMat middle = inner(on, rows_of(gathered, first, count), expert);
    multiply(on, middle, *expert.down, Activation::kNone, rows_of(given, first, count));
  }
  const std::uint32_t* const slots = on.upload(std::span<const std::uint32_t>(dispatch.slots));
  const float* const bias = place(on, weights.bias);
  const CudaMat sum = on.temporary(x.rows, out.cols, on.resolve(out).type);
  on.run(
      [&](CudaLane* lane) { return table_.combine(lane, given, slots, shares, top, bias, sum); });
  join_rows(on, sum, residual, join, out);
}

void CudaBackend::rotate(Mat heads, std::size_t head_dim, RowStarts row_starts,
                         const Rotation& rotation) {
  const Table& angles = rotation.angles;
  COLVEC_CHECK(head_dim > 0 && heads.cols % head_dim == 0 && angles.cols <= head_dim);
  COLVEC_CHECK(!row_starts.empty() && row_starts.back() == heads.rows);
  COLVEC_CHECK(rotation.first_rows.size() + 1 == row_starts.size());
  CudaScratch& on = begin(heads);
  using Kept = CudaScratch::Kept;
  const std::uint32_t* const rows =
      on.upload_once(Kept::kAngleRows, rotation.first_rows.data(),
                     [&] { return angle_rows(row_starts, rotation.first_rows); });
  const float* const values = on.upload_once(Kept::kAngles, angles.data, [&] {
    return std::vector<float>(angles.data, angles.data + angles.rows * angles.cols);
  });
  const CudaMat placed{const_cast<float*>(values), angles.rows, angles.cols, angles.cols,
                       CudaType::kF32};
  on.set_fresh(heads, false);
  on.run([&](CudaLane* lane) {
    return table_.rotate(lane, on.resolve(heads), head_dim, rows, placed);
  });
}

void CudaBackend::attention(Mat qkv, RowStarts row_starts, const AttentionOptions& options,
                            Mat context) {
  const Table& bias = options.distance_bias;
  COLVEC_CHECK(options.head_dim > 0 && options.key_heads > 0);
  COLVEC_CHECK(options.heads > 0 && options.heads % options.key_heads == 0);
  COLVEC_CHECK(qkv.cols == options.qkv_width() && context.cols == options.context_width());
  COLVEC_CHECK(qkv.rows == context.rows && row_starts.back() <= context.rows);
  COLVEC_CHECK(bias.rows == 0 || bias.rows == options.heads);
  for (std::size_t s = 0; bias.rows > 0 && s + 1 < row_starts.size(); ++s)
    COLVEC_CHECK(row_starts[s + 1] - row_starts[s] <= bias.cols / 2 + 1);
  CudaScratch& on = begin(qkv);
  using Kept = CudaScratch::Kept;
  const std::uint32_t item_queries = attention_item_queries(row_starts);
  CudaAttention attention{
      .items = on.upload_once(Kept::kAttentionItems, row_starts.data(),
                              [&] { return attention_items(row_starts, item_queries); }),
      .item_count = attention_item_count(row_starts, item_queries),
      .item_queries = item_queries,
      .in_groups = has_groups_,
      .heads = static_cast<std::uint32_t>(options.heads),
      .key_heads = static_cast<std::uint32_t>(options.key_heads),
      .head_dim = static_cast<std::uint32_t>(options.head_dim),
      .scale =
          options.scale > 0 ? options.scale : 1 / std::sqrt(static_cast<float>(options.head_dim)),
      .causal = options.causal,
      .window =
          static_cast<std::uint32_t>(std::min<std::size_t>(options.window, kAttentionNoWindow)),
      .reach = static_cast<std::uint32_t>(bias.cols / 2),
      .qkv = attention_operand(on, qkv, options.needs_f32),
      .context = on.resolve(context)};
  if (bias.rows > 0)
    attention.distance_bias = on.upload_once(Kept::kDistanceBias, bias.data, [&] {
      return std::vector<float>(bias.data, bias.data + bias.rows * bias.cols);
    });
  on.run([&](CudaLane* lane) { return table_.attention(lane, attention); });
}

Mat CudaBackend::keep_rows(Mat x, std::span<const std::uint32_t> rows) {
  COLVEC_CHECK(is_rising_below(rows, x.rows));
  CudaScratch& on = begin(x);
  const CudaMat from = on.resolve(x);
  const Mat kept = x.row_range(0, rows.size());
  const std::uint32_t* const there = on.upload(rows);
  // Not in place: one block may write a row that another has yet to read.
  const CudaMat gathered = on.temporary(kept.rows, kept.cols, from.type);
  on.run([&](CudaLane* lane) { return table_.gather(lane, from, there, gathered); });
  on.run([&](CudaLane* lane) { return table_.convert(lane, gathered, on.resolve(kept)); });
  on.set_fresh(x, false);
  return kept;
}

void CudaBackend::pool(Mat x, RowStarts row_starts, Pooling mode,
                       std::span<const std::uint32_t> skip, Mat out) {
  COLVEC_CHECK(row_starts.size() == out.rows + 1 && x.cols == out.cols);
  COLVEC_CHECK(row_starts.back() <= x.rows && (skip.empty() || skip.size() == out.rows));
  CudaScratch& on = begin(x);
  const std::uint32_t* const starts = on.upload_once(
      CudaScratch::Kept::kRowStarts, row_starts.data(),
      [&] { return std::vector<std::uint32_t>(row_starts.begin(), row_starts.end()); });
  const std::uint32_t* const skipped = on.upload(skip);
  on.run([&](CudaLane* lane) {
    return table_.pool(lane, on.resolve(x), starts, cuda_of(mode), skipped, on.resolve(out));
  });
}

void CudaBackend::normalize(Mat x) {
  CudaScratch& on = begin(x);
  on.run([&](CudaLane* lane) { return table_.normalize(lane, on.resolve(x)); });
  on.set_fresh(x, false);
}

Result<bool> CudaBackend::download(Mat x, MatView<float> host) {
  COLVEC_CHECK(x.rows == host.rows && x.cols == host.cols);
  CudaScratch& on = begin(x);
  CudaMat dense{.data = on.take(x.rows * x.cols * sizeof(float)),
                .rows = x.rows,
                .cols = x.cols,
                .stride = x.cols,
                .type = CudaType::kF32};
  on.run([&](CudaLane* lane) { return table_.convert(lane, on.resolve(x), dense); });
  const bool is_direct = host.stride == host.cols;
  std::vector<float> values(is_direct ? 0 : x.rows * x.cols);
  const int code = on.download(dense.data, x.rows * x.cols * sizeof(float),
                               is_direct ? host.data : values.data());
  if (code != 0 && table_.is_out_of_memory(code)) return false;
  if (code != 0)
    return fail(ErrorCode::kIo, fmt::format("GPU {}: {}", device_, table_.describe(code)));
  for (std::size_t r = 0; !is_direct && r < x.rows; ++r)
    std::copy_n(values.data() + r * x.cols, x.cols, host.row(r));
  return true;
}

Result<Precision> choose_precision(Precision wish, const CudaDeviceInfo& info) {
  const Precision chosen = wish == Precision::kAuto ? Precision::kBf16 : wish;
  if (chosen != Precision::kBf16 && chosen != Precision::kF16)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("precision {} is not for a GPU, where there are bf16 and f16 (\"device\": "
                    "\"cpu\" has it)",
                    name_of(wish)));
  // What the kernels are compiled for.
  if (info.major < 8)
    return fail(ErrorCode::kUnsupported,
                fmt::format("{} is too old: compute capability {}.{}, and 8.0 is needed", info.name,
                            info.major, info.minor));
  return chosen;
}

}  // namespace

Result<std::unique_ptr<Backend>> open_cuda_backend(const CudaTable& table, int device,
                                                   Precision precision) {
  CudaDeviceInfo info;
  std::size_t bytes_free = 0;
  int code = table.device_info(device, &info);
  if (code == 0) code = table.memory_free(device, &bytes_free);
  if (code != 0)
    return fail(ErrorCode::kIo, fmt::format("GPU {}: {}", device, table.describe(code)));
  COLVEC_ASSIGN(const Precision chosen, choose_precision(precision, info));
  return std::make_unique<CudaBackend>(table, device, info, chosen, bytes_free);
}

}  // namespace colvec
