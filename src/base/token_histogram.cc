#include "base/token_histogram.h"

#include <algorithm>

namespace colvec {
namespace {

// The most tokens of each step; the last has no end.
constexpr std::array<std::uint64_t, 7> kStepEnds = {8, 16, 32, 64, 128, 256, 512};

std::string step_name(std::size_t step) {
  const std::uint64_t begin = step == 0 ? 1 : kStepEnds[step - 1] + 1;
  if (step == kStepEnds.size()) return std::to_string(begin) + " and more";
  return std::to_string(begin) + "-" + std::to_string(kStepEnds[step]);
}

}  // namespace

void TokenHistogram::add(std::uint64_t token_count, std::uint64_t texts) {
  const auto step = std::lower_bound(kStepEnds.begin(), kStepEnds.end(), token_count);
  counts_[static_cast<std::size_t>(step - kStepEnds.begin())] += texts;
  texts_ += texts;
  tokens_ += token_count * texts;
  tokens_max_ = std::max(tokens_max_, token_count);
}

double TokenHistogram::tokens_mean() const {
  return texts_ == 0 ? 0 : static_cast<double>(tokens_) / static_cast<double>(texts_);
}

std::vector<std::pair<std::string, std::uint64_t>> TokenHistogram::steps() const {
  std::vector<std::pair<std::string, std::uint64_t>> steps;
  for (std::size_t step = 0; step < counts_.size(); ++step)
    if (counts_[step] > 0) steps.emplace_back(step_name(step), counts_[step]);
  return steps;
}

}  // namespace colvec
