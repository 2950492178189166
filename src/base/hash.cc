#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include "base/check.h"

namespace colvec {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  COLVEC_CHECK(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  COLVEC_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

Digest Sha256::finish() {
  Digest digest{};
  unsigned int size = 0;
  COLVEC_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), &size) == 1);
  COLVEC_CHECK(size == digest.size());
  return digest;
}

struct Sha1::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha1::Sha1() : context_(std::make_unique<Context>()) {
  COLVEC_CHECK(EVP_DigestInit_ex(context_->evp, EVP_sha1(), nullptr) == 1);
}

Sha1::~Sha1() = default;

void Sha1::update(std::string_view bytes) {
  COLVEC_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

std::string Sha1::finish() {
  std::array<std::uint8_t, 20> digest{};
  COLVEC_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr) == 1);
  return hex(digest);
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  digits.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    digits.push_back(kDigits[byte >> 4]);
    digits.push_back(kDigits[byte & 15]);
  }
  return digits;
}

std::string text_hash(std::string_view text) {
  Sha256 sha;
  sha.update(text);
  const Digest digest = sha.finish();
  return hex(std::span(digest).first(16));
}

std::string xxh3_hex(std::span<const std::byte> bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return hex(canonical.digest);
}

struct Xxh3::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
  COLVEC_CHECK(XXH3_128bits_reset(state_->xxh) == XXH_OK);
}

Xxh3::~Xxh3() = default;

void Xxh3::update(std::string_view bytes) {
  COLVEC_CHECK(XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size()) == XXH_OK);
}

std::string Xxh3::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->xxh));
  return colvec::hex(canonical.digest);
}

struct Md5::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  bool is_allowed = EVP_DigestInit_ex(evp, EVP_md5(), nullptr) == 1;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Md5::Md5() : context_(std::make_unique<Context>()) {}
Md5::~Md5() = default;

void Md5::update(std::string_view bytes) {
  if (context_->is_allowed)
    COLVEC_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

std::string Md5::finish() {
  std::array<std::uint8_t, 16> digest{};
  if (!context_->is_allowed) return "";
  COLVEC_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr) == 1);
  return hex(digest);
}

Hash128 fast_hash(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

}  // namespace colvec
