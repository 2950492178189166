#include "model/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(Safetensors, FindsTheTensorsOfAFile) {
  const std::string file = float_safetensors({{"a", {2, 1}, {1, 2}}, {"b.weight", {1}, {3}}});
  const auto tensors = parse_safetensors(bytes_of_text(file), "file");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  ASSERT_EQ(tensors->size(), 2u);
  EXPECT_EQ((*tensors)[1].name, "b.weight");
  EXPECT_EQ((*tensors)[0].shape, (std::vector<std::size_t>{2, 1}));
  EXPECT_EQ((*tensors)[1].begin + (*tensors)[1].bytes, file.size());
  EXPECT_EQ((*tensors)[0].begin % 8, 0u);
}

TEST(Safetensors, AcceptsTensorsInAnyOrderOddHeadersAndEmptyOnes) {
  const std::string file = raw_safetensors(
      R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[1,1]},)"
      R"("y":{"dtype":"I8","shape":[],"data_offsets":[0,1]},"__metadata__":{"format":"pt"}} )",
      "abc");
  const auto tensors = parse_safetensors(bytes_of_text(file), "file");
  ASSERT_TRUE(tensors.has_value()) << tensors.error().message;
  EXPECT_EQ(tensors->size(), 3u);
}

struct BadHeader {
  const char* name;
  const char* header;
  const char* expected;
};
constexpr BadHeader kBadHeaders[] = {
    {"not JSON", R"({"x":)", "not valid JSON"},
    {"an array", "[]", "not an object"},
    {"no dtype", R"({"x":{"shape":[1],"data_offsets":[0,4]}})", "missing key: dtype"},
    {"unknown dtype", R"({"x":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})",
     "unknown dtype: F33"},
    {"negative extent", R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
     "not a whole number"},
    {"fraction", R"({"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})",
     "not a whole number"},
    {"overflow", R"({"x":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}})",
     "more elements than fit"},
    {"high rank", R"({"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})",
     "at most 8"},
    {"three offsets", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})",
     "not two offsets"},
    {"negative offset", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})",
     "not a whole number"},
    {"reversed", R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})",
     "the end lies before"},
    {"beyond", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "beyond the 4 bytes"},
    {"size", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
     "dtype and shape need 8 bytes"},
    {"hole", R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})",
     "belong to no tensor before: x"},
    {"rest", R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})",
     "after the last tensor: 2"},
    {"overlap",
     R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})",
     "overlap another tensor: y"},
    {"name twice",
     R"({"x":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"x":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})",
     "appears twice: x"},
};

TEST(Safetensors, RefusesHeadersThatContradictThemselves) {
  for (const BadHeader& bad : kBadHeaders) {
    const auto tensors =
        parse_safetensors(bytes_of_text(raw_safetensors(bad.header, "1234")), "file");
    ASSERT_FALSE(tensors.has_value()) << bad.name;
    EXPECT_THAT(tensors.error().message, HasSubstr(bad.expected)) << bad.name;
    EXPECT_TRUE(tensors.error().message.starts_with("file: ")) << bad.name;
  }
}

TEST(Safetensors, RefusesLengthsBeyondTheFile) {
  for (const std::string_view file :
       {std::string_view(""), std::string_view("1234567"),
        std::string_view("\x01\0\0\0\0\0\0\0", 8), std::string_view("\0\0\0\0\0\0\0\0", 8),
        std::string_view("\x01\0\0\0\0\0\0\x80{}", 10),
        std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10)}) {
    EXPECT_FALSE(parse_safetensors(bytes_of_text(file), "file").has_value()) << file.size();
  }
}

TEST(Safetensors, RefusesHeadersNestedDeep) {
  const std::string deep = std::string(100'000, '[');
  const auto tensors = parse_safetensors(bytes_of_text(raw_safetensors(deep, "")), "file");
  ASSERT_FALSE(tensors.has_value());
  EXPECT_THAT(tensors.error().message, HasSubstr("nested too deep"));
}

}  // namespace
}  // namespace colvec
