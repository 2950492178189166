#include "encode/fingerprint.h"

#include "base/hash.h"
#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {
namespace {

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 sha;
  sha.update(bytes);
  return hex(sha.finish());
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

}  // namespace

std::string weight_checksums(const Weights& weights) {
  std::string json = "{";
  for (const Weights::File& file : weights.files()) {
    if (json.size() > 1) json += ",";
    json += json_quote(file.name) + ":" + json_quote(sha256(file.mapping.bytes()));
  }
  return json + "}";
}

Result<std::string> tokenizer_checksums(const std::filesystem::path& dir) {
  std::string json = "{";
  for (const std::string& name : Tokenizer::files(dir)) {
    COLVEC_ASSIGN(const MappedFile file, MappedFile::open(dir / name));
    if (json.size() > 1) json += ",";
    json += json_quote(name) + ":" + json_quote(sha256(file.bytes()));
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
