// The header of a safetensors file: whatever parses must lie inside the file, tensor for tensor.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  const auto tensors = colvec::parse_safetensors(file, "fuzz");
  if (!tensors) return 0;
  unsigned sum = 0;
  for (const colvec::TensorEntry& tensor : *tensors) {
    if (tensor.begin > size || tensor.bytes > size - tensor.begin) std::abort();
    std::size_t bytes = colvec::bytes_of(tensor.dtype);
    for (const std::size_t extent : tensor.shape) bytes *= extent;
    if (bytes != tensor.bytes) std::abort();
    for (const std::byte byte : file.subspan(tensor.begin, tensor.bytes))
      sum += std::to_integer<unsigned>(byte);
  }
  volatile unsigned keep = sum;  // The reads must not be optimised away.
  static_cast<void>(keep);
  return 0;
}
