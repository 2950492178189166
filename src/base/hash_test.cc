#include "base/hash.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Hash, TextHashIsTheStartOfSha256) {
  // FIPS 180-4 example: SHA-256("abc") = ba7816bf 8f01cfea 414140de 5dae2223 ...
  EXPECT_EQ(text_hash("abc"), "ba7816bf8f01cfea414140de5dae2223");
  EXPECT_EQ(text_hash(""), "e3b0c44298fc1c149afbf4c8996fb924");
}

TEST(Hash, PartsGiveTheDigestOfTheWhole) {
  Sha256 parts;
  parts.update("ab");
  parts.update("c");
  EXPECT_EQ(hex(parts.finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, Xxh3InPartsIsThatOfTheWhole) {
  const std::string bytes = "the quick brown fox";
  Xxh3 parts;
  // XXH3-128 of nothing, from the xxHash test vectors.
  EXPECT_EQ(parts.hex(), "99aa06d3014798d86001c324468d497f");
  parts.update(bytes.substr(0, 5));
  parts.update(bytes.substr(5));
  EXPECT_EQ(parts.hex(), xxh3_hex(std::as_bytes(std::span(bytes))));
}

// RFC 3174, test 1.
TEST(Hash, Sha1IsThatOfRfc3174) {
  Sha1 sha;
  sha.update("a");
  sha.update("bc");
  EXPECT_EQ(sha.finish(), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Hash, Md5IsThatOfRfc1321) {
  Md5 md5;
  md5.update("message ");
  md5.update("digest");
  EXPECT_EQ(md5.finish(), "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
}  // namespace colvec
