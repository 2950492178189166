#include "compute/open_backends.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/environment.h"
#include "compute/cuda_backend.h"
#include "compute/cuda_library.h"

namespace colvec {
namespace {

// Whether the driver of an NVIDIA GPU is loaded, whatever else is missing.
bool has_driver() {
  std::error_code ignored;
  return std::filesystem::exists("/dev/nvidia0", ignored) ||
         std::filesystem::exists("/dev/dxg", ignored);
}

Result<OpenedBackends> open_cpu(Precision precision) {
  OpenedBackends opened;
  COLVEC_ASSIGN(opened.backends.emplace_back(), open_cpu_backend(precision));
  return opened;
}

Result<OpenedBackends> open_gpus(int index, Precision precision) {
  COLVEC_ASSIGN(const CudaTable* table, cuda_table());
  COLVEC_ASSIGN(const std::vector<CudaDeviceInfo> devices, cuda_devices(*table));
  const int count = static_cast<int>(devices.size());
  if (index >= count)
    return fail(ErrorCode::kNotFound, fmt::format("no such GPU: cuda:{} (there {} {})", index,
                                                  count == 1 ? "is" : "are", count));
  const bool all = index == DeviceChoice::kAll;
  OpenedBackends opened;
  for (int i = all ? 0 : index; i < (all ? count : index + 1); ++i) {
    COLVEC_ASSIGN(opened.backends.emplace_back(), open_cuda_backend(*table, i, precision));
  }
  return opened;
}

Result<OpenedBackends> open_best(Precision precision) {
  Result<OpenedBackends> gpu = open_gpus(0, precision);
  if (gpu) return gpu;
  Result<OpenedBackends> cpu = open_cpu(precision);
  // No GPU is what most machines have; one that cannot be used is worth a word.
  const bool is_there = gpu.error().code != ErrorCode::kNotFound || has_driver();
  if (cpu && is_there) cpu->note = "the GPU is not used: " + gpu.error().message;
  return cpu;
}

}  // namespace

Result<DeviceChoice> choose_device(std::string_view device) {
  COLVEC_ASSIGN(const DeviceChoice choice, parse_device(device));
  const auto named = process_environment()("COLVEC_DEVICE");
  if (choice.kind != DeviceChoice::Kind::kAuto || !named) return choice;
  Result<DeviceChoice> wish = parse_device(*named);
  if (!wish) return at("COLVEC_DEVICE", std::move(wish).error());
  return wish;
}

Result<OpenedBackends> open_backends(std::string_view device, Precision precision) {
  COLVEC_ASSIGN(const DeviceChoice choice, choose_device(device));
  switch (choice.kind) {
    case DeviceChoice::Kind::kCpu:
      return open_cpu(precision);
    case DeviceChoice::Kind::kCuda:
      return open_gpus(choice.index, precision);
    case DeviceChoice::Kind::kAuto:
      break;
  }
  return open_best(precision);
}

}  // namespace colvec
