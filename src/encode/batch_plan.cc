#include "encode/batch_plan.h"

#include "base/check.h"

namespace colvec {

std::vector<Batch> plan_batches(std::span<const std::uint32_t> token_counts,
                                const BatchLimits& limits) {
  COLVEC_CHECK(limits.texts_max > 0);
  std::vector<Batch> batches;
  std::size_t tokens = 0;
  for (std::size_t i = 0; i < token_counts.size(); ++i) {
    const bool fits = !batches.empty() && i - batches.back().begin < limits.texts_max &&
                      tokens + token_counts[i] <= limits.tokens_max;
    if (!fits) {
      batches.push_back({i, i});
      tokens = 0;
    }
    batches.back().end = i + 1;
    tokens += token_counts[i];
  }
  return batches;
}

}  // namespace colvec
