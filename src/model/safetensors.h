// Reads the header of a safetensors file: which tensors it holds, and where.
//
// Format: 8 bytes of header length (little endian), a JSON object {name: {dtype, shape,
// data_offsets}}, then the data. The header is untrusted: after parse_safetensors() every tensor
// lies inside the file, has as many bytes as its shape and type say, overlaps no other, and no byte
// of the data is unclaimed.
//
// Thread-safety: pure functions and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

// The element types of the format; all but F32, F16, BF16 occur only in tensors that are ignored,
// or in static models.
enum class DType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU64, kU32, kU16, kU8, kBool };

std::string_view name_of(DType dtype);
std::size_t bytes_of(DType dtype);

struct TensorEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::size_t> shape;
  std::size_t begin = 0;  // Of the first byte, counted from the start of the file.
  std::size_t bytes = 0;
};

// The tensors of `file` (the whole file), in the order of their names in the header. `where` names
// the file in errors. kCorruption: the bytes contradict themselves. kUnsupported: an element type
// that we do not know.
Result<std::vector<TensorEntry>> parse_safetensors(std::span<const std::byte> file,
                                                   const std::string& where);

// "[3, 4]", for messages.
std::string shape_text(std::span<const std::size_t> shape);

// The header of a file that holds `tensors` one after the other; `begin` is ignored. A multiple of
// 8 bytes long, the length field included.
std::string safetensors_header(std::span<const TensorEntry> tensors);

}  // namespace colvec
