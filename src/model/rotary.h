// Rotary positions: the angles by which the heads of a token turn.
//
// Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021). Pair i of a
// head turns by position * frequency(i), and frequency(i) = base^(-i / pairs). Angles are worked
// out in float64 for every pass: exact at any position, and a small part of a pass.
//
// Thread-safety: values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "compute/backend.h"

namespace colvec {

struct RotaryConfig {
  std::size_t pairs = 0;  // Of the numbers of a head that turn.
  double base = 10000;
  double divisor = 1;  // Frequencies are divided by it.

  // Beyond `trained` tokens the base grows with the length of the sequence ("dynamic NTK"), where
  // growth is not 0.
  double growth = 0;
  std::size_t trained = 0;

  // JSON, for the fingerprint.
  std::string settings() const;
};

struct RotaryKeys {
  std::string_view theta = "rope_theta";  // Where the base is.
  double theta_default = 10000;
  bool takes_ntk = false;  // Whether scaling of type "ntk" is what the GTE models mean by it.
};

// Reads `rope_parameters`, or else the base and `rope_scaling`: the plain kind and "linear".
// kUnsupported: another kind of scaling, by name.
Result<RotaryConfig> read_rotary(const Json& config, std::size_t head_dim, const RotaryKeys& keys);

// The same, of an object that holds the base, `rope_type` or `type`, and `factor`.
Result<RotaryConfig> read_rotary_parameters(const Json& parameters, std::size_t head_dim,
                                            const RotaryKeys& keys);

// The angles for one batch.
class RotaryAngles {
 public:
  RotaryAngles(const RotaryConfig& config, RowStarts row_starts);

  // Valid as long as this object.
  Rotation view() const;

 private:
  std::size_t width_;
  std::vector<float> values_;  // (rows, 2 * pairs)
  std::vector<std::uint32_t> first_rows_;
};

}  // namespace colvec
