// Kernels that go over rows, against their formulas in float64 on numbers as the kernels get them.
#include <gtest/gtest.h>

#include <numeric>

#include "compute/cuda_fixture.h"

namespace colvec {
namespace {

class CudaKernelsTest : public CudaTest {};

// What f32 arithmetic over a row may be off, for numbers around 1.
constexpr double kSlack = 3e-6;

std::string describe(std::size_t cols, CudaType type) {
  return std::to_string(cols) + " columns, " + name_of_type(type);
}

// gamma and beta are empty for none; `begin` and `width` a run of a row.
void normalise(std::vector<double>* row, bool is_rms, const std::vector<float>& gamma,
               const std::vector<float>& beta, double eps) {
  const double count = static_cast<double>(gamma.size());
  for (std::size_t begin = 0; begin < row->size(); begin += gamma.size()) {
    double* const x = row->data() + begin;
    const double mean = is_rms ? 0 : std::accumulate(x, x + gamma.size(), 0.0) / count;
    double squares = 0;
    for (std::size_t i = 0; i < gamma.size(); ++i) squares += (x[i] - mean) * (x[i] - mean);
    const double factor = 1 / std::sqrt(squares / count + eps);
    for (std::size_t i = 0; i < gamma.size(); ++i)
      x[i] = (x[i] - mean) * factor * gamma[i] + (is_rms ? 0 : beta[i]);
  }
}

TEST_F(CudaKernelsTest, CopiesComeBackAsTheyWent) {
  const std::vector<float> values = random_floats(100'001, 1);
  EXPECT_EQ(get(put(values), values.size()), values);
}

TEST_F(CudaKernelsTest, SaysThatMemoryIsOut) {
  void* memory = nullptr;
  const int code = table_->allocate(0, std::size_t{1} << 50, &memory);
  EXPECT_TRUE(table_->is_out_of_memory(code)) << table_->describe(code);
  ok(table_->allocate(0, 1 << 20, &memory));
  table_->release(0, memory);
}

TEST_F(CudaKernelsTest, EmbedAddsWhatThereIsOfWordPositionAndType) {
  for (const std::size_t cols : {5u, 64u, 312u, 1028u}) {
    const std::size_t rows = 9;
    OwnedMat words(40, cols, 1), places(16, cols, 2);
    const std::vector<float> type_row = random_floats(cols, 3);
    std::vector<std::uint32_t> ids, positions;
    for (std::uint32_t r = 0; r < rows; ++r) {
      ids.push_back(r * 7 % 40);
      positions.push_back(15 - r);
    }
    for (const CudaType type : kAllTypes) {
      for (const bool placed : {true, false}) {
        CudaEmbed embed{.ids = put(ids), .words = put(words.values), .scale = 1.5f};
        embed.out = make(rows, cols, type);
        if (placed) {
          embed.positions = put(positions);
          embed.position_rows = put(places.values);
          embed.type_row = put(type_row);
        }
        ok(table_->embed(lane_, embed));
        std::vector<double> want;
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t c = 0; c < cols; ++c)
            want.push_back(1.5 * words.row(ids[r])[c] +
                           (placed ? double{places.row(positions[r])[c]} + type_row[c] : 0));
        expect_near(get(embed.out), want, type, kSlack, describe(cols, type));
      }
    }
  }
}

TEST_F(CudaKernelsTest, NormGivesTheFormulaForEachWidth) {
  struct Shape {
    std::size_t width, runs;
  };
  for (const Shape shape : {Shape{12, 3},
                            {13, 1},
                            {13, 2},
                            {48, 1},
                            {64, 5},
                            {128, 2},
                            {130, 1},
                            {384, 1},
                            {768, 1},
                            {1000, 1},
                            {1024, 1},
                            {1028, 1},
                            {4096, 1}}) {
    const std::size_t cols = shape.width * shape.runs;
    const std::vector<float> gamma = random_floats(shape.width, 5);
    const std::vector<float> beta = random_floats(shape.width, 6);
    for (const CudaType type : kAllTypes) {
      for (const bool is_rms : {false, true}) {
        OwnedMat x(7, cols, 4, 3);
        for (float& value : x.values) value += 2;  // Not around 0.
        const CudaMat there = put(&x, type);
        const CudaNorm norm{is_rms, put(gamma), is_rms ? nullptr : put(beta), shape.width, 1e-5f};
        const CudaMat out = is_rms ? there : make(7, cols, type);
        const CudaMat copy = make(7, cols, CudaType::kBf16);
        ok(table_->norm(lane_, there, norm, out, is_rms ? &copy : nullptr));
        std::vector<double> want;
        for (std::size_t r = 0; r < 7; ++r) {
          const std::vector<float> floats = x.row(r);
          std::vector<double> row(floats.begin(), floats.end());
          normalise(&row, is_rms, gamma, beta, 1e-5);
          want.insert(want.end(), row.begin(), row.end());
        }
        expect_near(get(out), want, type, kSlack * 4, describe(cols, type));
        if (is_rms) expect_near(get(copy), want, CudaType::kBf16, kSlack * 4, "the copy");
      }
    }
  }
}

TEST_F(CudaKernelsTest, NormRefusesRowsThatAreTooWide) {
  const CudaMat x = make(1, 4100, CudaType::kBf16);
  const CudaNorm norm{true, put(random_floats(4100, 1)), nullptr, 4100, 1e-5f};
  EXPECT_NE(table_->norm(lane_, x, norm, x, nullptr), 0);
}

TEST_F(CudaKernelsTest, JoinAddsBeforeOrAfterItNormalises) {
  for (const std::size_t cols : {13u, 96u, 1536u}) {
    const std::vector<float> gamma = random_floats(cols, 5);
    const std::vector<float> beta = random_floats(cols, 6);
    for (const CudaType type : kAllTypes) {
      for (const CudaJoin kind : {CudaJoin::kAdd, CudaJoin::kAddNorm, CudaJoin::kNormAdd}) {
        OwnedMat x(5, cols, 1), residual(5, cols, 2, 2);
        const CudaMat x_there = put(&x, CudaType::kF16);
        const CudaMat residual_there = put(&residual, type);
        const CudaNorm norm{false, put(gamma), put(beta), cols, 1e-6f};
        const CudaMat copy = make(5, cols, CudaType::kBf16);
        ok(table_->join(lane_, x_there, residual_there, kind, norm, residual_there, &copy));
        std::vector<double> want;
        for (std::size_t r = 0; r < 5; ++r) {
          std::vector<double> row;
          for (std::size_t c = 0; c < cols; ++c)
            row.push_back(x.row(r)[c] +
                          (kind == CudaJoin::kNormAdd ? 0 : double{residual.row(r)[c]}));
          if (kind != CudaJoin::kAdd) normalise(&row, false, gamma, beta, 1e-6);
          for (std::size_t c = 0; c < cols && kind == CudaJoin::kNormAdd; ++c)
            row[c] += residual.row(r)[c];
          want.insert(want.end(), row.begin(), row.end());
        }
        expect_near(get(residual_there), want, type, kSlack * 2, describe(cols, type));
        expect_near(get(copy), want, CudaType::kBf16, kSlack * 2, "the copy");
      }
    }
  }
}

double activated(double x, CudaActivation activation) {
  switch (activation) {
    case CudaActivation::kGeluErf:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case CudaActivation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case CudaActivation::kRelu:
      return std::max(x, 0.0);
    case CudaActivation::kSilu:
      return x / (1 + std::exp(-x));
    case CudaActivation::kTanh:
      return std::tanh(x);
    case CudaActivation::kNone:
      break;
  }
  return x;
}

constexpr CudaActivation kActivations[] = {CudaActivation::kGeluErf, CudaActivation::kGeluTanh,
                                           CudaActivation::kRelu, CudaActivation::kSilu,
                                           CudaActivation::kTanh};

TEST_F(CudaKernelsTest, ActivationsGiveTheirFormulas) {
  for (const std::size_t cols : {7u, 96u, 1536u}) {
    for (const CudaType type : kAllTypes) {
      for (const CudaActivation activation : kActivations) {
        OwnedMat x(3, cols, 8, 3);
        x.values[0] = -30;
        x.values[1] = 30;
        const CudaMat there = put(&x, type);
        ok(table_->activate(lane_, there, activation));
        std::vector<double> want;
        for (const float value : x.values) want.push_back(activated(value, activation));
        expect_near(get(there), want, type, kSlack, describe(cols, type));
      }
    }
  }
}

TEST_F(CudaKernelsTest, GateMultipliesTheActivatedHalfWithTheOther) {
  for (const std::size_t inner : {5u, 64u, 160u}) {
    for (const CudaType type : kNarrowTypes) {
      for (const bool first_half : {true, false}) {
        OwnedMat x(4, 2 * inner, 8);
        const CudaMat there = put(&x, type);
        const CudaMat out = make(4, inner, type);
        ok(table_->gate(lane_, there, CudaActivation::kSilu, first_half, out));
        std::vector<double> want;
        for (std::size_t r = 0; r < 4; ++r)
          for (std::size_t c = 0; c < inner; ++c) {
            const double a = x.row(r)[c], b = x.row(r)[inner + c];
            want.push_back(first_half ? activated(a, CudaActivation::kSilu) * b
                                      : a * activated(b, CudaActivation::kSilu));
          }
        expect_near(get(out), want, type, kSlack, describe(inner, type));
      }
    }
  }
}

TEST_F(CudaKernelsTest, RotateTurnsPairsByTheAngleOfTheirRow) {
  for (const std::size_t pairs : {6u, 16u}) {  // Of heads of 32: part of a head, or all of it.
    for (const CudaType type : kNarrowTypes) {
      OwnedMat x(5, 3 * 32, 1);
      OwnedMat angles(4, 2 * pairs, 2);
      const std::vector<std::uint32_t> rows = {3, 0, 1, 1, 2};
      const CudaMat there = put(&x, type);
      const CudaMat angles_there = put(&angles, CudaType::kF32, 2 * pairs);
      ok(table_->rotate(lane_, there, 32, put(rows), angles_there));
      std::vector<double> want(x.values.begin(), x.values.end());
      for (std::size_t r = 0; r < 5; ++r)
        for (std::size_t h = 0; h < 3; ++h)
          for (std::size_t i = 0; i < pairs; ++i) {
            const double cosine = angles.row(rows[r])[i], sine = angles.row(rows[r])[pairs + i];
            const double a = x.row(r)[h * 32 + i], b = x.row(r)[h * 32 + i + pairs];
            want[r * 96 + h * 32 + i] = a * cosine - b * sine;
            want[r * 96 + h * 32 + i + pairs] = b * cosine + a * sine;
          }
      expect_near(get(there), want, type, kSlack, describe(96, type));
    }
  }
}

// Of rows [first, end) with `skip` left out.
double pooled(const OwnedMat& x, std::size_t first, std::size_t end, std::size_t skip,
              std::size_t col, CudaPooling mode) {
  if (first == end) return 0;
  if (mode == CudaPooling::kCls) return x.row(first)[col];
  if (mode == CudaPooling::kLast) return x.row(end - 1)[col];
  double sum = 0, weights = 0, most = -1e300;
  for (std::size_t r = first + skip; r < end; ++r) {
    const double weight =
        mode == CudaPooling::kWeightedMean ? static_cast<double>(r - first + 1) : 1;
    sum += weight * x.row(r)[col];
    weights += weight;
    most = std::max(most, double{x.row(r)[col]});
  }
  if (weights == 0) return 0;
  if (mode == CudaPooling::kMax) return most;
  return sum / (mode == CudaPooling::kMeanSqrtLen ? std::sqrt(weights) : weights);
}

TEST_F(CudaKernelsTest, PoolGivesARowForEachSequence) {
  const std::vector<std::uint32_t> starts = {0, 1, 1, 8, 20};
  const std::vector<std::uint32_t> skip = {2, 0, 3, 1};
  for (const std::size_t cols : {20u, 130u}) {
    for (const CudaType type : kAllTypes) {
      OwnedMat x(20, cols, 1);
      const CudaMat there = put(&x, type);
      for (const CudaPooling mode :
           {CudaPooling::kCls, CudaPooling::kMean, CudaPooling::kMax, CudaPooling::kMeanSqrtLen,
            CudaPooling::kWeightedMean, CudaPooling::kLast}) {
        for (const bool skips : {false, true}) {
          const CudaMat out = make(4, cols, CudaType::kF32);
          ok(table_->pool(lane_, there, put(starts), mode, skips ? put(skip) : nullptr, out));
          std::vector<double> want;
          for (std::size_t s = 0; s < 4; ++s)
            for (std::size_t c = 0; c < cols; ++c)
              want.push_back(pooled(x, starts[s], starts[s + 1],
                                    skips ? std::min(skip[s], starts[s + 1] - starts[s]) : 0, c,
                                    mode));
          expect_near(get(out), want, CudaType::kF32, kSlack, describe(cols, type));
        }
      }
    }
  }
}

TEST_F(CudaKernelsTest, NormalizeScalesRowsToLengthOneAndLeavesZeros) {
  for (const CudaType type : kAllTypes) {
    OwnedMat x(3, 77, 1);
    std::fill_n(x.view().row(1), 77, 0.0f);
    const CudaMat there = put(&x, type);
    ok(table_->normalize(lane_, there));
    std::vector<double> want;
    for (std::size_t r = 0; r < 3; ++r) {
      double squares = 0;
      for (const float value : x.row(r)) squares += double{value} * value;
      for (const float value : x.row(r)) want.push_back(r == 1 ? 0 : value / std::sqrt(squares));
    }
    expect_near(get(there), want, type, kSlack, name_of_type(type));
  }
}

TEST_F(CudaKernelsTest, ConvertAndGatherKeepTheNumbers) {
  for (const CudaType from : kAllTypes) {
    for (const CudaType to : kAllTypes) {
      OwnedMat x(6, 45, 3);
      const CudaMat there = put(&x, from);
      const CudaMat out = make(6, 45, to);
      ok(table_->convert(lane_, there, out));
      expect_near(get(out), {x.values.begin(), x.values.end()}, to, 0, name_of_type(to));
      const std::vector<std::uint32_t> rows = {5, 0, 0, 3};
      const CudaMat some = make(4, 45, to);
      ok(table_->gather(lane_, there, put(rows), some));
      std::vector<double> want;
      for (const std::uint32_t row : rows)
        for (const float value : x.row(row)) want.push_back(value);
      expect_near(get(some), want, to, 0, name_of_type(to));
    }
  }
}

TEST_F(CudaKernelsTest, RouteTakesTheExpertsWithTheLargestScores) {
  for (const std::size_t experts : {2u, 8u, 40u}) {
    const std::size_t top = std::min<std::size_t>(experts, 3);
    OwnedMat x(11, 50, 1), router(experts, 50, 2, 0.3f);
    const CudaMat there = put(&x, CudaType::kBf16);
    const CudaMat router_there = put(&router, CudaType::kF32, 50);
    auto* const chosen = static_cast<std::uint32_t*>(take(11 * top * 4));
    auto* const shares = static_cast<float*>(take(11 * top * 4));
    ok(table_->route(lane_, there, router_there, top, chosen, shares));
    const std::vector<std::uint32_t> got = get(chosen, 11 * top);
    const std::vector<float> got_shares = get(shares, 11 * top);
    for (std::size_t r = 0; r < 11; ++r) {
      std::vector<double> scores(experts);
      double sum = 0;
      for (std::size_t e = 0; e < experts; ++e) {
        for (std::size_t c = 0; c < 50; ++c) scores[e] += double{x.row(r)[c]} * router.row(e)[c];
        sum += std::exp(scores[e]);
      }
      std::vector<std::uint32_t> order(experts);
      std::iota(order.begin(), order.end(), 0u);
      std::sort(order.begin(), order.end(), [&](auto a, auto b) { return scores[a] > scores[b]; });
      order.resize(top);
      std::sort(order.begin(), order.end());
      for (std::size_t i = 0; i < top; ++i) {
        EXPECT_EQ(got[r * top + i], order[i]) << experts << " experts, row " << r;
        EXPECT_NEAR(got_shares[r * top + i], std::exp(scores[order[i]]) / sum, 1e-5);
      }
    }
  }
}

TEST_F(CudaKernelsTest, CombineAddsTheSharesOfWhatExpertsGave) {
  OwnedMat x(6, 70, 1);
  const CudaMat there = put(&x, CudaType::kBf16);
  const std::vector<std::uint32_t> slots = {0, 3, 5, 1, 4, 2};
  const std::vector<float> shares = {0.5f, 0.25f, 0.75f, 0.125f, 1, 0.5f};
  const std::vector<float> bias = random_floats(70, 2);
  for (const bool has_bias : {true, false}) {
    const CudaMat out = make(3, 70, CudaType::kF16);
    ok(table_->combine(lane_, there, put(slots), put(shares), 2, has_bias ? put(bias) : nullptr,
                       out));
    std::vector<double> want;
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t c = 0; c < 70; ++c)
        want.push_back(double{shares[2 * r]} * x.row(slots[2 * r])[c] +
                       double{shares[2 * r + 1]} * x.row(slots[2 * r + 1])[c] +
                       (has_bias ? bias[c] : 0));
    expect_near(get(out), want, CudaType::kF16, kSlack, "combine");
  }
}

TEST_F(CudaKernelsTest, MultiplyGivesTheProductWithBiasResidualAndActivation) {
  struct Shape {
    std::size_t rows, in, out;
  };
  for (const Shape shape : {Shape{1, 8, 8}, {3, 48, 144}, {70, 96, 40}, {33, 72, 24}, {5, 100, 12}})
    for (const CudaType type : kNarrowTypes)
      for (const CudaType out_type : {type, CudaType::kF32})
        for (const bool has_bias : {true, false})
          for (const CudaActivation activation :
               {CudaActivation::kNone, CudaActivation::kGeluTanh, CudaActivation::kRelu}) {
            const bool is_wide = out_type == CudaType::kF32;
            if (is_wide && activation != CudaActivation::kNone) continue;
            OwnedMat x(shape.rows, shape.in, 1), weight(shape.out, shape.in, 2, 0.2f);
            OwnedMat bias(1, shape.out, 3), residual(shape.rows, shape.out, 4);
            CudaProduct product{.x = put(&x, type), .weight = put(&weight, type)};
            product.activation = activation;
            product.out = is_wide ? put(&residual, out_type) : make(shape.rows, shape.out, type);
            if (has_bias) product.bias = put(&bias, out_type).data;
            const CudaMat residual_there = product.out;
            if (is_wide) product.residual = &residual_there;
            ok(table_->multiply(lane_, product));
            std::vector<double> want;
            for (std::size_t r = 0; r < shape.rows; ++r)
              for (std::size_t c = 0; c < shape.out; ++c) {
                double sum = has_bias ? bias.values[c] : 0;
                if (is_wide) sum += residual.row(r)[c];
                for (std::size_t k = 0; k < shape.in; ++k)
                  sum += double{x.row(r)[k]} * weight.row(c)[k];
                want.push_back(activated(sum, activation));
              }
            // cuBLASLt's tanh is the fast one of the processor, good to 2^-11.
            const double slack = activation == CudaActivation::kGeluTanh ? 2e-3 : 2e-5;
            expect_near(get(product.out), want, out_type, slack,
                        describe(shape.out, type) + ", " + std::to_string(shape.in) + " in");
          }
}

}  // namespace
}  // namespace colvec
