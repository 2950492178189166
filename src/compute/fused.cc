#include "compute/fused.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Calls body(begin, count) for the panels of `rows` rows, in parallel.
template <typename Body>
void for_panels(std::size_t rows, Body body) {
  const std::size_t panel = panel_rows_of(rows);
  parallel_for((rows + panel - 1) / panel,
               [&](std::size_t i) { body(i * panel, std::min(panel, rows - i * panel)); });
}

// y = norm(x), n numbers.
void norm_row(const KernelTable& kernels, const float* x, const Norm& norm, std::size_t n,
              float* y) {
  const std::size_t width = norm.gamma.size();
  for (std::size_t begin = 0; begin < n; begin += width) {
    if (norm.kind == NormKind::kRms)
      kernels.rms_norm(x + begin, norm.gamma.data(), width, norm.eps, y + begin);
    else
      kernels.layer_norm(x + begin, norm.gamma.data(), norm.beta.data(), width, norm.eps,
                         y + begin);
  }
}

void check_norm(const Norm& norm, std::size_t width) {
  COLVEC_CHECK(!norm.gamma.empty() && width % norm.gamma.size() == 0);
  COLVEC_CHECK(norm.kind == NormKind::kRms || norm.beta.size() == norm.gamma.size());
}

// The numbers of row r that go from up to down: y (rows, inner), dense, in the place of up's
// result. With a gate, that is (rows, 2 * inner), and the row of y lies before what is still to be
// read.
void activate_row(const KernelTable& kernels, const PackedFeedForward& weights, std::size_t r,
                  float* y) {
  const std::size_t inner = weights.inner();
  if (weights.gate == Gate::kNone)
    return weights.up.activate(weights.activation, inner, y + r * inner);
  float* const first = y + r * 2 * inner;
  float* const second = first + inner;
  weights.up.activate(weights.activation, inner, weights.gate == Gate::kFirstHalf ? first : second);
  kernels.multiply(first, second, inner, y + r * inner);
}

}  // namespace

PackedFeedForward::PackedFeedForward(const FeedForward& weights)
    : up(static_cast<const PackedLinear&>(*weights.up)),
      down(static_cast<const PackedLinear&>(*weights.down)),
      activation(weights.activation),
      gate(weights.gate) {
  COLVEC_CHECK(up.out() == (gate == Gate::kNone ? 1 : 2) * down.in());
}

std::size_t PackedFeedForward::floats() const {
  return std::max(up.operand_floats(), down.operand_floats()) + up.result_floats() +
         down.result_floats();
}

float* PackedFeedForward::run(const KernelTable& kernels, Mat x, float* memory) const {
  float* const inside = memory + std::max(up.operand_floats(), down.operand_floats());
  float* const result = inside + up.result_floats();
  up.multiply(up.load(x, memory), inside);
  const Mat between(inside, x.rows, inner());
  const Operand operand = down.operand_for(between, memory);
  for (std::size_t r = 0; r < x.rows; ++r) {
    activate_row(kernels, *this, r, inside);
    down.load_row(between, r, operand);  // Now, while it is in L1.
  }
  down.multiply(operand, result);
  return result;
}

void norm_rows(const KernelTable& kernels, Mat x, const Norm& norm, Mat out) {
  COLVEC_CHECK(x.rows == out.rows && x.cols == out.cols);
  check_norm(norm, x.cols);
  for (std::size_t r = 0; r < x.rows; ++r) norm_row(kernels, x.row(r), norm, x.cols, out.row(r));
}

void check_join(Mat residual, const Join& join, Mat out) {
  COLVEC_CHECK(residual.rows == out.rows && residual.cols == out.cols);
  if (join.kind == Join::Kind::kAdd) return;
  COLVEC_CHECK(join.norm.gamma.size() == out.cols);
  check_norm(join.norm, out.cols);
}

void join_rows(const KernelTable& kernels, float* product, Mat residual, const Join& join,
               Mat out) {
  const std::size_t width = out.cols;
  const Norm& norm = join.norm;
  for (std::size_t r = 0; r < out.rows; ++r, product += width) {
    if (join.kind == Join::Kind::kAddNorm && norm.kind == NormKind::kLayer) {
      kernels.add_norm(product, residual.row(r), norm.gamma.data(), norm.beta.data(), width,
                       norm.eps, out.row(r));
      continue;
    }
    if (join.kind == Join::Kind::kNormAdd) norm_row(kernels, product, norm, width, product);
    kernels.add(product, residual.row(r), width, out.row(r));
    if (join.kind == Join::Kind::kAddNorm) norm_row(kernels, out.row(r), norm, width, out.row(r));
  }
}

void linear_join(const KernelTable& kernels, Mat x, const PackedLinear& weight, Mat residual,
                 const Join& join, Mat out) {
  COLVEC_CHECK(x.rows == out.rows && weight.out() == out.cols);
  check_join(residual, join, out);
  for_panels(x.rows, [&](std::size_t begin, std::size_t count) {
    float* const operand = thread_workspace(weight.operand_floats() + weight.result_floats());
    float* const product = operand + weight.operand_floats();
    weight.multiply(weight.load(x.row_range(begin, count), operand), product);
    join_rows(kernels, product, residual.row_range(begin, count), join,
              out.row_range(begin, count));
  });
}

void feed_forward(const KernelTable& kernels, Mat x, const FeedForward& weights, Mat residual,
                  const Join& join, Mat out) {
  const PackedFeedForward packed(weights);
  COLVEC_CHECK(x.rows == out.rows && packed.down.out() == out.cols);
  check_join(residual, join, out);
  for_panels(x.rows, [&](std::size_t begin, std::size_t count) {
    float* const memory = thread_workspace(packed.floats());
    float* const product = packed.run(kernels, x.row_range(begin, count), memory);
    join_rows(kernels, product, residual.row_range(begin, count), join,
              out.row_range(begin, count));
  });
}

}  // namespace colvec
