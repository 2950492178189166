// Hashes a part of a file in one reading.
//
// Thread-safety: pure but for the file. Errors: kIo: it cannot be read, or became shorter;
// kCancelled.
#pragma once

#include <cstdint>
#include <string>

#include "base/positioned_file.h"
#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

struct FileDigests {
  std::string sha256{};  // 64 hex digits.
  std::string xxh3{};    // XXH3-128, 32 hex digits.
  std::string md5{};     // 32 hex digits.
};

// Which to compute; the others are "".
struct DigestWish {
  bool sha256 = false;
  bool xxh3 = false;
  bool md5 = false;
};

// Of the bytes [offset, offset + size). `cancel` may be null.
Result<FileDigests> digest_file(const PositionedFile& file, std::uint64_t offset,
                                std::uint64_t size, const DigestWish& wish,
                                const CancelToken* cancel);

}  // namespace colvec
