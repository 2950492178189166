#include "model/rotary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "model/config_reader.h"

namespace colvec {
namespace {

constexpr double kBaseMax = 1e12;
constexpr double kFactorMax = 1e6;
constexpr std::size_t kPositionsAtOnce = 64;

std::vector<double> frequencies(const RotaryConfig& config, double base) {
  std::vector<double> values(config.pairs);
  for (std::size_t i = 0; i < config.pairs; ++i)
    values[i] = std::pow(base, -static_cast<double>(i) / static_cast<double>(config.pairs)) /
                config.divisor;
  return values;
}

// The base for a sequence of `length` tokens.
double base_for(const RotaryConfig& config, std::size_t length) {
  if (config.growth == 0 || length <= config.trained) return config.base;
  const double ratio = static_cast<double>(length) / static_cast<double>(config.trained);
  const double dims = 2 * static_cast<double>(config.pairs);
  return config.base * std::pow(config.growth * ratio - (config.growth - 1), dims / (dims - 2));
}

// Cosines and sines of the positions from 0 on, a row each.
void fill(const std::vector<double>& frequencies, std::size_t positions, float* rows) {
  const std::size_t pairs = frequencies.size();
  parallel_for((positions + kPositionsAtOnce - 1) / kPositionsAtOnce, [&](std::size_t piece) {
    const std::size_t end = std::min(positions, (piece + 1) * kPositionsAtOnce);
    for (std::size_t p = piece * kPositionsAtOnce; p < end; ++p) {
      float* const row = rows + p * 2 * pairs;
      for (std::size_t i = 0; i < pairs; ++i) {
        const double angle = static_cast<double>(p) * frequencies[i];
        row[i] = static_cast<float>(std::cos(angle));
        row[pairs + i] = static_cast<float>(std::sin(angle));
      }
    }
  });
}

}  // namespace

std::string RotaryConfig::settings() const {
  std::string json = fmt::format(R"({{"pairs":{},"base":{},"divisor":{})", pairs, base, divisor);
  if (growth != 0) json += fmt::format(R"(,"growth":{},"trained":{})", growth, trained);
  return json + "}";
}

Result<RotaryConfig> read_rotary_parameters(const Json& parameters, std::size_t head_dim,
                                            const RotaryKeys& keys) {
  if (head_dim % 2 != 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: head_dim is odd, but rotary positions turn pairs: {}",
                            parameters.where(), head_dim));
  RotaryConfig config{.pairs = head_dim / 2};
  COLVEC_ASSIGN(config.base,
                read_positive_or(parameters, keys.theta, kBaseMax, keys.theta_default));
  COLVEC_ASSIGN(const double turning, read_positive_or(parameters, "partial_rotary_factor", 1, 1));
  if (turning != 1)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("{}: partial_rotary_factor is not supported: {}", parameters.where(), turning));
  COLVEC_ASSIGN(std::string kind, parameters.string_or("type", "default"));
  COLVEC_ASSIGN(kind, parameters.string_or("rope_type", kind));
  if (kind == "default") return config;
  const bool is_ntk = kind == "ntk" && keys.takes_ntk;
  if (kind != "linear" && !is_ntk)
    return fail(ErrorCode::kUnsupported,
                parameters.where() + ": rotary scaling is not supported: " + kind);
  if (is_ntk) COLVEC_TRY(require_null(parameters, "mixed_b"));  // Frequencies scaled unevenly.
  COLVEC_ASSIGN(const Json value, parameters.member("factor"));
  COLVEC_ASSIGN(const double factor, value.as_number());
  if (!(factor > 0) || factor > kFactorMax) return value.wrong("not a factor");
  config.divisor = factor;
  if (is_ntk) {
    config.base *= factor;
    config.divisor = std::pow(factor, 2.0 / static_cast<double>(head_dim));
  }
  return config;
}

Result<RotaryConfig> read_rotary(const Json& config, std::size_t head_dim, const RotaryKeys& keys) {
  RotaryKeys inside = keys;
  inside.theta = "rope_theta";
  COLVEC_ASSIGN(const std::optional<Json> parameters, config.find("rope_parameters"));
  if (parameters) return read_rotary_parameters(*parameters, head_dim, inside);
  COLVEC_ASSIGN(inside.theta_default,
                read_positive_or(config, keys.theta, kBaseMax, keys.theta_default));
  COLVEC_ASSIGN(const std::optional<Json> scaling, config.find("rope_scaling"));
  if (scaling) return read_rotary_parameters(*scaling, head_dim, inside);
  COLVEC_ASSIGN(const Json nothing, Json::parse("{}", config.where()));
  return read_rotary_parameters(nothing, head_dim, inside);
}

RotaryAngles::RotaryAngles(const RotaryConfig& config, RowStarts row_starts)
    : width_(2 * config.pairs) {
  const std::size_t sequences = row_starts.size() - 1;
  // Sequences with the same base share their rows, those of the longest one. With a growing base,
  // the long ones have rows of their own.
  std::size_t shared = 0;
  std::size_t rows = 0;
  first_rows_.resize(sequences);
  const auto length_of = [&](std::size_t s) { return row_starts[s + 1] - row_starts[s]; };
  const auto is_alone = [&](std::size_t s) {
    return config.growth != 0 && length_of(s) > config.trained;
  };
  for (std::size_t s = 0; s < sequences; ++s)
    if (!is_alone(s)) shared = std::max<std::size_t>(shared, length_of(s));
  rows = shared;
  for (std::size_t s = 0; s < sequences; ++s) {
    if (!is_alone(s)) continue;
    first_rows_[s] = static_cast<std::uint32_t>(rows);
    rows += length_of(s);
  }
  values_.resize(rows * width_);
  fill(frequencies(config, config.base), shared, values_.data());
  for (std::size_t s = 0; s < sequences; ++s)
    if (is_alone(s))
      fill(frequencies(config, base_for(config, length_of(s))), length_of(s),
           values_.data() + first_rows_[s] * width_);
}

Rotation RotaryAngles::view() const {
  return {.angles = Table(values_.data(), width_ == 0 ? 0 : values_.size() / width_, width_),
          .first_rows = first_rows_};
}

}  // namespace colvec
