#include "base/base64.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Base64, GivesTheBytesOfTheRfc) {
  // The examples of RFC 4648.
  EXPECT_EQ(decode_base64("").value(), "");
  EXPECT_EQ(decode_base64("Zg==").value(), "f");
  EXPECT_EQ(decode_base64("Zm8=").value(), "fo");
  EXPECT_EQ(decode_base64("Zm9v").value(), "foo");
  EXPECT_EQ(decode_base64("+/8=").value(), "\xFB\xFF");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "Zm 9", "Zm-_"})
    EXPECT_FALSE(decode_base64(bad).has_value()) << bad;
}

}  // namespace
}  // namespace colvec
