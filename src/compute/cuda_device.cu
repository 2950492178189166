// Devices, memory, streams and copies: the part of CudaTable that is no kernel.
#include "compute/cuda_device.h"

#include <cstring>

#include "compute/cuda_kernels.h"
#include "compute/cuda_simt.h"

namespace colvec {

namespace {

// cuBLASLt's scratch memory; what its documentation asks for on Hopper.
constexpr std::size_t kWorkspaceBytes = 32u << 20;

int code_of(cudaError_t error) { return static_cast<int>(error); }

// A run-time call's device is a matter of the calling thread.
int use(int device) { return code_of(cudaSetDevice(device)); }

#define COLVEC_CODE(expression)               \
  do {                                        \
    const int colvec_code = (expression);     \
    if (colvec_code != 0) return colvec_code; \
  } while (false)

const char* describe(int code) {
  if (code == kCudaNoKernel) return "there is no kernel for these widths";
  if (code == kCudaNoProduct) return "cuBLASLt has no way to compute a product of these widths";
  if (code >= kCudaBlasBase)
    return cublasLtGetStatusString(static_cast<cublasStatus_t>(code - kCudaBlasBase));
  return cudaGetErrorString(static_cast<cudaError_t>(code));
}

bool is_out_of_memory(int code) {
  return code == code_of(cudaErrorMemoryAllocation) ||
         code == kCudaBlasBase + static_cast<int>(CUBLAS_STATUS_ALLOC_FAILED);
}

int count_devices(int* count) { return code_of(cudaGetDeviceCount(count)); }

int device_info(int device, CudaDeviceInfo* info) {
  cudaDeviceProp properties;
  COLVEC_CODE(code_of(cudaGetDeviceProperties(&properties, device)));
  const std::size_t length = strnlen(properties.name, sizeof(info->name) - 1);
  std::memcpy(info->name, properties.name, length);
  info->major = properties.major;
  info->minor = properties.minor;
  info->memory_bytes = properties.totalGlobalMem;
  return 0;
}

int memory_free(int device, std::size_t* bytes) {
  COLVEC_CODE(use(device));
  std::size_t all = 0;
  return code_of(cudaMemGetInfo(bytes, &all));
}

int open_parts(CudaLane* lane) {
  COLVEC_CODE(use(lane->device));
  COLVEC_CODE(code_of(cudaStreamCreateWithFlags(&lane->stream, cudaStreamNonBlocking)));
  // A thread that waits sleeps: its core has texts to tokenise.
  COLVEC_CODE(code_of(
      cudaEventCreateWithFlags(&lane->done, cudaEventBlockingSync | cudaEventDisableTiming)));
  COLVEC_CODE(code_of(cudaMalloc(&lane->workspace, kWorkspaceBytes)));
  lane->workspace_bytes = kWorkspaceBytes;
  const cublasStatus_t made = cublasLtCreate(&lane->blas);
  return made == CUBLAS_STATUS_SUCCESS ? 0 : kCudaBlasBase + static_cast<int>(made);
}

void close_lane(CudaLane* lane) {
  if (lane == nullptr) return;
  use(lane->device);
  if (lane->stream != nullptr) cudaStreamSynchronize(lane->stream);
  forget_plans(lane);
  if (lane->blas != nullptr) cublasLtDestroy(lane->blas);
  if (lane->workspace != nullptr) cudaFree(lane->workspace);
  if (lane->done != nullptr) cudaEventDestroy(lane->done);
  if (lane->stream != nullptr) cudaStreamDestroy(lane->stream);
  delete lane;
}

int open_lane(int device, CudaLane** opened) {
  auto* const lane = new CudaLane{};
  lane->device = device;
  const int code = open_parts(lane);
  if (code != 0) {
    close_lane(lane);
    cudaGetLastError();  // A failed allocation is not an error of the next launch.
    return code;
  }
  *opened = lane;
  return 0;
}

int allocate(int device, std::size_t bytes, void** memory) {
  COLVEC_CODE(use(device));
  const int code = code_of(cudaMalloc(memory, bytes));
  if (code != 0) cudaGetLastError();
  return code;
}

void release(int device, void* memory) {
  use(device);
  cudaFree(memory);
}

int allocate_host(std::size_t bytes, void** host) {
  const int code = code_of(cudaHostAlloc(host, bytes, cudaHostAllocPortable));
  if (code != 0) cudaGetLastError();
  return code;
}

void release_host(void* host) { cudaFreeHost(host); }

int upload(CudaLane* lane, void* to, const void* host, std::size_t bytes) {
  COLVEC_CODE(use(lane->device));
  return code_of(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, lane->stream));
}

int download(CudaLane* lane, void* host, const void* from, std::size_t bytes) {
  COLVEC_CODE(use(lane->device));
  return code_of(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, lane->stream));
}

int wait(CudaLane* lane) {
  COLVEC_CODE(use(lane->device));
  COLVEC_CODE(code_of(cudaEventRecord(lane->done, lane->stream)));
  return code_of(cudaEventSynchronize(lane->done));
}

}  // namespace

int use_lane(const CudaLane* lane, cudaStream_t* stream) {
  *stream = lane->stream;
  return use(lane->device);
}

namespace {

CudaTable make_table() {
  CudaTable table;
  table.version = kCudaTableVersion;
  table.isa = "cuda";
  table.describe = describe;
  table.is_out_of_memory = is_out_of_memory;
  table.count_devices = count_devices;
  table.device_info = device_info;
  table.memory_free = memory_free;
  table.open_lane = open_lane;
  table.close_lane = close_lane;
  table.allocate = allocate;
  table.release = release;
  table.allocate_host = allocate_host;
  table.release_host = release_host;
  table.upload = upload;
  table.download = download;
  table.wait = wait;
  table.multiply = cuda_multiply;
  set_kernels(&table);
  return table;
}

}  // namespace
}  // namespace colvec

// The one symbol of the shared object (kCudaTableSymbol).
extern "C" __attribute__((visibility("default"))) const colvec::CudaTable* colvec_cuda_table() {
  static const colvec::CudaTable table = colvec::make_table();
  return &table;
}
