#include "base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include "base/check.h"

namespace colvec {
namespace {

// A hash of OpenSSL's; not begun where the machine's policy forbids it.
class EvpHash {
 public:
  explicit EvpHash(const EVP_MD* kind) : is_begun_(EVP_DigestInit_ex(evp_, kind, nullptr) == 1) {}
  EvpHash(const EvpHash&) = delete;
  EvpHash& operator=(const EvpHash&) = delete;
  ~EvpHash() { EVP_MD_CTX_free(evp_); }

  bool is_begun() const { return is_begun_; }
  void update(const void* bytes, std::size_t count) {
    COLVEC_CHECK(EVP_DigestUpdate(evp_, bytes, count) == 1);
  }
  // REQUIRES: digest has the size of the hash.
  void finish(std::span<std::uint8_t> digest) {
    unsigned int size = 0;
    COLVEC_CHECK(EVP_DigestFinal_ex(evp_, digest.data(), &size) == 1);
    COLVEC_CHECK(size == digest.size());
  }

 private:
  EVP_MD_CTX* evp_ = EVP_MD_CTX_new();
  bool is_begun_;
};

}  // namespace

struct Sha256::Context : EvpHash {
  Context() : EvpHash(EVP_sha256()) {}
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { COLVEC_CHECK(context_->is_begun()); }
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  context_->update(bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

Digest Sha256::finish() {
  Digest digest{};
  context_->finish(digest);
  return digest;
}

struct Sha1::Context : EvpHash {
  Context() : EvpHash(EVP_sha1()) {}
};

Sha1::Sha1() : context_(std::make_unique<Context>()) { COLVEC_CHECK(context_->is_begun()); }
Sha1::~Sha1() = default;

void Sha1::update(std::string_view bytes) { context_->update(bytes.data(), bytes.size()); }

std::string Sha1::finish() {
  std::array<std::uint8_t, 20> digest{};
  context_->finish(digest);
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

struct Md5::Context : EvpHash {
  Context() : EvpHash(EVP_md5()) {}
};

Md5::Md5() : context_(std::make_unique<Context>()) {}
Md5::~Md5() = default;

void Md5::update(std::string_view bytes) {
  if (context_->is_begun()) context_->update(bytes.data(), bytes.size());
}

std::string Md5::finish() {
  std::array<std::uint8_t, 16> digest{};
  if (!context_->is_begun()) return "";
  context_->finish(digest);
  return hex(digest);
}

Hash128 fast_hash(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

}  // namespace colvec
