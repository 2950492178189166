// What the `data` of a Mat is where activations lie on a GPU: no address, but a number for one.
//
// Model code counts the elements of a Mat (columns, rows, offsets) and never looks at them, while
// on a GPU an element may have 16 bits. So a Mat's pointer there says which scratch and which of
// its matrices, and the element in it; four bytes on is the next element, whatever its size.
//
//   bits  0 to 39   4 * element
//   bits 40 to 51   matrix of the scratch
//   bits 52 to 59   scratch + 1: no handle is null
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace colvec {

struct CudaHandle {
  static constexpr std::size_t kElementsMax = std::size_t{1} << 38;
  static constexpr std::size_t kMatsMax = std::size_t{1} << 12;
  static constexpr std::size_t kScratchesMax = (std::size_t{1} << 8) - 1;

  std::size_t scratch = 0;
  std::size_t mat = 0;
  std::size_t element = 0;

  bool operator==(const CudaHandle&) const = default;

  float* pointer() const {
    const std::uint64_t bits = (std::uint64_t{scratch + 1} << 52) | (std::uint64_t{mat} << 40) |
                               (std::uint64_t{element} << 2);
    return reinterpret_cast<float*>(bits);
  }

  static CudaHandle of(const float* pointer) {
    const auto bits = reinterpret_cast<std::uint64_t>(pointer);
    return {.scratch = ((bits >> 52) & kScratchesMax) - 1,
            .mat = (bits >> 40) & (kMatsMax - 1),
            .element = (bits >> 2) & (kElementsMax - 1)};
  }
};

}  // namespace colvec
