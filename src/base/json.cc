#include "colvec/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace colvec {

// An object of a document: the members in their order. The parser adds without looking for the key
// first, which would take quadratic time for a vocabulary; keys that come twice are found by
// DuplicateKeys.
template <class Key, class T, class Less, class Allocator>
struct AppendingMap : nlohmann::ordered_map<Key, T, Less, Allocator> {
  using Base = nlohmann::ordered_map<Key, T, Less, Allocator>;
  using Base::Base;

  T& operator[](const Key& key) {
    this->emplace_back(key, T());
    return this->back().second;
  }
};

namespace {

using Document = nlohmann::basic_json<AppendingMap>;

const Document& as_document(const void* node) { return *static_cast<const Document*>(node); }

constexpr int kDepthMax = 64;

// Whether the brackets of `text` nest deeper than kDepthMax; strings are skipped. Run before the
// parser, so that its recursion and its destructors are bounded too.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// Remembers the keys of the objects that are open, to find one that comes twice: the parser would
// keep the last and say nothing.
class DuplicateKeys {
 public:
  using Event = Document::parse_event_t;

  bool operator()(int, Event event, Document& parsed) {
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::key) open_.back().push_back(hash_of(parsed.get_ref<const std::string&>()));
    if (event == Event::object_end) {
      find_duplicate(parsed);
      open_.pop_back();
    }
    return true;
  }
  const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  // Two keys with one hash of 128 bits are one key.
  using Keys = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  static Keys::value_type hash_of(std::string_view key) {
    const Hash128 hash = fast_hash(key);
    return {hash.low, hash.high};
  }

  void find_duplicate(const Document& object) {
    Keys& keys = open_.back();
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end() || duplicate_) return;
    for (const auto& item : object.items())
      if (hash_of(item.key()) == *twice) duplicate_ = item.key();
  }

  std::vector<Keys> open_;
  std::optional<std::string> duplicate_;
};

// At most 60 bytes of a value, for messages.
std::string excerpt(std::string text) {
  constexpr std::size_t kBytesMax = 60;
  if (text.size() <= kBytesMax) return text;
  text.resize(kBytesMax);
  return repair_utf8(text) + "...";
}

// "byte 8" or, behind the first line, "line 3, byte 8"; `byte` counts from 1.
std::string place_of(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const std::size_t line_end = before.rfind('\n');
  if (line_end == std::string_view::npos) return "byte " + std::to_string(byte);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return "line " + std::to_string(line) + ", byte " + std::to_string(byte - line_end - 1);
}

template <typename T, typename Convert>
Result<T> or_fallback(const Json& json, std::string_view key, T fallback, Convert convert) {
  COLVEC_ASSIGN(const std::optional<Json> found, json.find(key));
  if (!found) return fallback;
  return convert(*found);
}

}  // namespace

Result<Json> Json::parse(std::string_view text, std::string where) {
  if (is_too_deep(text)) return fail(ErrorCode::kCorruption, where + ": JSON nested too deep");
  DuplicateKeys duplicates;
  // Exceptions of the library end here.
  try {
    auto document = std::make_shared<const Document>(
        Document::parse(text.begin(), text.end(), std::ref(duplicates)));
    if (duplicates.duplicate())
      return fail(ErrorCode::kCorruption,
                  where + ": key appears twice: " + excerpt(*duplicates.duplicate()));
    const Document* node = document.get();
    return Json(std::move(document), node, std::move(where));
  } catch (const nlohmann::json::parse_error& error) {
    return fail(ErrorCode::kCorruption,
                where + ": not valid JSON near " + place_of(text, error.byte));
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::kCorruption, where + ": not valid JSON: " + error.what());
  }
}

Result<Json> Json::read(const std::filesystem::path& path, std::size_t bytes_max) {
  COLVEC_ASSIGN(const std::string text, read_file(path, bytes_max));
  return parse(text, path.string());
}

bool Json::is_null() const { return as_document(node_).is_null(); }
bool Json::is_object() const { return as_document(node_).is_object(); }
bool Json::is_array() const { return as_document(node_).is_array(); }
bool Json::is_string() const { return as_document(node_).is_string(); }
bool Json::is_number() const { return as_document(node_).is_number(); }
bool Json::is_boolean() const { return as_document(node_).is_boolean(); }

Result<std::string> Json::as_string() const {
  if (!is_string()) return wrong("not a string");
  return as_document(node_).get<std::string>();
}

Result<bool> Json::as_boolean() const {
  if (!is_boolean()) return wrong("not true or false");
  return as_document(node_).get<bool>();
}

Result<double> Json::as_number() const {
  if (!is_number()) return wrong("not a number");
  const double value = as_document(node_).get<double>();
  if (!std::isfinite(value)) return wrong("not a finite number");
  return value;
}

Result<std::uint64_t> Json::as_unsigned() const {
  if (!as_document(node_).is_number_unsigned()) return wrong("not a whole number of 0 or more");
  return as_document(node_).get<std::uint64_t>();
}

Result<std::int64_t> Json::as_signed() const {
  // The parser keeps all numbers from 0 on as unsigned ones.
  const bool is_too_large = as_document(node_).is_number_unsigned() &&
                            as_document(node_).get<std::uint64_t>() >
                                std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (!as_document(node_).is_number_integer() || is_too_large)
    return wrong("not a whole number of 64 bits");
  return as_document(node_).get<std::int64_t>();
}

bool Json::has(std::string_view key) const {
  if (!is_object()) return false;
  const auto found = as_document(node_).find(key);
  return found != as_document(node_).end() && !found->is_null();
}

Result<Json> Json::member(std::string_view key) const {
  if (!is_object()) return wrong("not an object");
  const auto found = as_document(node_).find(key);
  if (found == as_document(node_).end())
    return fail(ErrorCode::kInvalidArgument, where_ + ": missing key: " + std::string(key));
  return Json(document_, &*found, where_ + ": " + std::string(key));
}

Result<std::optional<Json>> Json::find(std::string_view key) const {
  if (!is_object()) return wrong("not an object");
  if (!has(key)) return std::optional<Json>();
  COLVEC_ASSIGN(Json found, member(key));
  return std::optional<Json>(std::move(found));
}

Result<std::string> Json::string(std::string_view key) const {
  COLVEC_ASSIGN(const Json value, member(key));
  return value.as_string();
}
Result<bool> Json::boolean(std::string_view key) const {
  COLVEC_ASSIGN(const Json value, member(key));
  return value.as_boolean();
}
Result<double> Json::number(std::string_view key) const {
  COLVEC_ASSIGN(const Json value, member(key));
  return value.as_number();
}
Result<std::uint64_t> Json::unsigned_number(std::string_view key) const {
  COLVEC_ASSIGN(const Json value, member(key));
  return value.as_unsigned();
}

Result<std::string> Json::string_or(std::string_view key, std::string fallback) const {
  return or_fallback(*this, key, std::move(fallback), [](const Json& j) { return j.as_string(); });
}
Result<bool> Json::boolean_or(std::string_view key, bool fallback) const {
  return or_fallback(*this, key, fallback, [](const Json& j) { return j.as_boolean(); });
}
Result<double> Json::number_or(std::string_view key, double fallback) const {
  return or_fallback(*this, key, fallback, [](const Json& j) { return j.as_number(); });
}
Result<std::uint64_t> Json::unsigned_or(std::string_view key, std::uint64_t fallback) const {
  return or_fallback(*this, key, fallback, [](const Json& j) { return j.as_unsigned(); });
}
Result<std::int64_t> Json::signed_or(std::string_view key, std::int64_t fallback) const {
  return or_fallback(*this, key, fallback, [](const Json& j) { return j.as_signed(); });
}

std::size_t Json::size() const { return is_array() || is_object() ? as_document(node_).size() : 0; }

Json Json::element(std::size_t index) const {
  return Json(document_, &as_document(node_)[index], where_ + "[" + std::to_string(index) + "]");
}

std::vector<std::string> Json::keys() const {
  std::vector<std::string> keys;
  if (is_object())
    for (const auto& item : as_document(node_).items()) keys.push_back(item.key());
  return keys;
}

Status Json::each(const std::function<Status(std::string_view, const Json&)>& visit) const {
  if (!is_object()) return wrong("not an object");
  for (auto member = as_document(node_).begin(); member != as_document(node_).end(); ++member)
    COLVEC_TRY(visit(member.key(), Json(document_, &*member, where_ + ": " + member.key())));
  return {};
}

tl::unexpected<Error> Json::wrong(std::string_view problem) const {
  return fail(ErrorCode::kInvalidArgument,
              where_ + ": " + std::string(problem) + ": " + excerpt(dump()));
}

std::string Json::dump() const {
  return as_document(node_).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace colvec
