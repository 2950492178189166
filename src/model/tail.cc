#include "model/tail.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/weight_visitor.h"

namespace colvec {
namespace {

constexpr float kNormEps = 1e-5f;  // The reference's LayerNorm module has no setting for it.

bool nothing_unused(std::string_view) { return false; }

Status check_width(const std::filesystem::path& path, std::string_view key, std::size_t given,
                   std::size_t width) {
  if (given == width) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: {} is {}, but the step before gives {}",
                          (path / "config.json").string(), key, given, width));
}

}  // namespace

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
    if (step.kind == ModuleKind::kDense) {
      COLVEC_TRY(tail.add_dense(step));
    } else if (step.kind == ModuleKind::kLayerNorm) {
      COLVEC_TRY(tail.add_norm(step));
    } else {
      tail.steps_.emplace_back();
    }
  }
  return tail;
}

Status Tail::add_dense(const TailStep& from) {
  const DenseConfig& config = from.dense;
  COLVEC_TRY(check_width(from.path, "in_features", config.in, dimension_));
  COLVEC_ASSIGN(Weights weights, Weights::open(from.path));
  WeightLoader loader(weights, *backend_, "");
  Step step{
      .kind = ModuleKind::kDense, .activation = config.activation, .adds_input = config.residual};
  COLVEC_TRY(loader.linear("linear", {.out = config.out, .in = config.in, .bias = config.bias},
                           &step.linear));
  if (config.residual && config.in != config.out)
    COLVEC_TRY(loader.linear("residual", {.out = config.out, .in = config.in, .bias = false},
                             &step.residual));
  COLVEC_TRY(loader.finish(nothing_unused));
  steps_.push_back(std::move(step));
  weights_.push_back(std::move(weights));
  dimension_ = config.out;
  return {};
}

Status Tail::add_norm(const TailStep& from) {
  COLVEC_TRY(check_width(from.path, "dimension", from.width, dimension_));
  COLVEC_ASSIGN(Weights weights, Weights::open(from.path));
  WeightLoader loader(weights, *backend_, "");
  Step step{.kind = ModuleKind::kLayerNorm};
  COLVEC_TRY(loader.norm("norm", {.width = dimension_, .eps = kNormEps}, &step.norm));
  COLVEC_TRY(loader.finish(nothing_unused));
  steps_.push_back(std::move(step));
  weights_.push_back(std::move(weights));
  return {};
}

Mat Tail::run_dense(const Step& step, Mat x, Scratch& scratch) const {
  const Mat out = scratch.wide(x.rows, step.linear->out());
  backend_->linear(x, *step.linear, step.activation, out);
  if (!step.adds_input) return out;
  if (step.residual != nullptr)
    backend_->linear_join(x, *step.residual, out, Join::add(), out);
  else
    backend_->join(x, out, Join::add(), out);
  return out;
}

PooledRows Tail::pooled_rows(RowStarts row_starts) const {
  const Pooling mode = modes_.front();
  const bool takes_one = (mode == Pooling::kCls || mode == Pooling::kLastToken) &&
                         std::count(modes_.begin(), modes_.end(), mode) == std::ssize(modes_);
  if (!takes_one) return {.rows = {}, .row_starts = {row_starts.begin(), row_starts.end()}};
  PooledRows pooled{.rows = {}, .row_starts = {0}};
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s) {
    if (row_starts[s] < row_starts[s + 1])
      pooled.rows.push_back(mode == Pooling::kCls ? row_starts[s] : row_starts[s + 1] - 1);
    pooled.row_starts.push_back(static_cast<std::uint32_t>(pooled.rows.size()));
  }
  return pooled;
}

Mat Tail::run(Mat rows, RowStarts row_starts, std::span<const std::uint32_t> skip,
              Scratch& scratch) const {
  const std::size_t sequences = row_starts.size() - 1;
  Mat x = scratch.wide(sequences, rows.cols * modes_.size());
  for (std::size_t i = 0; i < modes_.size(); ++i)
    backend_->pool(rows, row_starts, modes_[i], skip,
                   Mat(x.data + i * rows.cols, sequences, rows.cols, x.stride));
  for (const Step& step : steps_) {
    if (step.kind == ModuleKind::kDense)
      x = run_dense(step, x, scratch);
    else if (step.kind == ModuleKind::kLayerNorm)
      backend_->norm(x, step.norm.view(), x);
    else
      backend_->normalize(x);
  }
  return x;
}

std::string Tail::settings() const {
  std::string json = "[";
  for (const Pooling mode : modes_) json += fmt::format("\"pool:{}\",", name_of(mode));
  if (!include_prompt_) json += "\"prompt left out\",";
  for (const Step& step : steps_) {
    if (step.kind == ModuleKind::kDense)
      json += fmt::format("\"dense:{}x{}:{}{}\",", step.linear->in(), step.linear->out(),
                          name_of(step.activation), step.adds_input ? ":residual" : "");
    else
      json += step.kind == ModuleKind::kLayerNorm ? "\"layer_norm\"," : "\"normalize\",";
  }
  json.back() = ']';
  return json;
}

}  // namespace colvec
