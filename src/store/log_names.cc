#include "store/log_names.h"

#include <fmt/format.h>

#include <charconv>

namespace colvec {
namespace {

constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kPartDigits = 10;
constexpr std::string_view kEntryEnd = ".json";
constexpr std::string_view kCheckpointMiddle = ".checkpoint.";
constexpr std::string_view kCheckpointEnd = "parquet";

bool take(std::string_view expected, std::string_view* text) {
  if (!text->starts_with(expected)) return false;
  text->remove_prefix(expected.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::size_t digits, std::string_view* text) {
  if (text->size() < digits) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = text->data() + digits;
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  text->remove_prefix(digits);
  return number;
}

}  // namespace

std::string entry_name(std::uint64_t version) {
  return fmt::format("{:0{}}{}", version, kVersionDigits, kEntryEnd);
}

std::optional<std::uint64_t> parse_entry_name(std::string_view name) {
  const std::optional<std::uint64_t> version = take_number(kVersionDigits, &name);
  return name == kEntryEnd ? version : std::nullopt;
}

bool is_log_entry(const std::filesystem::path& path) {
  return path.parent_path().filename() == kLogFolder &&
         parse_entry_name(path.filename().string()).has_value();
}

std::string checkpoint_name(std::uint64_t version) {
  return fmt::format("{:0{}}{}{}", version, kVersionDigits, kCheckpointMiddle, kCheckpointEnd);
}

std::optional<CheckpointName> parse_checkpoint_name(std::string_view name) {
  const std::optional<std::uint64_t> version = take_number(kVersionDigits, &name);
  if (!version || !take(kCheckpointMiddle, &name)) return std::nullopt;
  if (name == kCheckpointEnd) return CheckpointName{.version = *version};
  const std::optional<std::uint64_t> part = take_number(kPartDigits, &name);
  if (!part || !take(".", &name)) return std::nullopt;
  const std::optional<std::uint64_t> parts = take_number(kPartDigits, &name);
  if (!parts || !take(".", &name) || name != kCheckpointEnd) return std::nullopt;
  if (*part == 0 || *part > *parts) return std::nullopt;
  return CheckpointName{.version = *version, .part = *part, .parts = *parts};
}

}  // namespace colvec
