#include "model/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/json.h"

namespace colvec {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderBytesMax =
    100'000'000;  // The limit of the reference implementation.
constexpr std::size_t kRankMax = 8;

struct DTypeName {
  std::string_view name;
  DType dtype;
  std::size_t bytes;
};
constexpr std::array kDTypes = {
    DTypeName{"F64", DType::kF64, 8},  DTypeName{"F32", DType::kF32, 4},
    DTypeName{"F16", DType::kF16, 2},  DTypeName{"BF16", DType::kBF16, 2},
    DTypeName{"I64", DType::kI64, 8},  DTypeName{"I32", DType::kI32, 4},
    DTypeName{"I16", DType::kI16, 2},  DTypeName{"I8", DType::kI8, 1},
    DTypeName{"U64", DType::kU64, 8},  DTypeName{"U32", DType::kU32, 4},
    DTypeName{"U16", DType::kU16, 2},  DTypeName{"U8", DType::kU8, 1},
    DTypeName{"BOOL", DType::kBool, 1}};

const DTypeName& row_of(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

// a * b, or an error where that is more than a size can say.
Result<std::size_t> multiply(std::size_t a, std::size_t b, const Json& blame) {
  std::size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product))
    return blame.wrong("more elements than fit in memory");
  return product;
}

// What a tensor's header entry says, its offsets still relative to the data.
Result<TensorEntry> parse_entry(std::string_view name, const Json& json, std::size_t data_bytes) {
  TensorEntry entry;
  entry.name = name;
  COLVEC_ASSIGN(const std::string dtype, json.string("dtype"));
  const auto known = std::find_if(kDTypes.begin(), kDTypes.end(),
                                  [&](const DTypeName& d) { return d.name == dtype; });
  if (known == kDTypes.end())
    return fail(ErrorCode::kUnsupported, json.where() + ": unknown dtype: " + dtype);
  entry.dtype = known->dtype;

  COLVEC_ASSIGN(const Json shape, json.member("shape"));
  if (!shape.is_array() || shape.size() > kRankMax)
    return shape.wrong("not a list of at most 8 sizes");
  std::size_t bytes = known->bytes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    COLVEC_ASSIGN(const std::uint64_t extent, shape.element(i).as_unsigned());
    entry.shape.push_back(extent);
    COLVEC_ASSIGN(bytes, multiply(bytes, extent, shape));
  }

  COLVEC_ASSIGN(const Json offsets, json.member("data_offsets"));
  if (!offsets.is_array() || offsets.size() != 2) return offsets.wrong("not two offsets");
  COLVEC_ASSIGN(const std::uint64_t begin, offsets.element(0).as_unsigned());
  COLVEC_ASSIGN(const std::uint64_t end, offsets.element(1).as_unsigned());
  if (begin > end) return offsets.wrong("the end lies before the begin");
  if (end > data_bytes)
    return offsets.wrong("beyond the " + std::to_string(data_bytes) + " bytes of data in the file");
  if (end - begin != bytes)
    return offsets.wrong("dtype and shape need " + std::to_string(bytes) + " bytes, not these");
  entry.begin = begin;
  entry.bytes = bytes;
  return entry;
}

// Whether the tensors, put in order, fill the data without overlap, hole or rest.
Status check_cover(std::span<const TensorEntry> tensors, std::size_t data_bytes,
                   const std::string& where) {
  std::vector<const TensorEntry*> in_order;
  for (const TensorEntry& tensor : tensors) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(), [](const TensorEntry* a, const TensorEntry* b) {
    return a->begin != b->begin ? a->begin < b->begin : a->bytes < b->bytes;
  });
  std::size_t covered = 0;
  for (const TensorEntry* tensor : in_order) {
    if (tensor->begin < covered)
      return fail(ErrorCode::kCorruption,
                  where + ": data_offsets overlap another tensor: " + tensor->name);
    if (tensor->begin > covered)
      return fail(ErrorCode::kCorruption,
                  where + ": bytes that belong to no tensor before: " + tensor->name);
    covered += tensor->bytes;
  }
  if (covered != data_bytes)
    return fail(ErrorCode::kCorruption,
                where + ": bytes after the last tensor: " + std::to_string(data_bytes - covered));
  return {};
}

}  // namespace

std::string_view name_of(DType dtype) { return row_of(dtype).name; }
std::size_t bytes_of(DType dtype) { return row_of(dtype).bytes; }

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(extent);
  }
  return text + "]";
}

Result<std::vector<TensorEntry>> parse_safetensors(std::span<const std::byte> file,
                                                   const std::string& where) {
  static_assert(std::numeric_limits<std::size_t>::digits == 64);
  if (file.size() < kLengthBytes)
    return fail(ErrorCode::kCorruption, where + ": too short for a safetensors file: " +
                                            std::to_string(file.size()) + " bytes");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), kLengthBytes);  // Little endian, as this processor.
  if (header_bytes > kHeaderBytesMax || header_bytes > file.size() - kLengthBytes)
    return fail(ErrorCode::kCorruption,
                where + ": header length beyond the file: " + std::to_string(header_bytes));
  if (header_bytes == 0) return fail(ErrorCode::kCorruption, where + ": header length is 0");

  const std::size_t data_begin = kLengthBytes + header_bytes;
  const std::size_t data_bytes = file.size() - data_begin;
  const std::string_view text(reinterpret_cast<const char*>(file.data()) + kLengthBytes,
                              header_bytes);
  COLVEC_ASSIGN(const Json header, Json::parse(text, where + ": header"));

  std::vector<TensorEntry> tensors;
  COLVEC_TRY(header.each([&](std::string_view name, const Json& value) -> Status {
    if (name == "__metadata__") return {};
    COLVEC_ASSIGN(TensorEntry entry, parse_entry(name, value, data_bytes));
    tensors.push_back(std::move(entry));
    return {};
  }));
  COLVEC_TRY(check_cover(tensors, data_bytes, where));
  for (TensorEntry& tensor : tensors) tensor.begin += data_begin;
  return tensors;
}

std::string safetensors_header(std::span<const TensorEntry> tensors) {
  std::string json = R"({"__metadata__":{"format":"pt"})";
  std::size_t offset = 0;
  for (const TensorEntry& tensor : tensors) {
    json += fmt::format(R"(,{}:{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})",
                        json_quote(tensor.name), name_of(tensor.dtype), shape_text(tensor.shape),
                        offset, offset + tensor.bytes);
    offset += tensor.bytes;
  }
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string header(kLengthBytes, '\0');
  const std::uint64_t length = json.size();
  std::memcpy(header.data(), &length, kLengthBytes);
  return header + json;
}

}  // namespace colvec
