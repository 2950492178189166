// The kernels of a vector instruction set, written once over a type of vectors.
//
// Only the files of these sets (avx2*.cc, avx512*.cc) include this file, each after it has defined
// its vectors (in an unnamed namespace, so that nothing here is shared between them: code compiled
// for one instruction set must not be linked into a program path of another). Nothing but
// intrinsics and plain C++ may be used here.
//
// A Vector has a register type `Reg` of kLanes floats and these static functions: set, load, store;
// load_part and store_part for the first `count` floats (others read as 0 and stay unwritten), keep
// (zeros from lane `count` on), add, sub, mul, div, fma(a, b, c) = a * b + c, fms(a, b, c) = a * b
// - c, fnma(a, b, c) = c - a * b, max, min (the second argument where either is NaN), abs,
// copy_sign, less_select(a, b, x, y) = a < b ? x : y, round, power(x, n) = x * 2^n, sum, largest,
// and transpose4 (see transpose below).
#pragma once

#include <cstddef>

#include "compute/simd_matmul.h"

namespace colvec {
namespace {

using std::size_t;

// ---- Walking over a row ----

// y[i] = function(x[i]).
template <typename V, typename Function>
inline void map(const float* x, size_t n, float* y, Function function) {
  size_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) V::store(y + i, function(V::load(x + i)));
  if (i < n) V::store_part(y + i, n - i, function(V::load_part(x + i, n - i)));
}

// The sum of function(i, count) over the vectors of a row, where count is how many of its lanes are
// in the row; lanes beyond must be 0. Four sums run side by side, to hide the latency of the
// additions. Always inlined: what `function` refers to would be read anew after each store.
template <typename V, typename Function>
[[gnu::always_inline]] inline float sum_of(size_t n, Function function) {
  typename V::Reg sums[4] = {V::set(0), V::set(0), V::set(0), V::set(0)};
  constexpr size_t kStep = 4 * V::kLanes;
  size_t i = 0;
  for (; i + kStep <= n; i += kStep) {
    for (size_t j = 0; j < 4; ++j) {
      sums[j] = V::add(sums[j], function(i + j * V::kLanes, V::kLanes));
    }
  }
  for (; i < n; i += V::kLanes) {
    sums[0] = V::add(sums[0], function(i, n - i < V::kLanes ? n - i : V::kLanes));
  }
  return V::sum(V::add(V::add(sums[0], sums[1]), V::add(sums[2], sums[3])));
}

// How many lanes of the next vector hold the `left` numbers of a row that are left.
template <typename V>
inline size_t lanes_of(size_t left) {
  return left < V::kLanes ? left : V::kLanes;
}

template <typename V>
inline typename V::Reg load_some(const float* x, size_t count) {
  return count == V::kLanes ? V::load(x) : V::load_part(x, count);
}

template <typename V>
inline void store_some(float* x, size_t count, typename V::Reg value) {
  if (count == V::kLanes) {
    V::store(x, value);
  } else {
    V::store_part(x, count, value);
  }
}

// ---- Rows ----

template <typename V>
void add(const float* a, const float* b, size_t n, float* out) {
  size_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) {
    V::store(out + i, V::add(V::load(a + i), V::load(b + i)));
  }
  if (i < n) {
    V::store_part(out + i, n - i, V::add(V::load_part(a + i, n - i), V::load_part(b + i, n - i)));
  }
}

template <typename V>
void multiply(const float* a, const float* b, size_t n, float* out) {
  size_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes) {
    V::store(out + i, V::mul(V::load(a + i), V::load(b + i)));
  }
  if (i < n) {
    V::store_part(out + i, n - i, V::mul(V::load_part(a + i, n - i), V::load_part(b + i, n - i)));
  }
}

template <typename V>
void scale(float* x, size_t n, float factor) {
  const typename V::Reg factors = V::set(factor);
  map<V>(x, n, x, [&](typename V::Reg v) { return V::mul(v, factors); });
}

template <typename V>
void add_scaled(const float* x, float factor, size_t n, float* y) {
  const typename V::Reg factors = V::set(factor);
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = n - i < V::kLanes ? n - i : V::kLanes;
    store_some<V>(y + i, count,
                  V::fma(load_some<V>(x + i, count), factors, load_some<V>(y + i, count)));
  }
}

template <typename V>
void max(const float* x, size_t n, float* y) {
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = n - i < V::kLanes ? n - i : V::kLanes;
    store_some<V>(y + i, count, V::max(load_some<V>(x + i, count), load_some<V>(y + i, count)));
  }
}

template <typename V>
inline float sum_of_squares(const float* x, size_t n) {
  return sum_of<V>(n, [&](size_t i, size_t count) {
    const typename V::Reg v = load_some<V>(x + i, count);
    return V::mul(v, v);
  });
}

template <typename V>
void normalize(float* x, size_t n) {
  const float length = __builtin_sqrtf(sum_of_squares<V>(x, n));
  scale<V>(x, n, 1.0f / (length < 1e-12f ? 1e-12f : length));  // A NaN stays one.
}

// Layer normalisation of s, whose elements add up to `total`, from and to memory that may be the
// same.
template <typename V>
inline void norm_with_total(const float* s, float total, const float* gamma, const float* beta,
                            size_t n, float eps, float* y) {
  const auto width = static_cast<float>(n);
  const typename V::Reg mean = V::set(total / width);
  const float squares = sum_of<V>(n, [&](size_t i, size_t count) {
    const typename V::Reg v = V::sub(load_some<V>(s + i, count), mean);
    const typename V::Reg kept = count == V::kLanes ? v : V::keep(v, count);
    return V::mul(kept, kept);
  });
  const typename V::Reg inverse = V::set(1.0f / __builtin_sqrtf(squares / width + eps));
  const auto normed = [&](typename V::Reg v, typename V::Reg factor, typename V::Reg shift) {
    return V::fma(V::mul(V::sub(v, mean), inverse), factor, shift);
  };
  size_t i = 0;
  for (; i + V::kLanes <= n; i += V::kLanes)
    V::store(y + i, normed(V::load(s + i), V::load(gamma + i), V::load(beta + i)));
  if (i == n) return;
  const size_t left = n - i;
  V::store_part(y + i, left,
                normed(V::load_part(s + i, left), V::load_part(gamma + i, left),
                       V::load_part(beta + i, left)));
}

template <typename V>
void layer_norm(const float* x, const float* gamma, const float* beta, size_t n, float eps,
                float* y) {
  const float total =
      sum_of<V>(n, [&](size_t i, size_t count) { return load_some<V>(x + i, count); });
  norm_with_total<V>(x, total, gamma, beta, n, eps, y);
}

template <typename V>
void add_norm(const float* x, const float* residual, const float* gamma, const float* beta,
              size_t n, float eps, float* y) {
  const float total = sum_of<V>(n, [&](size_t i, size_t count) {
    const typename V::Reg s = V::add(load_some<V>(x + i, count), load_some<V>(residual + i, count));
    store_some<V>(y + i, count, s);
    return s;
  });
  norm_with_total<V>(y, total, gamma, beta, n, eps, y);
}

template <typename V>
void rms_norm(const float* x, const float* gamma, size_t n, float eps, float* y) {
  const float mean = sum_of_squares<V>(x, n) / static_cast<float>(n);
  const typename V::Reg inverse = V::set(1.0f / __builtin_sqrtf(mean + eps));
  for (size_t i = 0; i < n; i += V::kLanes) {
    const size_t count = n - i < V::kLanes ? n - i : V::kLanes;
    store_some<V>(
        y + i, count,
        V::mul(V::mul(load_some<V>(x + i, count), inverse), load_some<V>(gamma + i, count)));
  }
}

// ---- Functions ----

// coefficients[0] + coefficients[1] * x + ...
template <typename V, size_t kCount>
inline typename V::Reg polynomial(typename V::Reg x, const float (&coefficients)[kCount]) {
  typename V::Reg y = V::set(coefficients[kCount - 1]);
  for (size_t i = kCount - 1; i-- > 0;) y = V::fma(y, x, V::set(coefficients[i]));
  return y;
}

// 2^(n + f) to 1 ulp, for whole n in [-252, 254] and |f| <= 1/2 (a minimax fit; its own error is
// 2e-9).
template <typename V>
inline typename V::Reg exp2_of(typename V::Reg n, typename V::Reg f) {
  constexpr float kExp2[] = {1.0f,
                             0.6931471824645996f,
                             0.24022647738456726f,
                             0.055503323674201965f,
                             0.009618437848985195f,
                             0.0013398900628089905f,
                             0.00015353340131696314f};
  return V::power(polynomial<V>(f, kExp2), n);
}

// log2(e) in two parts.
constexpr float kLog2e = 1.4426950216293335f;
constexpr float kLog2eLow = 1.925963033500011e-08f;

// exp(x) to about 1 ulp; 0 or infinity where that leaves the range of floats.
template <typename V>
inline typename V::Reg exp(typename V::Reg x) {
  const typename V::Reg bounded = V::min(V::set(89), V::max(V::set(-104), x));
  const typename V::Reg n = V::round(V::mul(bounded, V::set(kLog2e)));
  const typename V::Reg f = V::fms(bounded, V::set(kLog2e), n);
  return exp2_of<V>(n, V::fma(bounded, V::set(kLog2eLow), f));
}

// x * Phi(x) = max(x, 0) - |x| * Phi(-|x|), and for t >= 0
//
//   Phi(-t) = exp(-t^2 / 2) * u * p(u), where u = 1 / (1 + 0.26 t)
//
// with a polynomial p of degree 8 (a minimax fit on [0, 14] to a relative error of 2.5e-8; beyond,
// the result is below the smallest float). The rounding errors of t^2 and of log2(e) are fed
// to the exponential: without them the relative error would grow to 1e-5 in the tail.
template <typename V>
void gelu_erf(const float* x, size_t n, float* y) {
  constexpr float kRatio[] = {0.10375905781984329f, 0.10301674157381058f, 0.10303030163049698f,
                              0.05102750286459923f, 0.16094829142093658f, -0.1509495973587036f,
                              0.25149184465408325f, -0.1528290957212448f, 0.030504941940307617f};
  map<V>(x, n, y, [&](typename V::Reg v) {
    const typename V::Reg t = V::min(V::set(14), V::abs(v));
    const typename V::Reg square = V::mul(t, t);
    const typename V::Reg square_low = V::fms(t, t, square);
    const typename V::Reg whole = V::round(V::mul(square, V::set(kLog2e / -2)));
    typename V::Reg f = V::fms(square, V::set(kLog2e / -2), whole);
    f = V::fma(square_low, V::set(kLog2e / -2), f);
    const typename V::Reg gauss = exp2_of<V>(whole, V::fma(square, V::set(kLog2eLow / -2), f));
    const typename V::Reg u = V::div(V::set(1), V::fma(t, V::set(0.26f), V::set(1)));
    const typename V::Reg tail = V::mul(V::mul(polynomial<V>(u, kRatio), u), gauss);
    return V::fnma(t, tail, V::max(V::set(0), v));
  });
}

// x * Phi(x) = max(x, 0) - t * Phi(-t), where t = |x|. Phi(-t) is a polynomial: a minimax fit of
// t * Phi(-t) on [0, 4.5] to 5.7e-5. Beyond, the product stays as it is there, where it is as
// small as the error.
template <typename V>
void gelu_erf_coarse(const float* x, size_t n, float* y) {
  constexpr float kTail[] = {0.49974462389945984f,   -0.39784568548202515f,
                             0.0016804835759103298f, 0.05219734460115433f,
                             0.02816580794751644f,   -0.03750728815793991f,
                             0.014884362928569317f,  -0.002969603519886732f,
                             0.0003050051745958626f, -1.2893749953946099e-05f};
  map<V>(x, n, y, [&](typename V::Reg v) {
    const typename V::Reg t = V::min(V::set(4.5f), V::abs(v));
    return V::fnma(t, polynomial<V>(t, kTail), V::max(V::set(0), v));
  });
}

// v / (1 + exp(-z)).
template <typename V>
inline typename V::Reg sigmoid_times(typename V::Reg z, typename V::Reg v) {
  return V::div(v, V::add(V::set(1), exp<V>(V::sub(V::set(0), z))));
}

// (1 + tanh(z)) / 2 = 1 / (1 + exp(-2 z)).
template <typename V>
void gelu_tanh(const float* x, size_t n, float* y) {
  map<V>(x, n, y, [](typename V::Reg v) {
    const typename V::Reg inner = V::fma(V::mul(v, v), V::set(0.044715f), V::set(1));
    return sigmoid_times<V>(V::mul(V::mul(v, V::set(1.59576912f)), inner), v);
  });
}

template <typename V>
void silu(const float* x, size_t n, float* y) {
  map<V>(x, n, y, [](typename V::Reg v) { return sigmoid_times<V>(v, v); });
}

template <typename V>
void relu(const float* x, size_t n, float* y) {
  map<V>(x, n, y, [](typename V::Reg v) { return V::max(V::set(0), v); });
}

// 1 - 2 / (exp(2 |x|) + 1); near 0, where that cancels, an odd polynomial (a minimax fit to 3e-9).
template <typename V>
void tanh(const float* x, size_t n, float* y) {
  constexpr float kNear[] = {-0.33333298563957214f, 0.13331958651542664f, -0.053786683827638626f,
                             0.02080538123846054f, -0.005905864294618368f};
  map<V>(x, n, y, [&](typename V::Reg v) {
    const typename V::Reg t = V::abs(v);
    const typename V::Reg square = V::mul(v, v);
    const typename V::Reg near = V::fma(V::mul(v, square), polynomial<V>(square, kNear), v);
    const typename V::Reg e = exp<V>(V::add(t, t));
    const typename V::Reg far = V::sub(V::set(1), V::div(V::set(2), V::add(e, V::set(1))));
    return V::less_select(t, V::set(0.6f), near, V::copy_sign(far, v));
  });
}

// ---- Attention ----

// The largest of each column, for kVectors vectors of columns.
template <typename V, size_t kVectors>
inline void largest_of_columns(const float* x, size_t ldx, size_t rows, typename V::Reg* largest) {
  for (size_t j = 0; j < kVectors; ++j) largest[j] = V::set(-__builtin_inff());
  for (size_t r = 0; r < rows; ++r, x += ldx) {
    for (size_t j = 0; j < kVectors; ++j)
      largest[j] = V::max(V::load(x + j * V::kLanes), largest[j]);
  }
}

// 2^(factor * (x - largest)). Below -200 the result is 0 in any case; a NaN stays.
template <typename V>
inline typename V::Reg softmax_weight(const float* x, typename V::Reg factor,
                                      typename V::Reg largest) {
  const typename V::Reg t = V::max(V::set(-200), V::mul(V::sub(V::load(x), largest), factor));
  const typename V::Reg whole = V::round(t);
  return exp2_of<V>(whole, V::sub(t, whole));
}

template <typename V, size_t kVectors>
void softmax_strip(float* x, size_t ldx, size_t rows, float factor, float* sums, float* maxima) {
  const typename V::Reg factors = V::set(factor);
  typename V::Reg largest[kVectors];
  typename V::Reg total[kVectors];
  largest_of_columns<V, kVectors>(x, ldx, rows, largest);
  for (size_t j = 0; j < kVectors; ++j) total[j] = V::set(0);
  for (size_t r = 0; r < rows; ++r, x += ldx) {
    for (size_t j = 0; j < kVectors; ++j) {
      const typename V::Reg weight = softmax_weight<V>(x + j * V::kLanes, factors, largest[j]);
      total[j] = V::add(total[j], weight);
      V::store(x + j * V::kLanes, weight);
    }
  }
  for (size_t j = 0; j < kVectors; ++j) {
    V::store(sums + j * V::kLanes, total[j]);
    V::store(maxima + j * V::kLanes, V::mul(largest[j], factors));
  }
}

// Calls strip.template operator()<vectors>(column) for n columns, two vectors at a time: their sums
// do not wait for each other.
template <typename V, typename Strip>
inline void for_column_strips(size_t n, Strip strip) {
  size_t col = 0;
  for (; col + 2 * V::kLanes <= n; col += 2 * V::kLanes) strip.template operator()<2>(col);
  for (; col < n; col += V::kLanes) strip.template operator()<1>(col);
}

template <typename V>
void softmax_columns(float* x, size_t ldx, size_t rows, size_t n, float factor, float* sums,
                     float* maxima) {
  for_column_strips<V>(n, [&]<size_t kVectors>(size_t col) {
    softmax_strip<V, kVectors>(x + col, ldx, rows, factor, sums + col, maxima + col);
  });
}

template <typename V>
void rotate(float* x, size_t heads, size_t head_dim, size_t half, const float* cosines,
            const float* sines) {
  for (size_t h = 0; h < heads; ++h, x += head_dim) {
    for (size_t i = 0; i < half; i += V::kLanes) {
      const size_t count = half - i < V::kLanes ? half - i : V::kLanes;
      const typename V::Reg cosine = load_some<V>(cosines + i, count);
      const typename V::Reg sine = load_some<V>(sines + i, count);
      const typename V::Reg a = load_some<V>(x + i, count);
      const typename V::Reg b = load_some<V>(x + half + i, count);
      store_some<V>(x + i, count, V::fms(a, cosine, V::mul(b, sine)));
      store_some<V>(x + half + i, count, V::fma(b, cosine, V::mul(a, sine)));
    }
  }
}

// V::transpose4(rows, count, out, ldout) takes 4 floats from each of kLanes rows (those from
// `count` on are some other row again) and stores the first `count` lanes of 4 columns.
template <typename V>
void transpose(const float* x, size_t ldx, size_t rows, size_t cols, float* out, size_t ldout) {
  for (size_t r = 0; r < rows; r += V::kLanes) {
    const size_t count = rows - r < V::kLanes ? rows - r : V::kLanes;
    const float* row[V::kLanes];
    for (size_t i = 0; i < V::kLanes; ++i) row[i] = x + (r + (i < count ? i : 0)) * ldx;
    size_t c = 0;
    for (; c + 4 <= cols; c += 4) V::transpose4(row, c, count, out + c * ldout + r, ldout);
    for (; c < cols; ++c) {
      for (size_t i = 0; i < count; ++i) out[c * ldout + r + i] = row[i][c];
    }
  }
}

// The table of Vector's kernels.
template <typename V>
constexpr KernelTable table_of(const char* name) {
  return {.name = name,
          .strip_columns = V::kStripVectors * V::kLanes,
          .add = add<V>,
          .multiply = multiply<V>,
          .scale = scale<V>,
          .add_scaled = add_scaled<V>,
          .max = max<V>,
          .add_norm = add_norm<V>,
          .layer_norm = layer_norm<V>,
          .rms_norm = rms_norm<V>,
          .normalize = normalize<V>,
          .gelu_erf = gelu_erf<V>,
          .gelu_erf_coarse = gelu_erf_coarse<V>,
          .gelu_tanh = gelu_tanh<V>,
          .relu = relu<V>,
          .silu = silu<V>,
          .tanh = tanh<V>,
          .softmax_columns = softmax_columns<V>,
          .rotate = rotate<V>,
          .matmul = matmul<V>,
          .transpose = transpose<V>};
}

}  // namespace
}  // namespace colvec
