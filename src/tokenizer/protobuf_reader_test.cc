#include "tokenizer/protobuf_reader.h"

#include <string>

#include "gtest/gtest.h"

namespace colvec {
namespace {

using Kind = ProtobufReader::Kind;
using std::string_literals::operator""s;

// The bytes are worked out by hand from the description of the wire format.
TEST(ProtobufReader, ReadsAllKindsOfFields) {
  const std::string message = "\x08\x96\x01"s +
                              "\x12\x03"
                              "abc"s +
                              "\x1D\x00\x00\x80\x3F"s + "\x21\x01\x02\x03\x04\x05\x06\x07\x08"s +
                              "\xC8\x02\x01"s;
  ProtobufReader reader(message);
  const auto number = reader.next().value();
  EXPECT_EQ(number.number, 1u);
  EXPECT_EQ(number.value, 150u);
  const auto bytes = reader.next().value();
  EXPECT_EQ(bytes.kind, Kind::kBytes);
  EXPECT_EQ(bytes.bytes, "abc");
  EXPECT_EQ(reader.next().value().value, 0x3F800000u);
  EXPECT_EQ(reader.next().value().value, 0x0807060504030201u);
  EXPECT_EQ(reader.next().value().number, 41u);
  EXPECT_TRUE(reader.at_end());
}

struct BadMessage {
  std::string bytes;
  const char* problem;
};

class BadProtobuf : public testing::TestWithParam<BadMessage> {};

TEST_P(BadProtobuf, IsRefused) {
  ProtobufReader reader(GetParam().bytes);
  const auto field = reader.next();
  ASSERT_FALSE(field.has_value());
  EXPECT_EQ(field.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(field.error().message, std::string("not a protocol buffer: ") + GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(Tokenizer, BadProtobuf,
                         testing::Values(BadMessage{"\x80", "it ends inside a number"},
                                         BadMessage{"\x08", "it ends inside a number"},
                                         BadMessage{"\x08" + std::string(11, '\xFF'),
                                                    "a number is longer than 64 bits"},
                                         BadMessage{"\x1D\x00\x00"s, "it ends inside a number"},
                                         BadMessage{"\x12\x05"
                                                    "abc",
                                                    "a field is longer than what is left"},
                                         BadMessage{"\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
                                                    "a field is longer than what is left"},
                                         BadMessage{"\x00\x00"s, "a field has no number"},
                                         BadMessage{"\x0B", "an unknown type of field"},
                                         BadMessage{"\x0F", "an unknown type of field"}));

}  // namespace
}  // namespace colvec
