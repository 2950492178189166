#include "remote/aws_config.h"

#include "base/file.h"

namespace colvec {
namespace {

constexpr std::size_t kConfigBytesMax = 1u << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

Result<AwsConfig> parse_aws_config(std::string_view text, const std::string& where) {
  AwsConfig config;
  std::map<std::string, std::string>* section = nullptr;
  std::string parent;
  std::size_t number = 0;
  const auto wrong = [&](const char* what) {
    return fail(ErrorCode::kInvalidArgument,
                where + ": line " + std::to_string(number) + ": " + what);
  };
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      if (close == std::string_view::npos) return wrong("a section without end");
      section = &config[std::string(trimmed(line.substr(1, close - 1)))];
      parent.clear();
      continue;
    }
    const std::size_t equals = line.find('=');
    if (section == nullptr) return wrong("a setting before any section");
    if (equals == std::string_view::npos) return wrong("neither a section nor a setting");
    const std::string key(trimmed(line.substr(0, equals)));
    const std::string value(trimmed(line.substr(equals + 1)));
    const bool is_nested = (raw.front() == ' ' || raw.front() == '\t') && !parent.empty();
    (*section)[is_nested ? parent + "." + key : key] = value;
    if (!is_nested) parent = value.empty() ? key : "";
  }
  return config;
}

Result<AwsConfig> read_aws_config(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, kConfigBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return AwsConfig();
  if (!text) return tl::make_unexpected(text.error());
  return parse_aws_config(*text, path.string());
}

}  // namespace colvec
