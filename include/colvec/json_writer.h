// Writes JSON: objects and lists of values, with the commas, quotes and escapes where they belong.
//
//   JsonWriter json;
//   json.begin_object().key("name").text("x").key("sizes").begin_list().number(1).end_list();
//   json.end_object();
//
// Numbers that JSON does not have (NaN, infinities) become null.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace colvec {

class JsonWriter {
 public:
  enum class Form { kOneLine, kIndented };
  explicit JsonWriter(Form form = Form::kOneLine) : form_(form) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_list();
  JsonWriter& end_list();

  /// The name of the next value. REQUIRES: inside an object.
  JsonWriter& key(std::string_view name);

  /// Invalid UTF-8 becomes U+FFFD.
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(double value);  ///< With as many digits as make it the same number again.
  /// Always with `decimals` digits after the point, and with none for 0: of what was measured or
  /// predicted, more would say nothing.
  JsonWriter& rounded(double value, unsigned decimals);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& texts(const std::vector<std::string>& values);  ///< A list of them.
  /// JSON that is there already.
  JsonWriter& json(std::string_view value);

  /// What has been written. REQUIRES: everything is closed.
  std::string take();

 private:
  void begin_value();
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  JsonWriter& value(std::string_view text);
  void break_line();

  Form form_;
  std::string out_;
  std::vector<bool> is_empty_;  // Of the objects and lists that are open.
  bool has_key_ = false;
};

}  // namespace colvec
