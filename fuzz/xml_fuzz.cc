// What object stores answer with: whatever parses, parses again as what it is, and AWS's settings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "remote/aws_config.h"
#include "remote/s3_settings.h"
#include "remote/xml.h"

namespace {

std::size_t text_bytes_of(const colvec::XmlElement& element) {
  std::size_t bytes = element.text.size() + element.name.size();
  for (const colvec::XmlElement& child : element.children) bytes += text_bytes_of(child);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto xml = colvec::parse_xml(text, "fuzz");
  // No entity is longer than what it stands for.
  if (xml && text_bytes_of(*xml) > size) std::abort();
  static_cast<void>(colvec::parse_aws_config(text, "fuzz"));
  static_cast<void>(colvec::parse_iso_time(std::string(text)));
  return 0;
}
