#include "base/size.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace colvec {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array kUnits = {Unit{"", 1},          Unit{"b", 1},
                               Unit{"kb", 1e3},      Unit{"mb", 1e6},
                               Unit{"gb", 1e9},      Unit{"tb", 1e12},
                               Unit{"kib", 1024},    Unit{"mib", 1 << 20},
                               Unit{"gib", 1 << 30}, Unit{"tib", 1024.0 * (1 << 30)}};
constexpr double kBytesMax = 1e18;

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit; });
  const bool is_size = error == std::errc() && found != kUnits.end();
  if (!is_size || !(number * found->bytes >= 1) || number * found->bytes > kBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                "must be a size such as 1GB or 512MiB: " + std::string(text));
  return static_cast<std::uint64_t>(number * found->bytes);
}

}  // namespace colvec
