// Names texts and files by their content.
//
// Thread-safety: free functions are thread-safe; the classes are thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace colvec {

using Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4), fed in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  // The digest of all parts; call once.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// SHA-1, which Git names files by, fed in parts. Protects against nobody who wants to deceive.
class Sha1 {
 public:
  Sha1();
  ~Sha1();
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  void update(std::string_view bytes);
  // Of all parts, as 40 hex digits; call once.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Lower-case hexadecimal digits, two a byte.
std::string hex(std::span<const std::uint8_t> bytes);

// The text hash of the formats: the first 16 bytes of SHA-256 of the bytes, as 32 hex digits.
std::string text_hash(std::string_view text);

// XXH3-128 of `bytes` in its canonical form, 32 hex digits: finds accidental damage to a file.
std::string xxh3_hex(std::span<const std::byte> bytes);

// The same, fed in parts.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(const Xxh3&) = delete;
  Xxh3& operator=(const Xxh3&) = delete;

  void update(std::string_view bytes);
  // Of all parts so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// MD5, which some protocols name their parts by: 32 hex digits. Protects against nothing.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;

  void update(std::string_view bytes);
  // Of all parts; call once. "" where the machine's policy forbids MD5.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// 128 bits of XXH3, for tables in memory.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 fast_hash(std::string_view text);

}  // namespace colvec

template <>
struct std::hash<colvec::Hash128> {
  std::size_t operator()(const colvec::Hash128& value) const noexcept { return value.low; }
};
