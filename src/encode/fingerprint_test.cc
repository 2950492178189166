#include "encode/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(Fingerprint, IsTheChecksumOfWhatItWasMadeOf) {
  EncoderInfo info;
  set_fingerprint("abc", 8, 8, &info);
  EXPECT_EQ(info.made_of, "abc");
  EXPECT_EQ(info.dimension, 8u);
  // FIPS 180-4, example 1.
  EXPECT_EQ(info.fingerprint, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Fingerprint, OfACutVectorNamesItsBase) {
  EncoderInfo whole;
  EncoderInfo cut;
  set_fingerprint("{}", 8, 8, &whole);
  set_fingerprint("{}", 8, 4, &cut);
  EXPECT_NE(whole.fingerprint, cut.fingerprint);
  COLVEC_ASSERT_ASSIGN(const Json json, Json::parse(cut.made_of, "made_of"));
  EXPECT_EQ(*json.string("base"), whole.fingerprint);
  EXPECT_EQ(*json.unsigned_number("cut_to"), 4u);
}

TEST(Fingerprint, ListsTheTokenizerFilesThatAreRead) {
  const ScratchFolder folder;
  folder.write("vocab.txt", "a\n");
  folder.write("tokenizer_config.json", "{}");
  COLVEC_ASSERT_ASSIGN(const std::string plain, tokenizer_checksums(folder.path()));
  EXPECT_THAT(plain, HasSubstr("vocab.txt"));
  EXPECT_THAT(plain, HasSubstr("tokenizer_config.json"));
  folder.write("tokenizer.json", "{}");
  COLVEC_ASSERT_ASSIGN(const std::string whole, tokenizer_checksums(folder.path()));
  EXPECT_EQ(
      whole,
      R"({"tokenizer.json":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"})");

  folder.write("tokenizer_config.json",
               R"({"auto_map": {"AutoTokenizer": ["own.Tokenizer"]}, "add_eos_token": true})");
  COLVEC_ASSERT_ASSIGN(const std::string with_end, tokenizer_checksums(folder.path()));
  EXPECT_THAT(with_end, HasSubstr("tokenizer_config.json"));
}

}  // namespace
}  // namespace colvec
