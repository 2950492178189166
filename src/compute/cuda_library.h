// Finds libcolvec_cuda.so, which knows how to use a GPU.
//
// It is looked for once in a process: where COLVEC_CUDA_LIBRARY says; else, where a driver is
// installed, beside libcolvec.so (or in colvec/ there), beside the program, in ../lib and
// ../lib/colvec from there, and where the system looks for shared objects. It stays loaded.
//
// Thread-safety: thread-safe.
#pragma once

#include <string>
#include <vector>

#include "colvec/error.h"
#include "compute/cuda_table.h"

namespace colvec {

// kNotFound: it is not there, or what it needs (the message says what). kUnsupported: it is of
// another version.
Result<const CudaTable*> cuda_table();

// Opens the shared object at `path`, for this call alone: errors as above.
Result<const CudaTable*> open_cuda_table(const std::string& path);

// The GPUs that `table` sees, in its order. kNotFound: none, with what the driver says.
Result<std::vector<CudaDeviceInfo>> cuda_devices(const CudaTable& table);

}  // namespace colvec
