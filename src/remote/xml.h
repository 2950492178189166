// Reads the small XML documents that object stores answer with, which may be hostile.
//
// Elements, text and the five named and the numeric entities; attributes are passed over, prefixes
// of names are dropped. Refused: a DOCTYPE, CDATA, processing instructions but the declaration,
// nesting deeper than 16, more than 100,000 elements, anything behind the document.
//
// Thread-safety: pure function. Errors: kCorruption, with the place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

struct XmlElement {
  std::string name{};
  std::string text{};  // All of its own text, without that of its children.
  std::vector<XmlElement> children{};

  // The first child of this name; null: none.
  const XmlElement* child(std::string_view name) const;
  // Its text, "" where there is none.
  std::string text_of(std::string_view name) const;
};

// `where` names the document in errors.
Result<XmlElement> parse_xml(std::string_view text, std::string_view where);

}  // namespace colvec
