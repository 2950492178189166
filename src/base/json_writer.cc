#include "base/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/json.h"

namespace colvec {

void JsonWriter::break_line() {
  if (form_ == Form::kOneLine) return;
  out_ += '\n';
  out_.append(2 * is_empty_.size(), ' ');
}

// The comma and the line break before a value or a key.
void JsonWriter::begin_value() {
  if (std::exchange(has_key_, false) || is_empty_.empty()) return;
  if (!is_empty_.back()) out_ += ',';
  is_empty_.back() = false;
  break_line();
}

JsonWriter& JsonWriter::begin(char bracket) {
  begin_value();
  out_ += bracket;
  is_empty_.push_back(true);
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  COLVEC_CHECK(!is_empty_.empty());
  const bool was_empty = is_empty_.back();
  is_empty_.pop_back();
  if (!was_empty) break_line();
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  begin_value();
  out_ += text;
  return *this;
}

JsonWriter& JsonWriter::begin_object() { return begin('{'); }
JsonWriter& JsonWriter::end_object() { return end('}'); }
JsonWriter& JsonWriter::begin_list() { return begin('['); }
JsonWriter& JsonWriter::end_list() { return end(']'); }

JsonWriter& JsonWriter::texts(const std::vector<std::string>& values) {
  begin_list();
  for (const std::string& value : values) text(value);
  return end_list();
}

JsonWriter& JsonWriter::key(std::string_view name) {
  begin_value();
  out_ += json_quote(name);
  out_ += form_ == Form::kOneLine ? ":" : ": ";
  has_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) { return this->value(json_quote(value)); }
JsonWriter& JsonWriter::number(std::uint64_t value) { return this->value(std::to_string(value)); }
JsonWriter& JsonWriter::number(std::int64_t value) { return this->value(std::to_string(value)); }
JsonWriter& JsonWriter::number(double value) {
  return this->value(std::isfinite(value) ? fmt::format("{}", value) : "null");
}
JsonWriter& JsonWriter::rounded(double value, unsigned decimals) {
  return this->value(std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "null");
}
JsonWriter& JsonWriter::boolean(bool value) { return this->value(value ? "true" : "false"); }
JsonWriter& JsonWriter::null() { return value("null"); }
JsonWriter& JsonWriter::json(std::string_view value) { return this->value(value); }

std::string JsonWriter::take() {
  COLVEC_CHECK(is_empty_.empty() && !has_key_);
  if (form_ == Form::kIndented) out_ += '\n';
  return std::exchange(out_, {});
}

}  // namespace colvec
