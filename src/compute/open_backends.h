// Opens the devices that an encoder computes on.
//
// Thread-safety: thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/device.h"
#include "colvec/error.h"
#include "colvec/precision.h"
#include "compute/backend.h"

namespace colvec {

struct OpenedBackends {
  std::vector<std::unique_ptr<Backend>> backends;  // All of one precision; at least one.
  std::string note;  // What the user should know of the choice; one line, or empty.
};

// `device` as parse_device() has it, with COLVEC_DEVICE, where it is set, in the place of "auto".
// kInvalidArgument: no such device.
Result<DeviceChoice> choose_device(std::string_view device);

// `device` as parse_device() has it; for "auto", COLVEC_DEVICE says where it is set. What "auto"
// passes over says so in the note: a GPU that is there and is not used costs hours.
// kInvalidArgument: no such device. kNotFound: a GPU was asked for, and none can be used (the
// message says why). kUnsupported: a precision that the device does not have. kIo: a GPU that is
// there does not work.
Result<OpenedBackends> open_backends(std::string_view device, Precision precision);

}  // namespace colvec
