#include "tokenizer/protobuf_reader.h"

#include <string>

namespace colvec {
namespace {

tl::unexpected<Error> damaged(const char* problem) {
  return fail(ErrorCode::kCorruption, std::string("not a protocol buffer: ") + problem);
}

}  // namespace

Result<std::uint64_t> ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return damaged("it ends inside a number");
    const auto byte = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return damaged("a number is longer than 64 bits");
}

Result<std::uint64_t> ProtobufReader::fixed(std::size_t bytes) {
  if (rest_.size() < bytes) return damaged("it ends inside a number");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
  rest_.remove_prefix(bytes);
  return value;
}

Result<ProtobufReader::Field> ProtobufReader::next() {
  COLVEC_ASSIGN(const std::uint64_t tag, varint());
  constexpr std::uint64_t kNumberMax = (1u << 29) - 1;
  if (tag >> 3 == 0 || tag >> 3 > kNumberMax) return damaged("a field has no number");
  Field field;
  field.number = static_cast<std::uint32_t>(tag >> 3);
  field.kind = static_cast<Kind>(tag & 7);
  switch (field.kind) {
    case Kind::kNumber: {
      COLVEC_ASSIGN(field.value, varint());
      return field;
    }
    case Kind::kFixed64: {
      COLVEC_ASSIGN(field.value, fixed(8));
      return field;
    }
    case Kind::kFixed32: {
      COLVEC_ASSIGN(field.value, fixed(4));
      return field;
    }
    case Kind::kBytes: {
      COLVEC_ASSIGN(const std::uint64_t size, varint());
      if (size > rest_.size()) return damaged("a field is longer than what is left");
      field.bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
      return field;
    }
  }
  return damaged("an unknown type of field");
}

}  // namespace colvec
