#include "encode/text_lines.h"

#include "base/json.h"

namespace colvec {
namespace {

Result<TextLine> parse_line(std::string_view line, std::string where) {
  // JSON that is broken in one line of many is the caller's argument, not a damaged file of ours.
  Result<Json> json = Json::parse(line, where);
  if (!json) return fail(ErrorCode::kInvalidArgument, std::move(json).error().message);
  if (!json->is_object()) return json->wrong("not an object");
  TextLine parsed;
  COLVEC_ASSIGN(parsed.text, json->string("text"));
  COLVEC_ASSIGN(parsed.prompt_name, json->string_or("prompt_name", ""));
  parsed.where = std::move(where);
  return parsed;
}

}  // namespace

Result<TextLines> TextLines::open(const std::string& path) {
  COLVEC_ASSIGN(LineReader reader, LineReader::open(path));
  return TextLines(std::move(reader));
}

Result<std::vector<TextLine>> TextLines::next(const TextWindow& window) {
  std::vector<TextLine> texts;
  std::size_t bytes = 0;
  while (texts.size() < window.rows_max && bytes < window.bytes_max) {
    std::string_view line;
    COLVEC_ASSIGN(const bool more, reader_.next(&line));
    if (!more) break;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    COLVEC_ASSIGN(TextLine text, parse_line(line, reader_.where()));
    bytes += text.text.size();
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace colvec
