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

}  // namespace
}  // namespace colvec
