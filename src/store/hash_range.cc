#include "store/hash_range.h"

#include <fmt/format.h>

#include <optional>

#include "base/check.h"
#include "base/json.h"

namespace colvec {
namespace {

struct Bounds {
  std::string smallest;
  std::string largest;
};

Result<Bounds> read_bounds(const AddFile& file) {
  COLVEC_ASSIGN(const Json stats, Json::parse(file.stats, file.path));
  COLVEC_ASSIGN(const Json smallest, stats.member("minValues"));
  COLVEC_ASSIGN(const Json largest, stats.member("maxValues"));
  Bounds bounds;
  COLVEC_ASSIGN(bounds.smallest, smallest.string("text_hash"));
  COLVEC_ASSIGN(bounds.largest, largest.string("text_hash"));
  return bounds;
}

// nullopt where the log does not say.
std::optional<Bounds> bounds_of(const AddFile& file) {
  if (file.stats.empty()) return std::nullopt;
  Result<Bounds> bounds = read_bounds(file);
  return bounds ? std::optional(std::move(*bounds)) : std::nullopt;
}

}  // namespace

std::string HashRange::sql(std::string_view hash) const {
  std::string condition;
  if (!begin.empty()) condition = fmt::format("{} >= '{}'", hash, begin);
  if (!end.empty())
    condition += fmt::format("{}{} < '{}'", condition.empty() ? "" : " AND ", hash, end);
  return condition;
}

bool HashRange::may_meet(const AddFile& file) const {
  if (is_all()) return true;
  const std::optional<Bounds> bounds = bounds_of(file);
  if (!bounds) return true;
  return bounds->largest >= begin && (end.empty() || bounds->smallest < end);
}

HashRange hash_range(std::uint64_t index, std::uint64_t count) {
  COLVEC_CHECK(index < count && count <= std::uint64_t{1} << 31);
  const auto bound = [&](std::uint64_t i) {
    return i == 0 || i == count ? std::string() : fmt::format("{:08x}", (i << 32) / count);
  };
  return {.begin = bound(index), .end = bound(index + 1)};
}

std::string hash_part_sql(std::string_view hash, std::uint64_t count) {
  // The largest i with (i << 32) / count <= x, for the first 32 bits x.
  return fmt::format("((CAST('0x' || substr({}, 1, 8) AS UBIGINT) + 1) * {} - 1) >> 32", hash,
                     count);
}

bool may_share_hash(const AddFile& a, const AddFile& b) {
  const std::optional<Bounds> first = bounds_of(a);
  const std::optional<Bounds> second = bounds_of(b);
  return !first || !second ||
         (first->smallest <= second->largest && second->smallest <= first->largest);
}

}  // namespace colvec
