#include "compute/fused.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

// Calls body(begin, count) for the panels of `rows` rows, in parallel.
template <typename Body>
void for_panels(std::size_t rows, std::size_t panel, Body body) {
  parallel_for((rows + panel - 1) / panel,
               [&](std::size_t i) { body(i * panel, std::min(panel, rows - i * panel)); });
}

// out = norm(x + residual), x dense.
void add_norm_rows(const KernelTable& kernels, const float* x, Mat residual, const Norm& norm,
                   Mat out) {
  for (std::size_t r = 0; r < out.rows; ++r)
    kernels.add_norm(x + r * out.cols, residual.row(r), norm.gamma.data(), norm.beta.data(),
                     out.cols, norm.eps, out.row(r));
}

void check_norm(Mat residual, const Norm& norm, Mat out) {
  COLVEC_CHECK(residual.rows == out.rows && residual.cols == out.cols);
  COLVEC_CHECK(norm.gamma.size() == out.cols && norm.beta.size() == out.cols);
}

}  // namespace

void linear_add_norm(const KernelTable& kernels, Mat x, const PackedLinear& weight, Mat residual,
                     const Norm& norm, Mat out) {
  COLVEC_CHECK(x.rows == out.rows && weight.out() == out.cols);
  check_norm(residual, norm, out);
  for_panels(x.rows, weight.panel_rows(), [&](std::size_t begin, std::size_t count) {
    float* const operand = thread_workspace(weight.operand_floats() + weight.result_floats());
    float* const projected = operand + weight.operand_floats();
    weight.multiply(weight.load(x.row_range(begin, count), operand), projected);
    add_norm_rows(kernels, projected, residual.row_range(begin, count), norm,
                  out.row_range(begin, count));
  });
}

void feed_forward(const KernelTable& kernels, Mat x, const PackedLinear& up, Activation activation,
                  const PackedLinear& down, const Norm& norm, Mat out) {
  COLVEC_CHECK(x.rows == out.rows && up.out() == down.in() && down.out() == out.cols);
  COLVEC_CHECK(up.panel_rows() == down.panel_rows());
  check_norm(x, norm, out);
  const std::size_t operand_floats = std::max(up.operand_floats(), down.operand_floats());
  const std::size_t inner_floats = up.result_floats();
  for_panels(x.rows, up.panel_rows(), [&](std::size_t begin, std::size_t count) {
    float* const operand = thread_workspace(operand_floats + inner_floats + down.result_floats());
    float* const inner = operand + operand_floats;
    float* const projected = inner + inner_floats;
    const Mat rows = x.row_range(begin, count);
    up.multiply(up.load(rows, operand), inner);
    for (std::size_t r = 0; r < count; ++r) up.activate(activation, up.out(), inner + r * up.out());
    down.multiply(down.load(Mat(inner, count, up.out()), operand), projected);
    add_norm_rows(kernels, projected, rows, norm, out.row_range(begin, count));
  });
}

}  // namespace colvec
