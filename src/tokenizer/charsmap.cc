#include "tokenizer/charsmap.h"

#include <algorithm>

#include "base/utf8.h"

namespace colvec {
namespace {

// A unit of the double array: a byte that leads here, whether a key ends here, and how far away the
// units of the next bytes are; or, behind the end of a key, its value.
constexpr bool ends_key(std::uint32_t unit) { return ((unit >> 8) & 1) != 0; }
constexpr std::uint32_t value_of(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
constexpr std::uint32_t label_of(std::uint32_t unit) { return unit & 0x800000FF; }
constexpr std::size_t offset_of(std::uint32_t unit) {
  return std::size_t{unit >> 10} << ((unit & (1u << 9)) >> 6);
}

std::uint32_t read_word(std::string_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i)
    word |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view bytes) {
  const auto wrong = [](const char* problem) {
    return fail(ErrorCode::kInvalidArgument, std::string("precompiled_charsmap: ") + problem);
  };
  if (bytes.size() < 4) return wrong("shorter than its own header");
  const std::size_t trie_bytes = read_word(bytes);
  bytes.remove_prefix(4);
  if (trie_bytes > bytes.size() || trie_bytes % 4 != 0 || trie_bytes == 0)
    return wrong("the size of its double array does not fit");
  Charsmap map;
  map.units_.reserve(trie_bytes / 4);
  for (std::size_t i = 0; i < trie_bytes; i += 4) map.units_.push_back(read_word(bytes.substr(i)));
  map.replacements_ = bytes.substr(trie_bytes);
  if (!is_valid_utf8(map.replacements_)) return wrong("the replacements are not UTF-8");
  return map;
}

bool Charsmap::begins_key(unsigned char byte) const {
  const std::size_t node = offset_of(units_[0]) ^ byte;
  return byte != 0 && node < units_.size() && label_of(units_[node]) == byte;
}

std::optional<std::string_view> Charsmap::find(std::string_view text) const {
  std::size_t node = offset_of(units_[0]);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) return std::nullopt;
    const std::uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!ends_key(unit)) continue;
    // A damaged map leads out of itself: such a key is none.
    if (node >= units_.size()) return std::nullopt;
    const std::size_t start = value_of(units_[node]);
    const bool is_inside = start < replacements_.size() &&
                           (static_cast<unsigned char>(replacements_[start]) & 0xC0) != 0x80;
    if (!is_inside) return std::nullopt;
    const std::size_t end = std::min(replacements_.find('\0', start), replacements_.size());
    return std::string_view(replacements_).substr(start, end - start);
  }
  return std::nullopt;
}

}  // namespace colvec
