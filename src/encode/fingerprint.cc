#include "encode/fingerprint.h"

#include <algorithm>

#include "base/hash.h"
#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {
namespace {

std::string sha256(std::string_view text) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(text)));
  return hex(sha.finish());
}

// Of the file that is mapped, whatever has its name by now; it may be larger than memory, so piece
// by piece, none of which is kept.
std::string sha256(const MappedFile& file) {
  constexpr std::size_t kPieceBytes = 4 << 20;
  const std::span<const std::byte> bytes = file.bytes();
  Sha256 sha;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kPieceBytes) {
    const std::size_t count = std::min(kPieceBytes, bytes.size() - begin);
    sha.update(bytes.subspan(begin, count));
    file.forget(begin, count);
  }
  return hex(sha.finish());
}

}  // namespace

std::string weight_checksums(const Weights& weights) {
  std::string json = "{";
  for (const Weights::File& file : weights.files()) {
    if (json.size() > 1) json += ",";
    json += json_quote(file.name) + ":" + json_quote(sha256(file.mapping));
  }
  return json + "}";
}

Result<std::string> tokenizer_checksums(const std::filesystem::path& dir) {
  std::string json = "{";
  for (const std::string& name : Tokenizer::files(dir)) {
    COLVEC_ASSIGN(const MappedFile file, MappedFile::open(dir / name));
    if (json.size() > 1) json += ",";
    json += json_quote(name) + ":" + json_quote(sha256(file));
  }
  return json + "}";
}

std::string json_object(const JsonMembers& members) {
  std::string json = "{";
  for (const auto& [key, value] : members) {
    if (json.size() > 1) json += ",";
    json += json_quote(key) + ":" + value;
  }
  return json + "}";
}

void set_fingerprint(std::string made_of, std::size_t own_dimension, std::size_t dimension,
                     EncoderInfo* info) {
  if (dimension != own_dimension)
    made_of = json_object({{"base", json_quote(sha256(made_of))},
                           {"cut_to", std::to_string(dimension)},
                           {"base_made_of", made_of}});
  info->fingerprint = sha256(made_of);
  info->made_of = std::move(made_of);
  info->dimension = dimension;
}

}  // namespace colvec
