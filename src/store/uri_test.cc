#include "store/uri.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

std::string all_bytes() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  return bytes;
}

TEST(Uri, EncodesPathsAsTheLogHasThem) {
  EXPECT_EQ(encode_uri_path("a/b-_.!~*'()/:@&=+$,"), "a/b-_.!~*'()/:@&=+$,");
  EXPECT_EQ(encode_uri_path("part 1%.parquet"), "part%201%25.parquet");
  EXPECT_EQ(encode_uri_path("\xC3\xA9?#[]\"\n"), "%C3%A9%3F%23%5B%5D%22%0A");
  // Taken from a table that Spark wrote: the folder's name has an encoding of its own.
  EXPECT_EQ(encode_uri_path("_2=bar+%2521/part"), "_2=bar+%252521/part");
}

TEST(Uri, DecodesWhatItEncodes) {
  EXPECT_EQ(decode_uri(encode_uri_path(all_bytes())), all_bytes());
  EXPECT_EQ(decode_uri(encode_file_name(all_bytes())), all_bytes());
  EXPECT_EQ(decode_uri(encode_column_name(all_bytes())), all_bytes());
}

TEST(Uri, LeavesAPercentWithoutTwoDigits) {
  EXPECT_EQ(decode_uri("%"), "%");
  EXPECT_EQ(decode_uri("100%"), "100%");
  EXPECT_EQ(decode_uri("%4"), "%4");
  EXPECT_EQ(decode_uri("%4x%g1%41%c3"), "%4x%g1A\xC3");
  EXPECT_EQ(decode_uri("a%41"), "aA");
}

TEST(Uri, MakesFileNamesOfAnything) {
  EXPECT_EQ(encode_file_name("my-data_1.csv"), "my-data_1.csv");
  EXPECT_EQ(encode_file_name("."), "%2E");
  EXPECT_EQ(encode_file_name(".."), "%2E.");
  EXPECT_EQ(encode_file_name(".hidden"), "%2Ehidden");
  EXPECT_EQ(encode_file_name("../etc"), "%2E.%2Fetc");
  EXPECT_EQ(encode_file_name("a b/\xC3\xA9"), "a%20b%2F%C3%A9");
  EXPECT_EQ(encode_file_name(""), "%");
  EXPECT_NE(encode_file_name("%"), encode_file_name(""));
}

TEST(Uri, EncodesWhatDeltaColumnsCannotHold) {
  EXPECT_EQ(encode_column_name("product id"), "product%20id");
  EXPECT_EQ(encode_column_name("a,b;{c}(d)\n\t=%"), "a%2Cb%3B%7Bc%7D%28d%29%0A%09%3D%25");
  EXPECT_EQ(encode_column_name("caf\xC3\xA9.x"), "caf\xC3\xA9.x");
}

}  // namespace
}  // namespace colvec
