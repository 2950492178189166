// The int8 kernels that instruction sets share, written once over a type of vectors, as in
// simd_kernels.h, whose rules hold here too.
//
// Beside what that file wants, a Vector has load_integers(x, count), the first `count` 32-bit
// integers as floats (others 0), and store_integers(out, count, value), floats within [0, 255] and
// whole as numbers of the width that its products take.
#pragma once

#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// What one row of quantize() is made with.
template <typename V>
inline RowScale scale_of(const float* x, size_t n) {
  typename V::Reg lowest = V::set(0);
  typename V::Reg highest = V::set(0);
  typename V::Reg poison = V::set(0);  // 0, or NaN where a number is not finite.
  for (size_t i = 0; i < n; i += V::kLanes) {
    const typename V::Reg v = load_some<V>(x + i, lanes_of<V>(n - i));
    lowest = V::min(v, lowest);
    highest = V::max(v, highest);
    poison = V::fma(v, V::set(0), poison);
  }
  const float low = -V::largest(V::sub(V::set(0), lowest));
  const float range = V::largest(highest) - low;
  const float step = range / 255.0f + V::sum(poison);
  return {.step = step, .zero = step > 0 ? __builtin_rintf(-low / step) : 0.0f};
}

template <typename V, typename Number>
RowScale quantize(const float* x, size_t n, Number* out) {
  const RowScale scale = scale_of<V>(x, n);
  const typename V::Reg inverse = V::set(scale.step > 0 ? 1.0f / scale.step : 0.0f);
  const typename V::Reg zero = V::set(scale.zero);
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = lanes_of<V>(n - i);
    const typename V::Reg q = V::add(V::round(V::mul(load_some<V>(x + i, count), inverse)), zero);
    // NaN becomes 0: see max.
    V::store_integers(out + i, count, V::min(V::max(q, V::set(0)), V::set(255)));
  }
  return scale;
}

template <typename V>
void dequantize(const std::int32_t* sums, RowScale row, const ColumnScales& columns, size_t n,
                float* y) {
  const typename V::Reg step = V::set(row.step);
  const typename V::Reg shift = V::set(-row.step * row.zero);
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = lanes_of<V>(n - i);
    const typename V::Reg scaled = V::mul(V::load_integers(sums + i, count),
                                          V::mul(step, load_some<V>(columns.steps + i, count)));
    const typename V::Reg offset =
        V::fma(shift, load_some<V>(columns.sums + i, count), load_some<V>(columns.bias + i, count));
    store_some<V>(y + i, count, V::add(scaled, offset));
  }
}

}  // namespace
}  // namespace colvec
