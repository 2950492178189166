// The int8 kernels, written once over a type of vectors, as in simd_kernels.h, whose rules hold
// here too.
//
// Beside what that file wants, a Vector has kGroup numbers in a group, and
//   no_sums()             32-bit sums, all 0
//   group(a)              the group at `a`, in every lane
//   weights(b)            the groups of kLanes columns at `b`
//   dot(sums, a, b)       sums + the products of their groups
//   floats(sums)          as floats
//   load_sums(x, count)   the first `count` sums at `x`, as floats (others 0)
//   store_numbers(out, count, value)   floats, rounded and brought within [0, 255]; NaN as 0
//   store_row_part(out, values, zero)   the same of value + zero, for kStored vectors of values
#pragma once

#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// ---- Rows ----

// What one row of quantize() is made with. Four of each run side by side, to hide their latency.
template <typename V>
inline RowScale scale_of(const float* x, size_t n) {
  using Reg = typename V::Reg;
  const Reg nought = V::set(0);
  Reg lowest[4] = {nought, nought, nought, nought};
  Reg highest[4] = {nought, nought, nought, nought};
  Reg poison[4] = {nought, nought, nought, nought};  // 0, or NaN where a number is not finite.
  const auto take = [&](size_t j, Reg v) {
    lowest[j] = V::min(v, lowest[j]);
    highest[j] = V::max(v, highest[j]);
    poison[j] = V::fma(v, nought, poison[j]);
  };
  size_t i = 0;
  for (; i + 4 * V::kLanes <= n; i += 4 * V::kLanes) {
    for (size_t j = 0; j < 4; ++j) take(j, V::load(x + i + j * V::kLanes));
  }
  for (; i < n; i += V::kLanes) take(0, load_some<V>(x + i, lanes_of<V>(n - i)));
  const auto all = [](const Reg(&of)[4], auto join) {
    return join(join(of[0], of[1]), join(of[2], of[3]));
  };
  const float low = -V::largest(V::sub(nought, all(lowest, V::min)));
  const float range = V::largest(all(highest, V::max)) - low;
  const float step = range / 255.0f + V::sum(all(poison, V::add));
  return {.step = step, .zero = step > 0 ? __builtin_rintf(-low / step) : 0.0f};
}

template <typename V>
RowScale quantize(const float* x, size_t n, std::uint32_t* groups) {
  using Number = typename V::Number;
  auto* const out = reinterpret_cast<Number*>(groups);
  const RowScale scale = scale_of<V>(x, n);
  const typename V::Reg inverse = V::set(scale.step > 0 ? 1.0f / scale.step : 0.0f);
  const typename V::Reg zero = V::set(scale.zero);
  const size_t whole = (n + V::kGroup - 1) / V::kGroup * V::kGroup;
  for (size_t i = n; i < whole; ++i) out[i] = 0;
  constexpr size_t kStep = V::kStored * V::kLanes;
  size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    typename V::Reg values[V::kStored];
#pragma GCC unroll 4
    for (size_t j = 0; j < V::kStored; ++j)
      values[j] = V::mul(V::load(x + i + j * V::kLanes), inverse);
    V::store_row_part(out + i, values, zero);
  }
  for (; i < n; i += V::kLanes) {
    const size_t count = lanes_of<V>(n - i);
    const typename V::Reg value = V::mul(load_some<V>(x + i, count), inverse);
    V::store_numbers(out + i, count, V::add(V::round(value), zero));
  }
  return scale;
}

// What some columns need: those of kLanes columns or less.
template <typename V>
struct SomeColumns {
  typename V::Reg steps, sums, bias;

  SomeColumns(const ColumnScales& columns, size_t i, size_t count)
      : steps(load_some<V>(columns.steps + i, count)),
        sums(load_some<V>(columns.sums + i, count)),
        bias(load_some<V>(columns.bias + i, count)) {}

  typename V::Reg dequantized(typename V::Reg row_sums, RowScale row) const {
    const typename V::Reg shift = V::set(-row.step * row.zero);
    return V::add(V::mul(row_sums, V::mul(V::set(row.step), steps)), V::fma(shift, sums, bias));
  }
};

template <typename V>
void dequantize(const std::int32_t* sums, RowScale row, const ColumnScales& columns, size_t n,
                float* y) {
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = lanes_of<V>(n - i);
    const SomeColumns<V> some(columns, i, count);
    store_some<V>(y + i, count, some.dequantized(V::load_sums(sums + i, count), row));
  }
}

// ---- Products ----

// kRows rows of sums from `row` on, all in registers. With kPart, the strip has less than all of
// its columns.
template <typename V, size_t kRows, bool kPart>
inline void multiply_tile(const IntegerProduct& product, size_t row) {
  constexpr size_t kVectors = V::kStripVectors;
  constexpr size_t kBytes = V::kLanes * V::kGroup;  // Of b, for a vector.
  const std::uint32_t* const a = product.a + row * product.lda;
  const std::int8_t* b = product.b;
  typename V::Sums sums[kRows][kVectors];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::no_sums();
  }
  StripFetch<kVectors * kBytes> strip(b, product.groups, row, kRows, product.m);
  for (size_t p = 0; p < product.groups; ++p, b += kVectors * kBytes) {
    strip.fetch(b);
    typename V::Sums weights[kVectors];
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) weights[j] = V::weights(b + j * kBytes);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      const typename V::Sums group = V::group(a + i * product.lda + p);
#pragma GCC unroll 4
      for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::dot(sums[i][j], group, weights[j]);
    }
  }
  const ColumnScales columns = product.columns;
  const RowScale* const scales = product.rows + row;
  float* const c = product.c + row * product.ldc;
  const size_t ldc = product.ldc;
#pragma GCC unroll 4
  for (size_t j = 0; j < kVectors; ++j) {
    const size_t col = j * V::kLanes;
    const size_t left = product.n > col ? product.n - col : 0;
    const size_t count = kPart ? lanes_of<V>(left) : V::kLanes;
    const SomeColumns<V> some(columns, col, count);
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i)
      store_some<V>(c + i * ldc + col, count, some.dequantized(V::floats(sums[i][j]), scales[i]));
  }
}

template <typename V>
void multiply_integers(const IntegerProduct& product) {
  constexpr size_t kRowsMax = V::kTileVectors / V::kStripVectors;
  if (product.n == V::kStripVectors * V::kLanes)
    for_tiles<kRowsMax>(
        product.m, [&]<size_t kRows>(size_t row) { multiply_tile<V, kRows, false>(product, row); });
  else
    for_tiles<kRowsMax>(
        product.m, [&]<size_t kRows>(size_t row) { multiply_tile<V, kRows, true>(product, row); });
}

template <typename V>
constexpr Int8Kernels int8_kernels_of() {
  return {.group = V::kGroup,
          .strip_columns = V::kStripVectors * V::kLanes,
          .quantize = quantize<V>,
          .multiply = multiply_integers<V>,
          .dequantize = dequantize<V>};
}

}  // namespace
}  // namespace colvec
