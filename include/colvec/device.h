// Where an encoder computes.
//
// Thread-safety: values and pure functions.
#pragma once

#include <string_view>

#include "colvec/error.h"

namespace colvec {

struct DeviceChoice {
  enum class Kind {
    kAuto,  ///< The first GPU where there is one that can do what is asked for, else the CPU.
    kCpu,
    kCuda,
  };
  static constexpr int kAll = -1;

  Kind kind = Kind::kAuto;
  int index = 0;  ///< Of kCuda: which GPU, as the driver counts them; or kAll.
  bool operator==(const DeviceChoice&) const = default;
};

/// "auto", "cpu", "cuda" (the first GPU), "cuda:1" or "cuda:all". kInvalidArgument: none of these.
Result<DeviceChoice> parse_device(std::string_view name);

}  // namespace colvec
