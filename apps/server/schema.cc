#include "schema.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace colvec::server {
namespace {

struct Basic {
  std::string_view name;
  bool (Json::*is)() const;
  std::string_view wanted;
};
constexpr std::array kBasics = {
    Basic{"string", &Json::is_string, "must be a text"},
    Basic{"integer", &Json::is_number, "must be a whole number"},
    Basic{"number", &Json::is_number, "must be a number"},
    Basic{"boolean", &Json::is_boolean, "must be true or false"},
    Basic{"object", &Json::is_object, "must be an object"},
};

const Basic* find_basic(std::string_view type) {
  const auto found =
      std::find_if(kBasics.begin(), kBasics.end(), [&](const Basic& b) { return b.name == type; });
  return found == kBasics.end() ? nullptr : &*found;
}

bool is_optional(const Field& field) { return field.type.ends_with('?'); }
std::string_view type_of(const Field& field) {
  return field.type.substr(0, field.type.size() - (is_optional(field) ? 1 : 0));
}

// The words of 'a'|'b'.
std::vector<std::string_view> words_of(std::string_view type) {
  std::vector<std::string_view> words;
  while (!type.empty()) {
    const std::size_t end = std::min(type.find('|'), type.size());
    words.push_back(type.substr(1, end - 2));
    type.remove_prefix(std::min(end + 1, type.size()));
  }
  return words;
}

std::string_view inner(std::string_view type) { return type.substr(1, type.size() - 2); }

Status check_value(const Json& value, std::string_view type);

Status check_word(const Json& value, std::string_view type) {
  std::string allowed;
  for (const std::string_view word : words_of(type)) {
    if (value.is_string() && *value.as_string() == word) return {};
    allowed += (allowed.empty() ? "" : ", ") + std::string(word);
  }
  return value.wrong("must be one of " + allowed);
}

Status check_value(const Json& value, std::string_view type) {
  if (type == "any") return {};
  if (const Basic* basic = find_basic(type)) {
    const bool fits = (value.*basic->is)() && (type != "integer" || value.as_signed());
    return fits ? Status() : value.wrong(basic->wanted);
  }
  if (type.front() == '\'') return check_word(value, type);
  if (type.front() == '[') {
    if (!value.is_array()) return value.wrong("must be a list");
    for (std::size_t i = 0; i < value.size(); ++i)
      COLVEC_TRY(check_value(value.element(i), inner(type)));
    return {};
  }
  if (type.front() == '{') {
    if (!value.is_object()) return value.wrong("must be an object");
    return value.each(
        [&](std::string_view, const Json& member) { return check_value(member, inner(type)); });
  }
  return check_body(value, find_schema(type));
}

}  // namespace

const Schema& find_schema(std::string_view name) {
  const std::span<const Schema> all = schemas();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Schema& s) { return s.name == name; });
  if (found == all.end()) std::abort();
  return *found;
}

Status check_body(const Json& body, const Schema& schema) {
  if (!body.is_object()) return body.wrong("must be an object");
  for (const Field& field : schema.fields) {
    if (is_optional(field) || body.has(field.name)) continue;
    return fail(ErrorCode::kInvalidArgument,
                body.where() + ": missing: " + std::string(field.name));
  }
  return body.each([&](std::string_view name, const Json& value) -> Status {
    const auto field = std::find_if(schema.fields.begin(), schema.fields.end(),
                                    [&](const Field& f) { return f.name == name; });
    if (field == schema.fields.end()) {
      if (schema.takes_other_fields) return {};
      std::string known;
      for (const Field& f : schema.fields)
        known += (known.empty() ? "" : ", ") + std::string(f.name);
      return fail(ErrorCode::kInvalidArgument,
                  body.where() + ": unknown: " + std::string(name) + " (known: " + known + ")");
    }
    if (value.is_null() && is_optional(*field)) return {};
    return check_value(value, type_of(*field));
  });
}

void write_type(std::string_view type, JsonWriter* json) {
  json->begin_object();
  if (find_basic(type) != nullptr) {
    json->key("type").text(type);
  } else if (type.front() == '\'') {
    json->key("type").text("string").key("enum").begin_list();
    for (const std::string_view word : words_of(type)) json->text(word);
    json->end_list();
  } else if (type.front() == '[') {
    json->key("type").text("array").key("items");
    write_type(inner(type), json);
  } else if (type.front() == '{') {
    json->key("type").text("object").key("additionalProperties");
    write_type(inner(type), json);
  } else if (type != "any") {
    json->key("$ref").text("#/components/schemas/" + std::string(type));
  }
  json->end_object();
}

void write_schema(const Schema& schema, JsonWriter* json) {
  json->begin_object().key("type").text("object").key("description").text(schema.summary);
  json->key("required").begin_list();
  for (const Field& field : schema.fields)
    if (!is_optional(field)) json->text(field.name);
  json->end_list().key("properties").begin_object();
  for (const Field& field : schema.fields) {
    json->key(field.name).begin_object();
    if (!field.summary.empty()) json->key("description").text(field.summary);
    json->key("anyOf").begin_list();
    write_type(type_of(field), json);
    if (is_optional(field)) json->begin_object().key("type").text("null").end_object();
    json->end_list().end_object();
  }
  json->end_object().end_object();
}

}  // namespace colvec::server
