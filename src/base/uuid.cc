#include "base/uuid.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/hash.h"

namespace colvec {

std::string new_uuid() {
  std::array<std::uint8_t, 16> bytes;
  // Up to 256 bytes come at once or not at all; a signal can only interrupt the wait for the first
  // random numbers after the machine has started.
  ssize_t got = -1;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  COLVEC_CHECK(got == static_cast<ssize_t>(bytes.size()));
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0F) | 0x40);  // The version, 4.
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3F) | 0x80);  // The variant of the RFC.
  std::string text = hex(bytes);
  for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace colvec
