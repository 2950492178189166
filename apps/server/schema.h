// What JSON of the API looks like: data, from which the OpenAPI file is written and by which bodies
// of requests are checked before a handler sees them.
//
// A type is written as
//   string  integer  number  boolean  object  any      any of JSON's own; `object`: with any
//   members [T]  {T}                                           a list; an object whose members are
//   all T 'a'|'b'                                            one of some words Job the schema of
//   that name
// and, in a field, T? may be missing or null.
//
// Thread-safety: values and pure functions.
#pragma once

#include <span>
#include <string_view>

#include "colvec/error.h"
#include "colvec/json.h"
#include "colvec/json_writer.h"

namespace colvec::server {

struct Field {
  std::string_view name;
  std::string_view type;
  std::string_view summary = "";
};

struct Schema {
  std::string_view name;
  std::string_view summary;
  std::span<const Field> fields;
  bool takes_other_fields = false;  // Of a request: whether fields that are not known are ignored.
};

// All schemas that routes and other schemas name (schemas.cc).
std::span<const Schema> schemas();
// REQUIRES: there is one of this name.
const Schema& find_schema(std::string_view name);

// kInvalidArgument: a value of another type, a missing field, or one that is not known (with the
// nearest known one); the message names it.
Status check_body(const Json& body, const Schema& schema);

// The same as JSON Schema (that of OpenAPI 3.1).
void write_type(std::string_view type, JsonWriter* json);
void write_schema(const Schema& schema, JsonWriter* json);

}  // namespace colvec::server
