#include "compute/cuda_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "base/environment.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "libcolvec_cuda.so";

// Folders where it may lie: beside the shared library that this code is in (of Python, say), or
// where that is installed; and the same of the program.
std::vector<fs::path> places() {
  std::vector<fs::path> places;
  Dl_info own{};
  // Of a program this is what it was called by, which may be a bare name.
  if (::dladdr(kFileName, &own) != 0 && fs::path(own.dli_fname).is_absolute()) {
    const fs::path folder = fs::path(own.dli_fname).parent_path();
    places.insert(places.end(), {folder, folder / "colvec"});
  }
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path installed = folder / ".." / "lib";
  places.insert(places.end(), {folder, installed, installed / "colvec"});
  return places;
}

Result<const CudaTable*> find_table() {
  if (const auto named = process_environment()("COLVEC_CUDA_LIBRARY"))
    return open_cuda_table(*named);
  // Without a driver there is nothing to find out, and cuBLASLt is half a gigabyte to load.
  if (void* const driver = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL); driver == nullptr)
    return fail(ErrorCode::kNotFound, "no NVIDIA driver is installed (libcuda.so.1)");
  std::error_code ignored;
  for (const fs::path& place : places())
    if (fs::exists(place / kFileName, ignored))
      return open_cuda_table((place / kFileName).string());
  return open_cuda_table(kFileName);
}

}  // namespace

Result<const CudaTable*> open_cuda_table(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const reason = ::dlerror();
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot load {}: {}", path, reason == nullptr ? "unknown" : reason));
  }
  const auto make = reinterpret_cast<CudaTableFunction>(::dlsym(library, kCudaTableSymbol));
  if (make == nullptr)
    return fail(ErrorCode::kUnsupported,
                path + ": is no libcolvec_cuda.so: it has no " + std::string(kCudaTableSymbol));
  const CudaTable* const table = make();
  if (table->version != kCudaTableVersion)
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: is of another build of colvec (table version {}, not {})", path,
                            table->version, kCudaTableVersion));
  return table;
}

Result<const CudaTable*> cuda_table() {
  static const Result<const CudaTable*> table = find_table();
  return table;
}

Result<std::vector<CudaDeviceInfo>> cuda_devices(const CudaTable& table) {
  int count = 0;
  const int code = table.count_devices(&count);
  if (code != 0 || count == 0)
    return fail(ErrorCode::kNotFound,
                std::string("no GPU can be used here: ") +
                    (code != 0 ? table.describe(code) : "the driver sees none"));
  std::vector<CudaDeviceInfo> devices(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int failed = table.device_info(i, &devices[static_cast<std::size_t>(i)]);
    if (failed != 0)
      return fail(ErrorCode::kNotFound, fmt::format("GPU {}: {}", i, table.describe(failed)));
  }
  return devices;
}

}  // namespace colvec
