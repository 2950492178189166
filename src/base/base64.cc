#include "base/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace colvec {

Result<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> digit_of;
  digit_of.fill(0xFF);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    digit_of[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);

  const auto wrong = [] { return fail(ErrorCode::kInvalidArgument, "not base64"); };
  if (text.size() % 4 != 0) return wrong();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  const std::size_t digit_count = text.size() - padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < digit_count; ++i) {
    const std::uint8_t digit = digit_of[static_cast<unsigned char>(text[i])];
    if (digit == 0xFF) return wrong();
    bits = (bits << 6) | digit;
    if (i % 4 == 3) {
      for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(bits >> shift));
      bits = 0;
    }
  }
  if (padding == 2) bytes.push_back(static_cast<char>(bits >> 4));
  if (padding == 1)
    for (const int shift : {10, 2}) bytes.push_back(static_cast<char>(bits >> shift));
  return bytes;
}

}  // namespace colvec
