#include "compute/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

// Around the vector lengths of 8 and 16, the widths of real models, and more than they.
constexpr std::size_t kLengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 312, 384, 768, 1023};

// A copy of `values` that begins `offset` floats after an aligned address, with a guard behind it.
class Unaligned {
 public:
  Unaligned(const std::vector<float>& values, std::size_t offset)
      : memory_(values.size() + offset + 1, kGuard), size_(values.size()), offset_(offset) {
    std::copy(values.begin(), values.end(), data());
  }
  float* data() { return memory_.data() + offset_; }
  bool guard_is_whole() const { return memory_.back() == kGuard; }
  std::vector<float> values() { return {data(), data() + size_}; }

 private:
  static constexpr float kGuard = 12345;
  std::vector<float> memory_;
  std::size_t size_;
  std::size_t offset_;
};

// Distance in units of the last place of `want`, or of 1e-30 where it is smaller than that.
double ulps(float got, double want) {
  const float rounded = std::max(std::abs(static_cast<float>(want)), 1e-30f);
  const float step = std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
  return std::abs(got - want) / step;
}

class Kernels : public testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& kernels() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(All, Kernels, testing::ValuesIn(supported_kernels()),
                         [](const auto& kernels) { return std::string(kernels.param->name); });

using Map = void (*)(const float*, std::size_t, float*);

struct MapCase {
  const char* name;
  Map KernelTable::*kernel;
  double (*formula)(double);
  double ulps_max;  // Measured on the range below, rounded up.
};

// The bounds of the vector kernels; the reference rounds once.
const MapCase kMapCases[] = {
    {"gelu_erf", &KernelTable::gelu_erf,
     [](double x) { return x * 0.5 * std::erfc(-x * std::sqrt(0.5)); }, 7},
    {"gelu_tanh", &KernelTable::gelu_tanh,
     [](double x) {
       return x / (1 + std::exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
     },
     150},  // In the tail, where the error of the exponent counts: exp(-80) is 80 times as wrong
            // as 80.
    {"relu", &KernelTable::relu, [](double x) { return x < 0 ? 0 : x; }, 0},
    {"silu", &KernelTable::silu, [](double x) { return x / (1 + std::exp(-x)); }, 3},
    {"tanh", &KernelTable::tanh, [](double x) { return std::tanh(x); }, 3},
};

TEST_P(Kernels, FunctionsAreExactToAFewUlps) {
  for (const MapCase& c : kMapCases) {
    std::vector<float> x = random_floats(100'000, 1, 2);
    for (float v = -13; v < 30; v += 0.001f) x.push_back(v);
    for (const float v : {0.0f, -0.0f, 1e-30f, -1e-30f, 50.0f, 1000.0f, 1e30f}) x.push_back(v);
    std::vector<float> y(x.size());
    (kernels().*c.kernel)(x.data(), x.size(), y.data());
    double worst = 0;
    float worst_at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = ulps(y[i], c.formula(x[i]));
      if (!(error <= worst)) worst = error, worst_at = x[i];
    }
    RecordProperty(c.name, std::to_string(worst));
    EXPECT_LE(worst, c.ulps_max) << c.name << " at " << worst_at;
  }
}

TEST_P(Kernels, FunctionsPassNansOn) {
  for (const MapCase& c : kMapCases) {
    std::vector<float> x(35, std::numeric_limits<float>::quiet_NaN());
    (kernels().*c.kernel)(x.data(), x.size(), x.data());
    for (const float v : x) EXPECT_TRUE(std::isnan(v)) << c.name;
  }
}

// Calls body(n, offset) for all lengths, and for addresses on and off a 64-byte line.
void for_all_shapes(const std::function<void(std::size_t, std::size_t)>& body) {
  for (const std::size_t n : kLengths) {
    for (const std::size_t offset : {0u, 1u, 3u}) {
      SCOPED_TRACE("n " + std::to_string(n) + ", offset " + std::to_string(offset));
      body(n, offset);
    }
  }
}

void expect_near(const std::vector<float>& got, const std::vector<float>& want, double bound) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], bound * std::max(1.0f, std::abs(want[i]))) << "at " << i;
  }
}

TEST_P(Kernels, FunctionsAgreeWithTheReferenceInPlaceAndNot) {
  for (const MapCase& c : kMapCases) {
    for_all_shapes([&](std::size_t n, std::size_t offset) {
      const std::vector<float> x = random_floats(n, 2, 3);
      std::vector<float> want(n);
      (kScalarKernels.*c.kernel)(x.data(), n, want.data());
      Unaligned input(x, offset);
      Unaligned output(std::vector<float>(n), 0);
      (kernels().*c.kernel)(input.data(), n, output.data());
      expect_near(output.values(), want, 1e-6);
      (kernels().*c.kernel)(input.data(), n, input.data());
      EXPECT_EQ(input.values(), output.values());
      EXPECT_TRUE(input.guard_is_whole() && output.guard_is_whole());
    });
  }
}

TEST_P(Kernels, SumsAndScalesAgreeWithTheReference) {
  for_all_shapes([&](std::size_t n, std::size_t offset) {
    const std::vector<float> a = random_floats(n, 3);
    const std::vector<float> b = random_floats(n, 4);
    Unaligned x(a, offset);
    Unaligned y(b, 2);
    std::vector<float> want_add(n), want_product(n), want_scaled = b, want_max = b, want_scale = a;
    kScalarKernels.add(a.data(), b.data(), n, want_add.data());
    kScalarKernels.multiply(a.data(), b.data(), n, want_product.data());
    kScalarKernels.add_scaled(a.data(), 0.3f, n, want_scaled.data());
    kScalarKernels.max(a.data(), n, want_max.data());
    kScalarKernels.scale(want_scale.data(), n, 0.7f);

    Unaligned out(b, offset);
    kernels().add(x.data(), y.data(), n, out.data());
    EXPECT_EQ(out.values(), want_add);
    kernels().multiply(x.data(), y.data(), n, out.data());
    EXPECT_EQ(out.values(), want_product);
    Unaligned onto_first(a, offset);
    kernels().multiply(onto_first.data(), y.data(), n, onto_first.data());
    EXPECT_EQ(onto_first.values(), want_product);
    Unaligned scaled(b, offset);
    kernels().add_scaled(x.data(), 0.3f, n, scaled.data());
    expect_near(scaled.values(), want_scaled, 2e-7);
    Unaligned maximum(b, offset);
    kernels().max(x.data(), n, maximum.data());
    EXPECT_EQ(maximum.values(), want_max);
    kernels().add(x.data(), y.data(), n, y.data());
    EXPECT_EQ(y.values(), want_add);
    kernels().scale(x.data(), n, 0.7f);
    EXPECT_EQ(x.values(), want_scale);
    for (Unaligned* row : {&x, &y, &out, &onto_first, &scaled, &maximum})
      EXPECT_TRUE(row->guard_is_whole());
  });
}

TEST_P(Kernels, LayerNormIsWithinAMillionthOfTheFormula) {
  for_all_shapes([&](std::size_t n, std::size_t offset) {
    std::vector<float> x = random_floats(n, 5, 4);
    for (float& v : x) v += 3;  // A mean that must be taken out.
    const std::vector<float> residual = random_floats(n, 6);
    const std::vector<float> gamma = random_floats(n, 7);
    const std::vector<float> beta = random_floats(n, 8);
    std::vector<float> sum(n), want(n);
    kScalarKernels.add(x.data(), residual.data(), n, sum.data());
    kScalarKernels.layer_norm(sum.data(), gamma.data(), beta.data(), n, 1e-5f, want.data());

    Unaligned out(std::vector<float>(n), offset);
    Unaligned first(x, offset);
    Unaligned second(residual, 1);
    kernels().layer_norm(sum.data(), gamma.data(), beta.data(), n, 1e-5f, out.data());
    expect_near(out.values(), want, 2e-6);
    kernels().add_norm(first.data(), second.data(), gamma.data(), beta.data(), n, 1e-5f,
                       out.data());
    expect_near(out.values(), want, 2e-6);
    const std::vector<float> apart = out.values();
    Unaligned onto_residual(residual, 1);
    kernels().add_norm(first.data(), onto_residual.data(), gamma.data(), beta.data(), n, 1e-5f,
                       onto_residual.data());
    EXPECT_EQ(onto_residual.values(), apart);
    kernels().add_norm(first.data(), second.data(), gamma.data(), beta.data(), n, 1e-5f,
                       first.data());
    EXPECT_EQ(first.values(), apart);
    EXPECT_TRUE(out.guard_is_whole() && first.guard_is_whole());
  });
}

TEST_P(Kernels, RmsNormAgreesWithTheReferenceInPlaceAndNot) {
  for_all_shapes([&](std::size_t n, std::size_t offset) {
    const std::vector<float> x = random_floats(n, 17, 4);
    const std::vector<float> gamma = random_floats(n, 18);
    std::vector<float> want(n);
    kScalarKernels.rms_norm(x.data(), gamma.data(), n, 1e-6f, want.data());
    Unaligned input(x, offset);
    Unaligned out(std::vector<float>(n), 1);
    kernels().rms_norm(input.data(), gamma.data(), n, 1e-6f, out.data());
    expect_near(out.values(), want, 1e-6);
    kernels().rms_norm(input.data(), gamma.data(), n, 1e-6f, input.data());
    EXPECT_EQ(input.values(), out.values());
    EXPECT_TRUE(input.guard_is_whole() && out.guard_is_whole());
  });
}

TEST_P(Kernels, RotateTurnsThePairsOfEveryHeadAndLeavesTheRest) {
  for (const std::size_t half : {0u, 1u, 3u, 7u, 8u, 9u, 12u, 16u, 17u, 32u, 64u}) {
    for (const std::size_t rest : {0u, 5u}) {
      constexpr std::size_t kHeads = 3;
      const std::size_t head_dim = 2 * half + rest;
      const std::vector<float> x = random_floats(kHeads * head_dim, 19);
      std::vector<float> cosines(half), sines(half);
      for (std::size_t i = 0; i < half; ++i) {
        cosines[i] = std::cos(static_cast<float>(i) + 0.3f);
        sines[i] = std::sin(static_cast<float>(i) + 0.3f);
      }
      std::vector<float> want = x;
      kScalarKernels.rotate(want.data(), kHeads, head_dim, half, cosines.data(), sines.data());
      Unaligned got(x, 3);
      kernels().rotate(got.data(), kHeads, head_dim, half, cosines.data(), sines.data());
      expect_near(got.values(), want, 3e-7);
      EXPECT_TRUE(got.guard_is_whole());
      for (std::size_t h = 0; h < kHeads; ++h) {
        for (std::size_t i = 0; i < half; ++i) {
          const double a = x[h * head_dim + i], b = x[h * head_dim + half + i];
          ASSERT_NEAR(want[h * head_dim + i], a * cosines[i] - b * sines[i], 1e-6);
          ASSERT_NEAR(want[h * head_dim + half + i], b * cosines[i] + a * sines[i], 1e-6);
        }
        for (std::size_t i = 2 * half; i < head_dim; ++i)
          ASSERT_EQ(got.values()[h * head_dim + i], x[h * head_dim + i]);
      }
    }
  }
}

TEST_P(Kernels, NormalizeGivesLengthOneAndLeavesZeros) {
  for_all_shapes([&](std::size_t n, std::size_t offset) {
    const std::vector<float> x = random_floats(n, 9);
    std::vector<float> want = x;
    kScalarKernels.normalize(want.data(), n);
    Unaligned row(x, offset);
    kernels().normalize(row.data(), n);
    expect_near(row.values(), want, 3e-7);
    Unaligned zeros(std::vector<float>(n), offset);
    kernels().normalize(zeros.data(), n);
    EXPECT_EQ(zeros.values(), std::vector<float>(n));
  });
}

TEST_P(Kernels, SoftmaxAgreesWithTheReference) {
  for (const std::size_t rows : {1u, 2u, 5u, 37u})
    for (const std::size_t n : {16u, 32u, 48u})
      for (const float deviation : {1.0f, 10.0f, 1e6f, 1e37f}) {
        SCOPED_TRACE(testing::Message() << rows << " x " << n << ", deviation " << deviation);
        constexpr float kFactor = 0.3f;
        const std::size_t ldx = n + 3;
        std::vector<float> want = random_floats(rows * ldx, 10, deviation);
        Unaligned got(want, 1);
        std::vector<float> want_sums(n), want_maxima(n);
        Unaligned sums(want_sums, 3), maxima(want_sums, 5);
        kScalarKernels.softmax_columns(want.data(), ldx, rows, n, kFactor, want_sums.data(),
                                       want_maxima.data());
        kernels().softmax_columns(got.data(), ldx, rows, n, kFactor, sums.data(), maxima.data());
        EXPECT_EQ(maxima.values(), want_maxima);
        expect_near(sums.values(), want_sums, 2e-6);
        expect_near(got.values(), want, 3e-7);  // The gaps between rows included.
        EXPECT_TRUE(got.guard_is_whole() && sums.guard_is_whole() && maxima.guard_is_whole());
      }
}

TEST_P(Kernels, SoftmaxOfOneNanIsNan) {
  constexpr std::size_t kRows = 37, kColumns = 48;
  for (const std::size_t row : {0u, 5u, 36u})
    for (const std::size_t column : {0u, 17u, 47u}) {
      std::vector<float> x(kRows * kColumns, 1.0f);
      std::vector<float> sums(kColumns), maxima(kColumns);
      x[row * kColumns + column] = std::numeric_limits<float>::quiet_NaN();
      kernels().softmax_columns(x.data(), kColumns, kRows, kColumns, 1, sums.data(), maxima.data());
      for (std::size_t i = 0; i < kColumns; ++i)
        EXPECT_EQ(std::isnan(sums[i]), i == column) << row << ", " << column << ": " << i;
    }
}

TEST_P(Kernels, MatmulAgreesWithTheReferenceForEveryTail) {
  for (std::size_t m = 0; m <= 29; ++m) {
    for (const std::size_t n :
         {1u, 7u, 8u, 9u, 15u, 16u, 17u, 24u, 26u, 33u, 47u, 64u, 65u, 100u}) {
      for (const std::size_t k : {0u, 1u, 26u, 32u}) {
        SCOPED_TRACE(testing::Message() << m << " x " << n << " x " << k);
        const std::size_t lda = k + 3, ldb = n + 5, ldc = n + 1;
        Unaligned a(random_floats(m * lda, 11), 1);
        Unaligned b(random_floats(k * ldb, 12), 3);
        const std::vector<float> factors = random_floats(m, 16);
        std::vector<float> want(m * ldc, 7.0f);
        Unaligned c(want, 1);
        Product product = {a.data(), lda, b.data(), ldb, m, n, k, factors.data(), want.data(), ldc};
        kScalarKernels.matmul(product);
        product.c = c.data();
        kernels().matmul(product);
        expect_near(c.values(), want, 5e-6);  // The gaps between rows included.
      }
    }
  }
}

TEST_P(Kernels, MatmulAddsABiasAndNeedsNoFactors) {
  constexpr std::size_t kRows = 7, kInner = 40;
  for (const std::size_t n : {1u, 8u, 15u, 16u, 19u, 48u, 75u}) {
    const std::vector<float> a = random_floats(kRows * kInner, 21);
    const std::vector<float> b = random_floats(kInner * n, 22);
    const std::vector<float> bias = random_floats(n, 23);
    const std::vector<float> ones(kRows, 1.0f);
    std::vector<float> plain(kRows * n), got(kRows * n);
    Product product = {a.data(), kInner,      b.data(),     n, kRows, n,
                       kInner,   ones.data(), plain.data(), n};
    kernels().matmul(product);
    product.row_factors = nullptr;
    product.c = got.data();
    product.bias = bias.data();
    product.is_b_far = true;
    kernels().matmul(product);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], plain[i] + bias[i % n]) << n;
  }
}

TEST_P(Kernels, MatmulTakesATransposedMatrix) {
  constexpr std::size_t kInner = 27;
  for (std::size_t m = 1; m <= 29; ++m)
    for (const std::size_t n : {7u, 16u, 32u, 40u, 64u, 100u}) {
      const std::size_t ld = m + 3;
      const std::vector<float> a = random_floats(m * kInner, 24);
      std::vector<float> transposed(kInner * ld, 7.0f);
      kScalarKernels.transpose(a.data(), kInner, m, kInner, transposed.data(), ld);
      const std::vector<float> b = random_floats(kInner * n, 25);
      const std::vector<float> factors = random_floats(m, 26);
      std::vector<float> want(m * n), got(m * n);
      Product product = {a.data(), kInner, b.data(),       n,           m,
                         n,        kInner, factors.data(), want.data(), n};
      kernels().matmul(product);
      product.a = transposed.data();
      product.lda = ld;
      product.c = got.data();
      product.is_a_transposed = true;
      kernels().matmul(product);
      ASSERT_EQ(got, want) << m << " x " << n;
    }
}

TEST_P(Kernels, MatmulGivesARowTheSameBitsInEveryTile) {
  constexpr std::size_t kRows = 40, kCols = 75, kInner = 64;
  const std::vector<float> a = random_floats(kRows * kInner, 13);
  const std::vector<float> b = random_floats(kInner * kCols, 14);
  const std::vector<float> factors(kRows, 0.3f);
  const auto multiply = [&](std::size_t begin, std::size_t m) {
    std::vector<float> c(m * kCols);
    kernels().matmul({a.data() + begin * kInner, kInner, b.data(), kCols, m, kCols, kInner,
                      factors.data(), c.data(), kCols});
    return c;
  };
  const std::vector<float> whole = multiply(0, kRows);
  for (std::size_t m = 1; m <= 14; ++m) {
    for (std::size_t begin = 0; begin + m <= kRows; begin += 5) {
      const std::vector<float> part = multiply(begin, m);
      ASSERT_EQ(std::memcmp(part.data(), whole.data() + begin * kCols, part.size() * sizeof(float)),
                0)
          << m << " rows from " << begin;
    }
  }
}

TEST_P(Kernels, TransposeMovesEveryElement) {
  for (const std::size_t rows : {1u, 7u, 8u, 9u, 16u, 17u, 33u, 50u}) {
    for (const std::size_t cols : {1u, 4u, 7u, 26u, 32u, 64u}) {
      const std::size_t ldx = cols + 2, ldout = rows + 3;
      Unaligned x(random_floats(rows * ldx, 15), 1);
      std::vector<float> want(cols * ldout, 7.0f);
      Unaligned out(want, 3);
      kScalarKernels.transpose(x.data(), ldx, rows, cols, want.data(), ldout);
      kernels().transpose(x.data(), ldx, rows, cols, out.data(), ldout);
      EXPECT_EQ(out.values(), want) << rows << " x " << cols;
    }
  }
}

TEST(FindKernels, TakesTheBestWithoutAName) {
  EXPECT_EQ(find_kernels("").value(), supported_kernels().front());
  EXPECT_EQ(supported_kernels().back(), &kScalarKernels);
}

TEST(FindKernels, FindsThemByName) {
  for (const KernelTable* table : supported_kernels()) {
    EXPECT_EQ(find_kernels(table->name).value(), table);
  }
}

TEST(FindKernels, NamesThoseThereAreWhereTheNameIsUnknown) {
  const auto found = find_kernels("sse9");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(found.error().message,
            "unknown instruction set: sse9 (there are: avx512, avx2, scalar)");
}

}  // namespace
}  // namespace colvec
