// Kernels that go over rows once: looking up embeddings, activations, rotary positions, pooling.
// A block takes a row, or some columns of a sequence.
#include <algorithm>

#include "compute/cuda_kernels.h"
#include "compute/cuda_row_access.h"

namespace colvec {
namespace {

// Threads for a row of `count` pieces of work: as many where they are few, else 256 and more, so
// that none has one piece more than others.
unsigned threads_for(std::size_t count) {
  constexpr std::size_t kMost = 512;
  const std::size_t turns = std::max<std::size_t>((count + kMost - 1) / kMost, 1);
  return static_cast<unsigned>(((count + turns - 1) / turns + 31) / 32 * 32);
}

template <int kNumbers>
COLVEC_KERNEL void embed_kernel(CudaEmbed a) {
  const std::size_t row = simt::block_x();
  const std::size_t cols = a.out.cols;
  const float* const word = a.words + a.ids[row] * cols;
  const float* const place =
      a.positions == nullptr ? nullptr : a.position_rows + a.positions[row] * cols;
  for (std::size_t c = static_cast<std::size_t>(simt::thread()) * kNumbers; c < cols;
       c += static_cast<std::size_t>(simt::threads()) * kNumbers) {
    float values[kNumbers];
    load_as<float>(word, c, values);
#pragma unroll
    for (int i = 0; i < kNumbers; ++i) {
      values[i] *= a.scale;
      if (a.type_row != nullptr) values[i] += a.type_row[c + i];
      if (place != nullptr) values[i] += place[c + i];
    }
    store(values, a.out, row, c);
  }
}

struct ActivateArgs {
  CudaMat x{};
  CudaActivation activation = CudaActivation::kNone;
  bool is_gate = false;
  bool first_half = false;  // Of a gate: which half is activated.
  CudaMat out{};
};

template <int kNumbers>
COLVEC_KERNEL void activate_kernel(ActivateArgs a) {
  const std::size_t row = simt::block_x();
  const std::size_t inner = a.out.cols;
  for (std::size_t c = static_cast<std::size_t>(simt::thread()) * kNumbers; c < inner;
       c += static_cast<std::size_t>(simt::threads()) * kNumbers) {
    float values[kNumbers];
    load(a.x, row, c + (a.is_gate && !a.first_half ? inner : 0), values);
    float others[kNumbers];
    if (a.is_gate) load(a.x, row, c + (a.first_half ? inner : 0), others);
#pragma unroll
    for (int i = 0; i < kNumbers; ++i) {
      values[i] = activated(values[i], a.activation);
      if (a.is_gate) values[i] *= others[i];
    }
    store(values, a.out, row, c);
  }
}

int launch_activate(CudaLane* lane, const ActivateArgs& a) {
  const simt::Blocks blocks{a.out.rows, 1};
  if (takes<8>(a.x) && takes<8>(a.out))
    return simt::launch(activate_kernel<8>, blocks, threads_for(a.out.cols / 8), 0, lane, a);
  if (takes<4>(a.x) && takes<4>(a.out))
    return simt::launch(activate_kernel<4>, blocks, threads_for(a.out.cols / 4), 0, lane, a);
  return simt::launch(activate_kernel<1>, blocks, threads_for(a.out.cols), 0, lane, a);
}

struct RotateArgs {
  CudaMat heads{};
  std::size_t head_dim = 0;
  const std::uint32_t* angle_rows = nullptr;
  CudaMat angles{};
};

COLVEC_KERNEL void rotate_kernel(RotateArgs a) {
  const std::size_t row = simt::block_x();
  const std::size_t pairs = a.angles.cols / 2;
  const std::size_t count = a.heads.cols / a.head_dim * pairs;
  const float* const cosines =
      static_cast<const float*>(a.angles.data) + a.angle_rows[row] * a.angles.stride;
  for (std::size_t i = static_cast<std::size_t>(simt::thread()); i < count;
       i += static_cast<std::size_t>(simt::threads())) {
    const std::size_t pair = i % pairs;
    const std::size_t first = i / pairs * a.head_dim + pair;
    float x[1], y[1];
    load(a.heads, row, first, x);
    load(a.heads, row, first + pairs, y);
    const float cosine = cosines[pair];
    const float sine = cosines[pairs + pair];
    const float turned[1] = {x[0] * cosine - y[0] * sine};
    const float other[1] = {y[0] * cosine + x[0] * sine};
    store(turned, a.heads, row, first);
    store(other, a.heads, row, first + pairs);
  }
}

struct PoolArgs {
  CudaMat x{};
  const std::uint32_t* row_starts = nullptr;
  CudaPooling mode = CudaPooling::kMean;
  const std::uint32_t* skip = nullptr;
  CudaMat out{};
};

// Columns of one sequence, one a thread, over its rows [begin, end), of which row `first` is the
// first of the sequence.
template <typename T>
COLVEC_DEVICE float pooled(const PoolArgs& a, std::size_t first, std::size_t begin, std::size_t end,
                           std::size_t col) {
  float value[1];
  const bool takes_max = a.mode == CudaPooling::kMax;
  const bool weighs = a.mode == CudaPooling::kWeightedMean;
  if (begin >= end) return 0;
  float sum = 0;
  float weights = 0;
#pragma unroll 4
  for (std::size_t r = begin; r < end; ++r) {
    load_as<T>(a.x.data, r * a.x.stride + col, value);
    if (takes_max) {
      sum = r == begin || value[0] > sum || value[0] != value[0] ? value[0] : sum;
      continue;
    }
    // Token i of the sequence, from 1, has weight i, whether or not those before it count.
    const float weight = weighs ? static_cast<float>(r - first + 1) : 1;
    sum += weight * value[0];
    weights += weight;
  }
  if (takes_max) return sum;
  return sum / (a.mode == CudaPooling::kMeanSqrtLen ? sqrtf(weights) : weights);
}

COLVEC_KERNEL void pool_kernel(PoolArgs a) {
  const std::size_t sequence = simt::block_x();
  const std::size_t col = simt::block_y() * static_cast<std::size_t>(simt::threads()) +
                          static_cast<std::size_t>(simt::thread());
  if (col >= a.out.cols) return;
  const std::size_t first = a.row_starts[sequence];
  const std::size_t end = a.row_starts[sequence + 1];
  float value[1] = {0};
  if (first < end) {
    if (a.mode == CudaPooling::kCls) {
      load(a.x, first, col, value);
    } else if (a.mode == CudaPooling::kLast) {
      load(a.x, end - 1, col, value);
    } else {
      const std::size_t begin = first + (a.skip == nullptr ? 0 : a.skip[sequence]);
      with_type(a.x.type,
                [&](auto type) { value[0] = pooled<decltype(type)>(a, first, begin, end, col); });
    }
  }
  store(value, a.out, sequence, col);
}

struct RowsArgs {
  CudaMat x{};
  CudaMat out{};
  const std::uint32_t* rows = nullptr;  // Null: row r is made of row r.
};

// A warp takes a row. A row of zeros stays, as on the CPU.
COLVEC_KERNEL void normalize_kernel(RowsArgs a) {
  const std::size_t row = simt::block_x();
  float squares = 0;
  float value[1];
  for (std::size_t c = static_cast<std::size_t>(simt::lane()); c < a.x.cols; c += 32) {
    load(a.x, row, c, value);
    squares += value[0] * value[0];
  }
  const float length = sqrtf(warp_sum(squares));
  const float factor = 1 / (length < 1e-12f ? 1e-12f : length);  // A NaN stays one.
  for (std::size_t c = static_cast<std::size_t>(simt::lane()); c < a.x.cols; c += 32) {
    load(a.x, row, c, value);
    value[0] *= factor;
    store(value, a.x, row, c);
  }
}

template <int kNumbers>
COLVEC_KERNEL void copy_kernel(RowsArgs a) {
  const std::size_t row = simt::block_x();
  const std::size_t from = a.rows == nullptr ? row : a.rows[row];
  for (std::size_t c = static_cast<std::size_t>(simt::thread()) * kNumbers; c < a.out.cols;
       c += static_cast<std::size_t>(simt::threads()) * kNumbers) {
    float values[kNumbers];
    load(a.x, from, c, values);
    store(values, a.out, row, c);
  }
}

}  // namespace

int cuda_embed(CudaLane* lane, const CudaEmbed& a) {
  const simt::Blocks blocks{a.out.rows, 1};
  const bool aligned = takes<4>(a.out) && reinterpret_cast<std::uintptr_t>(a.words) % 16 == 0;
  if (aligned)
    return simt::launch(embed_kernel<4>, blocks, threads_for(a.out.cols / 4), 0, lane, a);
  return simt::launch(embed_kernel<1>, blocks, threads_for(a.out.cols), 0, lane, a);
}

int cuda_activate(CudaLane* lane, const CudaMat& x, CudaActivation activation) {
  return launch_activate(lane, {.x = x, .activation = activation, .out = x});
}

int cuda_gate(CudaLane* lane, const CudaMat& x, CudaActivation activation, bool first_half,
              const CudaMat& out) {
  return launch_activate(
      lane,
      {.x = x, .activation = activation, .is_gate = true, .first_half = first_half, .out = out});
}

int cuda_rotate(CudaLane* lane, const CudaMat& heads, std::size_t head_dim,
                const std::uint32_t* angle_rows, const CudaMat& angles) {
  const RotateArgs a{
      .heads = heads, .head_dim = head_dim, .angle_rows = angle_rows, .angles = angles};
  return simt::launch(rotate_kernel, {heads.rows, 1}, threads_for(heads.cols / 2), 0, lane, a);
}

int cuda_pool(CudaLane* lane, const CudaMat& x, const std::uint32_t* row_starts, CudaPooling mode,
              const std::uint32_t* skip, const CudaMat& out) {
  constexpr std::size_t kColumns = 128;
  const PoolArgs a{.x = x, .row_starts = row_starts, .mode = mode, .skip = skip, .out = out};
  return simt::launch(pool_kernel, {out.rows, (out.cols + kColumns - 1) / kColumns}, kColumns, 0,
                      lane, a);
}

int cuda_normalize(CudaLane* lane, const CudaMat& x) {
  return simt::launch(normalize_kernel, {x.rows, 1}, 32, 0, lane, RowsArgs{.x = x, .out = x});
}

int cuda_convert(CudaLane* lane, const CudaMat& x, const CudaMat& out) {
  return cuda_gather(lane, x, nullptr, out);
}

int cuda_gather(CudaLane* lane, const CudaMat& x, const std::uint32_t* rows, const CudaMat& out) {
  const RowsArgs a{.x = x, .out = out, .rows = rows};
  const simt::Blocks blocks{out.rows, 1};
  if (takes<8>(x) && takes<8>(out))
    return simt::launch(copy_kernel<8>, blocks, threads_for(out.cols / 8), 0, lane, a);
  if (takes<4>(x) && takes<4>(out))
    return simt::launch(copy_kernel<4>, blocks, threads_for(out.cols / 4), 0, lane, a);
  return simt::launch(copy_kernel<1>, blocks, threads_for(out.cols), 0, lane, a);
}

}  // namespace colvec
