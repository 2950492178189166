#include "colvec/device.h"

#include <string>

#include "base/number.h"

namespace colvec {
namespace {

constexpr std::string_view kCuda = "cuda:";
constexpr int kIndexMax = 1023;

}  // namespace

Result<DeviceChoice> parse_device(std::string_view name) {
  using Kind = DeviceChoice::Kind;
  if (name == "auto") return DeviceChoice{Kind::kAuto};
  if (name == "cpu") return DeviceChoice{Kind::kCpu};
  if (name == "cuda") return DeviceChoice{Kind::kCuda};
  if (name == "cuda:all") return DeviceChoice{Kind::kCuda, DeviceChoice::kAll};
  if (name.starts_with(kCuda)) {
    int index = -1;
    if (parse_number(name.substr(kCuda.size()), &index) && index >= 0 && index <= kIndexMax)
      return DeviceChoice{Kind::kCuda, index};
  }
  return fail(ErrorCode::kInvalidArgument, "not a device: " + std::string(name) +
                                               " (there are auto, cpu, cuda, cuda:N and cuda:all)");
}

}  // namespace colvec
