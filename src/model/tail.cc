#include "model/tail.h"

#include <fmt/format.h>

#include "model/weight_visitor.h"

namespace colvec {

Result<Tail> Tail::load(const ModelFolder& folder, std::size_t hidden, Backend& backend) {
  const PoolingConfig& pooling = folder.pooling;
  if (pooling.dimension != 0 && pooling.dimension != hidden)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the pooling config is for width {}, but hidden_size is {}",
                            folder.dir.string(), pooling.dimension, hidden));
  Tail tail;
  tail.backend_ = &backend;
  tail.modes_ = pooling.modes;
  tail.include_prompt_ = pooling.include_prompt;
  tail.dimension_ = hidden * pooling.modes.size();
  for (const TailStep& step : folder.tail) {
    if (step.dense) {
      COLVEC_TRY(tail.add_dense(*step.dense, step.path));
    } else {
      tail.steps_.emplace_back();
    }
  }
  return tail;
}

Status Tail::add_dense(const DenseConfig& config, const std::filesystem::path& path) {
  if (config.in != dimension_)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: in_features is {}, but the step before gives {}",
                            (path / "config.json").string(), config.in, dimension_));
  COLVEC_ASSIGN(Weights weights, Weights::open(path));
  WeightLoader loader(weights, *backend_, "");
  Step step{.linear = nullptr, .activation = config.activation};
  COLVEC_TRY(loader.linear("linear", {.out = config.out, .in = config.in, .bias = config.bias},
                           &step.linear));
  COLVEC_TRY(loader.finish([](std::string_view) { return false; }));
  steps_.push_back(std::move(step));
  weights_.push_back(std::move(weights));
  dimension_ = config.out;
  return {};
}

Mat Tail::run(Mat rows, RowStarts row_starts, std::span<const std::uint32_t> skip,
              Scratch& scratch) const {
  const std::size_t sequences = row_starts.size() - 1;
  Mat x = scratch.mat(sequences, rows.cols * modes_.size());
  for (std::size_t i = 0; i < modes_.size(); ++i)
    backend_->pool(rows, row_starts, modes_[i], skip,
                   Mat(x.data + i * rows.cols, sequences, rows.cols, x.stride));
  for (const Step& step : steps_) {
    if (step.linear == nullptr) {
      backend_->normalize(x);
      continue;
    }
    const Mat next = scratch.mat(sequences, step.linear->out());
    backend_->linear(x, *step.linear, step.activation, next);
    x = next;
  }
  return x;
}

std::string Tail::settings() const {
  std::string json = "[";
  for (const Pooling mode : modes_) json += fmt::format("\"pool:{}\",", name_of(mode));
  if (!include_prompt_) json += "\"prompt left out\",";
  for (const Step& step : steps_)
    json += step.linear == nullptr ? std::string("\"normalize\",")
                                   : fmt::format("\"dense:{}x{}:{}\",", step.linear->in(),
                                                 step.linear->out(), name_of(step.activation));
  json.back() = ']';
  return json;
}

}  // namespace colvec
