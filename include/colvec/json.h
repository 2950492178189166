// Reads JSON that may be hostile, with errors that say where: "config.json: hidden_size: not a
// whole number: \"big\"".
//
// Refused: nesting deeper than 64, a key twice in one object, invalid UTF-8, anything after the
// value. A Json is a cheap handle on a node of a shared, immutable document.
//
// Thread-safety: immutable.
// Errors: kCorruption for what is not JSON; kInvalidArgument for a missing or wrong value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

class Json {
 public:
  /// `where` names the document in errors: a path, "line 3", ...
  static Result<Json> parse(std::string_view text, std::string where);
  static Result<Json> read(const std::filesystem::path& path, std::size_t bytes_max = 256u << 20);

  const std::string& where() const { return where_; }

  bool is_null() const;
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool is_number() const;
  bool is_boolean() const;

  /// The value itself, when it has this type.
  Result<std::string> as_string() const;
  Result<bool> as_boolean() const;
  Result<double> as_number() const;
  Result<std::uint64_t> as_unsigned() const;  ///< A whole number, 0 or more.
  Result<std::int64_t> as_signed() const;     ///< A whole number.

  /// Whether this is an object that has `key` with a value other than null.
  bool has(std::string_view key) const;
  /// The member `key`; an error where it is missing. Null is a value here.
  Result<Json> member(std::string_view key) const;
  /// nullopt where the key is missing or null.
  Result<std::optional<Json>> find(std::string_view key) const;

  Result<std::string> string(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;
  Result<double> number(std::string_view key) const;
  Result<std::uint64_t> unsigned_number(std::string_view key) const;

  Result<std::string> string_or(std::string_view key, std::string fallback) const;
  Result<bool> boolean_or(std::string_view key, bool fallback) const;
  Result<double> number_or(std::string_view key, double fallback) const;
  Result<std::uint64_t> unsigned_or(std::string_view key, std::uint64_t fallback) const;
  Result<std::int64_t> signed_or(std::string_view key, std::int64_t fallback) const;

  std::size_t size() const;               ///< Elements or members; 0 for other types.
  Json element(std::size_t index) const;  ///< REQUIRES: is_array(), index < size().
  std::vector<std::string> keys() const;  // Of an object, in the order of the document.
  /// Visits the members of an object in order; stops at the first error.
  Status each(const std::function<Status(std::string_view key, const Json& value)>& visit) const;

  /// An error about this value: "WHERE: problem: value".
  tl::unexpected<Error> wrong(std::string_view problem) const;

  /// The JSON text of this value, on one line.
  std::string dump() const;

 private:
  Json(std::shared_ptr<const void> document, const void* node, std::string where)
      : document_(std::move(document)), node_(node), where_(std::move(where)) {}

  // Of the parser's own type, which stays in json.cc.
  std::shared_ptr<const void> document_;
  const void* node_;
  std::string where_;
};

/// `text` as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace colvec
