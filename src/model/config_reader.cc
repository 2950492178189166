#include "model/config_reader.h"

#include <fmt/format.h>

namespace colvec {
namespace {

Status unsupported(const Json& value, const std::string& only) {
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: is not supported: {} (only {})", value.where(), value.dump(), only));
}

Result<TransformerShape> read_widths(const Json& config, const ShapeKeys& keys) {
  TransformerShape shape;
  COLVEC_ASSIGN(shape.vocabulary, read_count(config, keys.vocabulary, kVocabularyMax));
  COLVEC_ASSIGN(shape.hidden, read_count(config, keys.hidden, kWidthMax));
  COLVEC_ASSIGN(shape.layers, read_count(config, keys.layers, kLayersMax));
  COLVEC_ASSIGN(shape.heads, read_count(config, keys.heads, kWidthMax));
  COLVEC_ASSIGN(shape.intermediate, read_count(config, keys.intermediate, kWidthMax));
  shape.key_heads = shape.heads;
  return shape;
}

Status divide_hidden(const Json& config, std::string_view heads_key, std::string_view hidden_key,
                     TransformerShape* shape) {
  if (shape->hidden % shape->heads != 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} does not divide {}: {} and {}", config.where(), heads_key,
                            hidden_key, shape->heads, shape->hidden));
  shape->head_dim = shape->hidden / shape->heads;
  return {};
}

}  // namespace

Result<std::size_t> read_count(const Json& config, std::string_view key, std::uint64_t max) {
  COLVEC_ASSIGN(const Json value, config.member(key));
  COLVEC_ASSIGN(const std::uint64_t number, value.as_unsigned());
  if (number == 0 || number > max) return value.wrong(fmt::format("not between 1 and {}", max));
  return static_cast<std::size_t>(number);
}

Result<std::size_t> read_count_or(const Json& config, std::string_view key, std::uint64_t max,
                                  std::size_t fallback) {
  if (!config.has(key)) return fallback;
  return read_count(config, key, max);
}

Result<double> read_positive_or(const Json& config, std::string_view key, double max,
                                double fallback) {
  COLVEC_ASSIGN(const std::optional<Json> value, config.find(key));
  if (!value) return fallback;
  COLVEC_ASSIGN(const double number, value->as_number());
  if (!(number > 0) || number > max)
    return value->wrong(fmt::format("not above 0 and at most {}", max));
  return number;
}

Result<float> read_eps(const Json& config, std::string_view key, float fallback) {
  const Result<Json> value = config.member(key);
  if (!value) return fallback;
  COLVEC_ASSIGN(const double eps, value->as_number());
  if (!(eps >= 0) || eps > 1) return value->wrong("not between 0 and 1");
  return static_cast<float>(eps);
}

Status require_boolean(const Json& config, std::string_view key, bool only) {
  COLVEC_ASSIGN(const std::optional<Json> value, config.find(key));
  if (!value) return {};
  COLVEC_ASSIGN(const bool is, value->as_boolean());
  return is == only ? Status() : unsupported(*value, only ? "true" : "false");
}

Status require_string(const Json& config, std::string_view key, std::string_view only) {
  COLVEC_ASSIGN(const std::optional<Json> value, config.find(key));
  if (!value) return {};
  COLVEC_ASSIGN(const std::string is, value->as_string());
  return is == only ? Status() : unsupported(*value, std::string(only));
}

Status require_count(const Json& config, std::string_view key, std::uint64_t only) {
  COLVEC_ASSIGN(const std::optional<Json> value, config.find(key));
  if (!value) return {};
  COLVEC_ASSIGN(const std::uint64_t is, value->as_unsigned());
  return is == only ? Status() : unsupported(*value, std::to_string(only));
}

Status require_null(const Json& config, std::string_view key) {
  COLVEC_ASSIGN(const std::optional<Json> value, config.find(key));
  return value ? unsupported(*value, "null") : Status();
}

Result<TransformerShape> read_shape(const Json& config, const ShapeKeys& keys) {
  COLVEC_ASSIGN(TransformerShape shape, read_widths(config, keys));
  COLVEC_TRY(divide_hidden(config, keys.heads, keys.hidden, &shape));
  return shape;
}

Result<TransformerShape> read_grouped_shape(const Json& config) {
  const ShapeKeys keys;
  COLVEC_ASSIGN(TransformerShape shape, read_widths(config, keys));
  COLVEC_ASSIGN(shape.key_heads,
                read_count_or(config, "num_key_value_heads", kWidthMax, shape.heads));
  if (shape.heads % shape.key_heads != 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: num_key_value_heads does not divide {}: {} and {}", config.where(),
                            keys.heads, shape.key_heads, shape.heads));
  if (!config.has("head_dim")) {
    COLVEC_TRY(divide_hidden(config, keys.heads, keys.hidden, &shape));
    return shape;
  }
  COLVEC_ASSIGN(shape.head_dim, read_count(config, "head_dim", kWidthMax));
  // The widest matrix of q, k and v must stay within the bounds too.
  if ((shape.heads + 2 * shape.key_heads) * shape.head_dim > 4 * kWidthMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: head_dim: too wide for {} heads: {}", config.where(), shape.heads,
                            shape.head_dim));
  return shape;
}

}  // namespace colvec
