// Three steps: every token chooses its experts; every expert runs over the tokens that chose it,
// gathered into panels, and leaves a row for each in `results`; the rows of a token are added up in
// the order of their experts. So a token's sum does not depend on the other tokens.
#include "compute/mixture.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"
#include "compute/fused.h"
#include "compute/workspace.h"

namespace colvec {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

// What a token takes from one expert.
struct Choice {
  std::size_t expert = 0;
  float weight = 0;
};

// The `top` choices of one token, in the order of the experts; of two alike, the first expert.
void choose(std::vector<float>& scores, std::size_t top, std::span<Choice> choices) {
  const float most = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (float& score : scores) {
    score = static_cast<float>(std::exp(static_cast<double>(score) - most));
    sum += score;
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // What is not a number comes last; the sum then is none either, and so the result.
  const auto rank = [&](std::size_t i) { return std::isnan(scores[i]) ? -1.0f : scores[i]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank(a) > rank(b); });
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top));
  for (std::size_t i = 0; i < top; ++i)
    choices[i] = {order[i], static_cast<float>(scores[order[i]] / sum)};
}

// (tokens * top): those of token t are [t * top, (t + 1) * top).
std::vector<Choice> route(const KernelTable& kernels, Mat x, const Mixture& weights) {
  const std::size_t experts = weights.router.rows;
  const std::size_t hidden = x.cols;
  std::vector<Choice> choices(x.rows * weights.top);
  const std::vector<float> ones(kRowsAtOnce, 1.0f);
  parallel_for((x.rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t piece) {
    const std::size_t begin = piece * kRowsAtOnce;
    const std::size_t rows = std::min(kRowsAtOnce, x.rows - begin);
    float* const transposed = thread_workspace((hidden + rows) * experts);  // (hidden, experts)
    float* const logits = transposed + hidden * experts;                    // (rows, experts)
    kernels.transpose(weights.router.data, weights.router.stride, experts, hidden, transposed,
                      experts);
    kernels.matmul({.a = x.row(begin),
                    .lda = x.stride,
                    .b = transposed,
                    .ldb = experts,
                    .m = rows,
                    .n = experts,
                    .k = hidden,
                    .row_factors = ones.data(),
                    .c = logits,
                    .ldc = experts});
    std::vector<float> scores(experts);
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(logits + r * experts, experts, scores.begin());
      choose(scores, weights.top,
             std::span(choices).subspan((begin + r) * weights.top, weights.top));
    }
  });
  return choices;
}

// Some of the choices that fell on one expert, by their index.
struct Panel {
  std::size_t expert = 0;
  std::vector<std::size_t> choices;
};

std::vector<Panel> gather(const std::vector<Choice>& choices, std::size_t experts) {
  std::vector<std::vector<std::size_t>> by_expert(experts);
  for (std::size_t i = 0; i < choices.size(); ++i) by_expert[choices[i].expert].push_back(i);
  std::vector<Panel> panels;
  for (std::size_t e = 0; e < experts; ++e) {
    for (std::size_t begin = 0; begin < by_expert[e].size(); begin += kPanelRowsMax) {
      const auto first = by_expert[e].begin() + static_cast<std::ptrdiff_t>(begin);
      const std::size_t count = std::min(kPanelRowsMax, by_expert[e].size() - begin);
      panels.push_back({e, {first, first + static_cast<std::ptrdiff_t>(count)}});
    }
  }
  return panels;
}

// Runs an expert over the tokens of a panel; row i of `results` is that of choice i.
void run_panel(const KernelTable& kernels, Mat x, const Mixture& weights, const Panel& panel,
               const std::vector<Choice>& choices, Mat results) {
  const PackedFeedForward expert(weights.experts[panel.expert]);
  const std::size_t rows = panel.choices.size();
  float* const gathered = thread_workspace(rows * x.cols + 16 + expert.floats());
  float* const memory = gathered + (rows * x.cols + 15) / 16 * 16;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* const row = x.row(panel.choices[r] / weights.top);
    std::copy_n(row, x.cols, gathered + r * x.cols);
  }
  float* product = expert.run(kernels, Mat(gathered, rows, x.cols), memory);
  for (std::size_t r = 0; r < rows; ++r, product += results.cols) {
    kernels.scale(product, results.cols, choices[panel.choices[r]].weight);
    std::copy_n(product, results.cols, results.row(panel.choices[r]));
  }
}

}  // namespace

void mixture(const KernelTable& kernels, Mat x, const Mixture& weights, Mat residual,
             const Join& join, Mat results, Mat out) {
  COLVEC_CHECK(weights.router.cols == x.cols && weights.router.rows == weights.experts.size());
  COLVEC_CHECK(weights.top > 0 && weights.top <= weights.experts.size());
  COLVEC_CHECK(x.rows == out.rows && results.rows == x.rows * weights.top);
  COLVEC_CHECK(results.cols == out.cols);
  COLVEC_CHECK(weights.bias.empty() || weights.bias.size() == out.cols);
  check_join(residual, join, out);
  const std::vector<Choice> choices = route(kernels, x, weights);
  const std::vector<Panel> panels = gather(choices, weights.experts.size());
  parallel_for(panels.size(),
               [&](std::size_t i) { run_panel(kernels, x, weights, panels[i], choices, results); });
  parallel_for((x.rows + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::size_t piece) {
    const std::size_t end = std::min(x.rows, (piece + 1) * kRowsAtOnce);
    for (std::size_t r = piece * kRowsAtOnce; r < end; ++r) {
      float* const sum = results.row(r * weights.top);
      for (std::size_t i = 1; i < weights.top; ++i)
        kernels.add(sum, results.row(r * weights.top + i), results.cols, sum);
      if (!weights.bias.empty()) kernels.add(sum, weights.bias.data(), results.cols, sum);
      join_rows(kernels, sum, residual.row_range(r, 1), join, out.row_range(r, 1));
    }
  });
}

}  // namespace colvec
