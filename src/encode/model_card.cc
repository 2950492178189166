#include "encode/model_card.h"

namespace colvec {
namespace {

// Cuts the first line off `text`.
std::string_view take_line(std::string_view* text) {
  const std::size_t end = text->find('\n');
  std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// A value without the spaces, quotes and comment around it. Of a list on the same line, the first.
std::string plain(std::string_view value) {
  value = value.substr(0, value.find(" #"));
  constexpr std::string_view kAround = " \t[]\"'";
  const std::size_t begin = value.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return "";
  value = value.substr(begin, value.find_first_of(",]", begin) - begin);
  return std::string(value.substr(0, value.find_last_not_of(kAround) + 1));
}

}  // namespace

std::string licence_of(std::string_view readme) {
  if (take_line(&readme) != "---") return "";
  std::string licence;
  std::string name;
  std::string_view list;  // The key whose list the lines belong to.
  while (!readme.empty()) {
    const std::string_view line = take_line(&readme);
    if (line == "---") return licence == "other" && !name.empty() ? name : licence;
    const std::string_view item = line.substr(std::min(line.find_first_not_of(' '), line.size()));
    if (list == "license" && licence.empty() && item.starts_with("- ")) {
      licence = plain(item.substr(2));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.starts_with(' ') || line.starts_with('-')) continue;
    const std::string_view key = list = line.substr(0, colon);
    if (key == "license") licence = plain(line.substr(colon + 1));
    if (key == "license_name") name = plain(line.substr(colon + 1));
  }
  return "";  // The front matter has no end.
}

}  // namespace colvec
