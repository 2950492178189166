// Reads the fields of a protocol buffer message, whatever they are.
//
// The wire format: each field is a number and a wire type in one varint, and then its value. No
// field is trusted: every length is checked against what is left.
//
// Thread-safety: thread-compatible. Errors: kCorruption, as "not a protocol buffer: ...".
#pragma once

#include <cstdint>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

class ProtobufReader {
 public:
  enum class Kind : std::uint8_t { kNumber = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  struct Field {
    std::uint32_t number = 0;
    Kind kind = Kind::kNumber;
    std::uint64_t value = 0;  // Of all kinds but kBytes.
    std::string_view bytes;   // Of kBytes: a view of the message.
  };

  // `message` must stay alive.
  explicit ProtobufReader(std::string_view message) : rest_(message) {}

  bool at_end() const { return rest_.empty(); }
  // REQUIRES: !at_end().
  Result<Field> next();

 private:
  Result<std::uint64_t> varint();
  Result<std::uint64_t> fixed(std::size_t bytes);

  std::string_view rest_;
};

}  // namespace colvec
