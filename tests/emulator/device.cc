// The part of CudaTable that is no kernel, on a host: devices that are memory of the host, and
// products as plain loops. With the kernels' own sources and simt.cc it makes the shared object
// libcolvec_cuda_emulated.so, which COLVEC_CUDA_LIBRARY puts in the place of the real one.
//
// COLVEC_EMULATED_DEVICES (default 1) says how many devices there are, COLVEC_EMULATED_MEMORY
// (bytes, default 4 GiB) how much each of them has.
//
// Uploads and downloads happen when they are asked for, from and to memory that must be one of
// allocate_host(): elsewhere a copy that goes on behind the caller's back would be wrong.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "compute/cuda_kernels.h"
#include "compute/cuda_numbers.h"
#include "compute/cuda_table.h"
#include "emulator/simt.h"

namespace colvec {

struct CudaLane {
  int device = 0;
};

namespace {

constexpr int kOutOfMemory = 2;  // As CUDA's.
constexpr int kNoDevice = 101;   // As CUDA's.
constexpr int kNotPinned = 1;

std::size_t from_environment(const char* name, std::size_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr int kHost = -1;

// What is allocated, by address. One for all devices.
class Memory {
 public:
  int allocate(int device, std::size_t bytes, void** memory) {
    const std::lock_guard lock(mutex_);
    const std::size_t most = from_environment("COLVEC_EMULATED_MEMORY", std::size_t{4} << 30);
    if (device != kHost && used_[device] + bytes > most) return kOutOfMemory;
    *memory = std::aligned_alloc(256, std::max<std::size_t>(256, (bytes + 255) / 256 * 256));
    std::memset(*memory, 0xff, bytes);  // Numbers that are none, until written.
    used_[device] += bytes;
    sizes_[*memory] = bytes;
    return 0;
  }
  void release(int device, void* memory) {
    if (memory == nullptr) return;
    const std::lock_guard lock(mutex_);
    used_[device] -= sizes_[memory];
    sizes_.erase(memory);
    std::free(memory);
  }
  std::size_t free_bytes(int device) {
    const std::lock_guard lock(mutex_);
    return from_environment("COLVEC_EMULATED_MEMORY", std::size_t{4} << 30) - used_[device];
  }
  bool holds(const void* from, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto next = sizes_.upper_bound(const_cast<void*>(from));
    if (next == sizes_.begin()) return false;
    --next;
    return static_cast<const char*>(from) + bytes <=
           static_cast<const char*>(next->first) + next->second;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::size_t> used_;
  std::map<void*, std::size_t> sizes_;
};

Memory& memory() {
  static Memory all;
  return all;
}
const char* describe(int code) {
  switch (code) {
    case kOutOfMemory:
      return "out of memory";
    case kNotPinned:
      return "a copy from or to memory that is not pinned";
    case kCudaNoKernel:
      return "there is no kernel for these widths";
    case kCudaNoProduct:
      return "there is no product of these types";
    default:
      return "no such device";
  }
}

int count_devices(int* count) {
  *count = static_cast<int>(from_environment("COLVEC_EMULATED_DEVICES", 1));
  return *count == 0 ? kNoDevice : 0;
}

int device_info(int device, CudaDeviceInfo* info) {
  const std::string name = "Emulated " + std::to_string(device);
  std::memcpy(info->name, name.c_str(), name.size() + 1);
  info->major = 9;
  info->memory_bytes = from_environment("COLVEC_EMULATED_MEMORY", std::size_t{4} << 30);
  return 0;
}

int upload(CudaLane*, void* to, const void* host, std::size_t bytes) {
  if (!memory().holds(host, bytes)) return kNotPinned;
  std::memcpy(to, host, bytes);
  return 0;
}

int download(CudaLane*, void* host, const void* from, std::size_t bytes) {
  if (!memory().holds(host, bytes)) return kNotPinned;
  std::memcpy(host, from, bytes);
  return 0;
}

float number(const CudaMat& mat, std::size_t row, std::size_t col) {
  const std::size_t at = row * mat.stride + col;
  switch (mat.type) {
    case CudaType::kBf16:
      return to_float(static_cast<const Bf16*>(mat.data)[at]);
    case CudaType::kF16:
      return to_float(static_cast<const F16*>(mat.data)[at]);
    case CudaType::kF32:
      break;
  }
  return static_cast<const float*>(mat.data)[at];
}

void set_number(float value, const CudaMat& mat, std::size_t row, std::size_t col) {
  const std::size_t at = row * mat.stride + col;
  switch (mat.type) {
    case CudaType::kBf16:
      return set(value, static_cast<Bf16*>(mat.data) + at);
    case CudaType::kF16:
      return set(value, static_cast<F16*>(mat.data) + at);
    case CudaType::kF32:
      break;
  }
  static_cast<float*>(mat.data)[at] = value;
}

std::vector<float> floats_of(const CudaMat& mat) {
  std::vector<float> values(mat.rows * mat.cols);
  for (std::size_t r = 0; r < mat.rows; ++r)
    for (std::size_t c = 0; c < mat.cols; ++c) values[r * mat.cols + c] = number(mat, r, c);
  return values;
}

float activate(float x, CudaActivation activation) {
  if (activation == CudaActivation::kGeluTanh)
    return 0.5f * x * (1 + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
  return activation == CudaActivation::kRelu && x < 0 ? 0 : x;
}

int multiply(CudaLane*, const CudaProduct& p) {
  // What cuBLASLt has no way to compute.
  if (p.x.type == CudaType::kF32 || p.x.type != p.weight.type) return kCudaNoProduct;
  const std::vector<float> x = floats_of(p.x);
  const std::vector<float> weight = floats_of(p.weight);
  const CudaMat bias{const_cast<void*>(p.bias), 1, p.out.cols, p.out.cols, p.out.type};
  const std::size_t in = p.x.cols;
  for (std::size_t r = 0; r < p.x.rows; ++r) {
    for (std::size_t c = 0; c < p.out.cols; ++c) {
      float sums[8] = {};
      for (std::size_t k = 0; k < in; ++k) sums[k % 8] += x[r * in + k] * weight[c * in + k];
      float sum = 0;
      for (const float part : sums) sum += part;
      if (p.bias != nullptr) sum += number(bias, 0, c);
      if (p.residual != nullptr) sum += number(*p.residual, r, c);
      set_number(activate(sum, p.activation), p.out, r, c);
    }
  }
  return 0;
}

CudaTable make_table() {
  CudaTable table;
  table.version = kCudaTableVersion;
  table.isa = "cuda-emulated";
  table.describe = describe;
  table.is_out_of_memory = [](int code) { return code == kOutOfMemory; };
  table.count_devices = count_devices;
  table.device_info = device_info;
  table.memory_free = [](int device, std::size_t* bytes) {
    *bytes = memory().free_bytes(device);
    return 0;
  };
  table.open_lane = [](int device, CudaLane** lane) {
    *lane = new CudaLane{device};
    return 0;
  };
  table.close_lane = [](CudaLane* lane) { delete lane; };
  table.allocate = [](int device, std::size_t bytes, void** to) {
    return memory().allocate(device, bytes, to);
  };
  table.release = [](int device, void* what) { memory().release(device, what); };
  table.allocate_host = [](std::size_t bytes, void** host) {
    return memory().allocate(kHost, bytes, host);
  };
  table.release_host = [](void* host) { memory().release(kHost, host); };
  table.upload = upload;
  table.download = download;
  table.wait = [](CudaLane*) { return 0; };
  table.multiply = multiply;
  set_kernels(&table);
  return table;
}

}  // namespace
}  // namespace colvec

extern "C" __attribute__((visibility("default"))) const colvec::CudaTable* colvec_cuda_table() {
  static const colvec::CudaTable table = colvec::make_table();
  return &table;
}
