#include "base/sealed_json.h"

#include <span>

#include "base/check.h"
#include "base/hash.h"

namespace colvec {
namespace {

constexpr std::string_view kMember = ",\"xxh3_128\":\"";
constexpr std::string_view kEnd = "\"}";

std::string checksum_of(std::string_view json) { return xxh3_hex(std::as_bytes(std::span(json))); }

}  // namespace

std::string seal_json(std::string_view object) {
  while (object.ends_with('\n')) object.remove_suffix(1);
  COLVEC_CHECK(object.size() > 2 && object.ends_with('}'));
  object.remove_suffix(1);
  return std::string(object) + std::string(kMember) + checksum_of(object) + std::string(kEnd) +
         "\n";
}

Status check_seal(std::string_view json, const std::string& where) {
  const std::size_t at = json.rfind(kMember);
  if (at == std::string_view::npos)
    return fail(ErrorCode::kCorruption, where + ": damaged: it has no checksum");
  const std::string expected =
      std::string(kMember) + checksum_of(json.substr(0, at)) + std::string(kEnd);
  std::string_view rest = json.substr(at);
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  if (rest == expected) return {};
  return fail(ErrorCode::kCorruption, where + ": damaged: its checksum does not fit");
}

}  // namespace colvec
