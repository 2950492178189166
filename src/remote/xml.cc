#include "remote/xml.h"

#include <fmt/format.h>

#include <charconv>

#include "base/utf8.h"

namespace colvec {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kElementsMax = 100'000;
constexpr std::string_view kSpace = " \t\r\n";

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == ':';
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view where) : text_(text), where_(where) {}

  Result<XmlElement> run() {
    take("\xEF\xBB\xBF");
    COLVEC_TRY(skip_outside());
    COLVEC_ASSIGN(XmlElement root, element(0));
    COLVEC_TRY(skip_outside());
    if (position_ != text_.size()) return wrong("something behind the document");
    return root;
  }

 private:
  tl::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kCorruption,
                fmt::format("{}: not XML as expected: {} at byte {}", where_, what, position_));
  }

  bool take(std::string_view expected) {
    if (!text_.substr(position_).starts_with(expected)) return false;
    position_ += expected.size();
    return true;
  }
  void skip_space() {
    position_ = std::min(text_.find_first_not_of(kSpace, position_), text_.size());
  }
  bool skip_to_end_of(std::string_view end) {
    const std::size_t found = text_.find(end, position_);
    if (found == std::string_view::npos) return false;
    position_ = found + end.size();
    return true;
  }

  // White space, comments and the declaration.
  Status skip_outside() {
    while (true) {
      skip_space();
      if (take("<?xml")) {
        if (!skip_to_end_of("?>")) return wrong("a declaration without end");
      } else if (take("<!--")) {
        if (!skip_to_end_of("-->")) return wrong("a comment without end");
      } else {
        return {};
      }
    }
  }

  Result<std::string> name() {
    const std::size_t begin = position_;
    while (position_ < text_.size() && is_name(text_[position_])) ++position_;
    const std::string_view whole = text_.substr(begin, position_ - begin);
    const std::size_t colon = whole.rfind(':');
    const std::string_view local =
        colon == std::string_view::npos ? whole : whole.substr(colon + 1);
    if (local.empty()) return wrong("no name");
    return std::string(local);
  }

  Status skip_attributes() {
    while (true) {
      skip_space();
      if (position_ == text_.size()) return wrong("a tag without end");
      if (text_[position_] == '>' || text_[position_] == '/') return {};
      COLVEC_TRY(name());
      skip_space();
      if (!take("=")) return wrong("an attribute without value");
      skip_space();
      const bool is_single = take("'");
      if (!is_single && !take("\"")) return wrong("an attribute without quotes");
      if (!skip_to_end_of(is_single ? "'" : "\"")) return wrong("an attribute without end");
    }
  }

  // Behind the "&".
  Status entity(std::string* text) {
    constexpr std::size_t kEntityBytesMax = 10;
    const std::size_t end = text_.find(';', position_);
    if (end == std::string_view::npos || end - position_ > kEntityBytesMax)
      return wrong("an entity without end");
    std::string_view name = text_.substr(position_, end - position_);
    constexpr std::pair<std::string_view, char> kNamed[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [entity, character] : kNamed) {
      if (entity != name) continue;
      text->push_back(character);
      position_ = end + 1;
      return {};
    }
    if (!name.starts_with('#')) return wrong("an unknown entity");
    name.remove_prefix(1);
    const bool is_hex = name.starts_with('x');
    if (is_hex) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (error != std::errc() || stop != name.data() + name.size() || code == 0 || code > 0x10FFFF ||
        is_surrogate)
      return wrong("an entity that is no character");
    append_utf8(code, text);
    position_ = end + 1;
    return {};
  }

  Result<XmlElement> element(std::size_t depth) {
    if (depth == kDepthMax) return wrong("nesting too deep");
    if (++elements_ > kElementsMax) return wrong("too many elements");
    if (!take("<")) return wrong("no element");
    XmlElement element;
    COLVEC_ASSIGN(element.name, name());
    COLVEC_TRY(skip_attributes());
    if (take("/>")) return element;
    if (!take(">")) return wrong("a tag without end");
    COLVEC_TRY(content(depth, &element));
    COLVEC_ASSIGN(const std::string closing, name());
    if (closing != element.name) return wrong("the end of another element: " + closing);
    skip_space();
    if (!take(">")) return wrong("a tag without end");
    return element;
  }

  // Up to behind the "</" of `element`.
  Status content(std::size_t depth, XmlElement* element) {
    while (position_ < text_.size()) {
      if (take("</")) return {};
      if (take("<!--")) {
        if (!skip_to_end_of("-->")) return wrong("a comment without end");
      } else if (take("&")) {
        COLVEC_TRY(entity(&element->text));
      } else if (text_[position_] == '<') {
        COLVEC_ASSIGN(XmlElement child, this->element(depth + 1));
        element->children.push_back(std::move(child));
      } else {
        element->text.push_back(text_[position_++]);
      }
    }
    return wrong("an element without end: " + element->name);
  }

  std::string_view text_;
  std::string_view where_;
  std::size_t position_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const {
  for (const XmlElement& element : children)
    if (element.name == wanted) return &element;
  return nullptr;
}

std::string XmlElement::text_of(std::string_view wanted) const {
  const XmlElement* element = child(wanted);
  return element == nullptr ? "" : element->text;
}

Result<XmlElement> parse_xml(std::string_view text, std::string_view where) {
  return Parser(text, where).run();
}

}  // namespace colvec
