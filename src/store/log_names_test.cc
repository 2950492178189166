#include "store/log_names.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(LogNames, HaveTwentyDigits) {
  EXPECT_EQ(entry_name(12), "00000000000000000012.json");
  EXPECT_EQ(checkpoint_name(100), "00000000000000000100.checkpoint.parquet");
  EXPECT_EQ(entry_name(18446744073709551615u), "18446744073709551615.json");
}

TEST(LogNames, AreRead) {
  EXPECT_EQ(parse_entry_name("00000000000000000012.json"), 12u);
  const auto whole = parse_checkpoint_name("00000000000000000100.checkpoint.parquet");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->version, 100u);
  EXPECT_EQ(whole->parts, 1u);
  const auto part =
      parse_checkpoint_name("00000000000000000001.checkpoint.0000000002.0000000003.parquet");
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->part, 2u);
  EXPECT_EQ(part->parts, 3u);
}

TEST(LogNames, OfOtherFilesAreNone) {
  for (const char* name :
       {"", "12.json", "00000000000000000012.json.crc", ".00000000000000000012.json",
        "0000000000000000001x.json", "99999999999999999999.json", "00000000000000000012.crc",
        "00000000000000000012.checkpoint.parquet", "-0000000000000000012.json"})
    EXPECT_FALSE(parse_entry_name(name)) << name;
  for (const char* name :
       {"", "00000000000000000012.json", "00000000000000000012.checkpoint.parquet.crc",
        "00000000000000000001.checkpoint.0000000000.0000000002.parquet",
        "00000000000000000001.checkpoint.0000000003.0000000002.parquet",
        "00000000000000000001.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet",
        "00000000000000000001.checkpoint.0000000001.parquet"})
    EXPECT_FALSE(parse_checkpoint_name(name)) << name;
}

}  // namespace
}  // namespace colvec
