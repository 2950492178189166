// Reads the numbers of a model's config.json within bounds beyond any published model, within which
// no product of sizes overflows and nothing huge is allocated.
//
// Thread-safety: pure functions.
// Errors: kInvalidArgument for a missing or wrong value; kUnsupported for what we do not compute;
// each names the key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"

namespace colvec {

inline constexpr std::uint64_t kVocabularyMax = 1 << 24;
inline constexpr std::uint64_t kPositionsMax = 1 << 20;
inline constexpr std::uint64_t kWidthMax = 1 << 16;
inline constexpr std::uint64_t kLayersMax = 1 << 10;
inline constexpr std::uint64_t kExpertsMax = 1 << 10;

// A whole number from 1 to `max`.
Result<std::size_t> read_count(const Json& config, std::string_view key, std::uint64_t max);
// The same; `fallback` where the key is missing or null.
Result<std::size_t> read_count_or(const Json& config, std::string_view key, std::uint64_t max,
                                  std::size_t fallback);

// A number above 0 and at most `max`; `fallback` where the key is missing or null.
Result<double> read_positive_or(const Json& config, std::string_view key, double max,
                                double fallback);

// What is added to a variance: 0 to 1; `fallback` where the key is missing. Null is an error.
Result<float> read_eps(const Json& config, std::string_view key, float fallback);

// Settings that we compute in one way only: an error where the key says anything else. A missing or
// null key is as we compute it.
Status require_boolean(const Json& config, std::string_view key, bool only);
Status require_string(const Json& config, std::string_view key, std::string_view only);
Status require_count(const Json& config, std::string_view key, std::uint64_t only);
Status require_null(const Json& config, std::string_view key);

// The widths that every transformer has. The head widths need not add up to `hidden`.
struct TransformerShape {
  std::size_t vocabulary = 0;
  std::size_t hidden = 0;
  std::size_t layers = 0;
  std::size_t heads = 0;
  std::size_t key_heads = 0;  // As many as heads, or a divisor of them.
  std::size_t head_dim = 0;
  std::size_t intermediate = 0;

  // Attention to the whole sequence, both ways.
  AttentionOptions attention() const {
    return {.heads = heads, .key_heads = key_heads, .head_dim = head_dim};
  }
};

// The keys under which a family keeps them.
struct ShapeKeys {
  std::string_view vocabulary = "vocab_size";
  std::string_view hidden = "hidden_size";
  std::string_view layers = "num_hidden_layers";
  std::string_view heads = "num_attention_heads";
  std::string_view intermediate = "intermediate_size";
};

// All heads alike, head_dim = hidden / heads.
Result<TransformerShape> read_shape(const Json& config, const ShapeKeys& keys = {});

// With `num_key_value_heads` and `head_dim` where the config has them.
Result<TransformerShape> read_grouped_shape(const Json& config);

}  // namespace colvec
