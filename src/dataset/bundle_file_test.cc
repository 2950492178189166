#include "dataset/bundle_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/sealed_json.h"
#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// SHA-256 of "abc" (FIPS 180-2, example B.1) and of nothing.
constexpr std::string_view kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kSha256OfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

BundleContents full_contents() {
  return {.id = "id",
          .created_ms = 1'700'000'000'123,
          .engine_version = "colvec/1",
          .dataset = "dataset-3.json",
          .columns = {{.column = "text ü",
                       .model = "models/f00",
                       .store = "embeddings/text",
                       .keys_version = 7,
                       .golden_texts = "golden/f00.jsonl",
                       .golden_vectors = "golden/f00-f32.npy"}},
          .files = {{.path = "a", .bytes = 3, .sha256 = std::string(kSha256OfAbc)},
                    {.path = "b/c", .bytes = 0, .sha256 = std::string(kSha256OfNothing)}}};
}

// The contents with one text in the place of another, sealed as if it was meant so.
std::string changed(const std::string& from, const std::string& to) {
  std::string json = to_json(full_contents());
  json = json.substr(0, json.rfind(",\"xxh3_128\"")) + "}";
  const std::size_t at = json.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return seal_json(json.replace(at, from.size(), to));
}

class BundleFileTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& bytes) {
    const fs::path file = folder_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }

  DatasetFolder folder_;
};

TEST_F(BundleFileTest, ContentsAreReadAsTheyWereWritten) {
  const BundleContents contents = full_contents();
  const Result<BundleContents> read = parse_bundle(to_json(contents), "bundle.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, contents);
  EXPECT_EQ(read->find("b/c"), &read->files[1]);
  EXPECT_EQ(read->find("c"), nullptr);
}

TEST_F(BundleFileTest, EveryChangedByteIsNoticed) {
  const std::string json = to_json(full_contents());
  for (std::size_t i = 0; i < json.size(); ++i) {
    std::string damaged = json;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    const Result<BundleContents> read = parse_bundle(damaged, "bundle.json");
    ASSERT_FALSE(read.has_value()) << i;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(read.error().message, HasSubstr("bundle.json"));
  }
}

TEST_F(BundleFileTest, PathsThatLeaveTheBundleAreRefused) {
  for (const std::string& field :
       {std::string("\"dataset-3.json\""), std::string("\"embeddings/text\""),
        std::string("\"golden/f00.jsonl\""), std::string("\"golden/f00-f32.npy\""),
        std::string("\"b/c\""), std::string("\"models/f00\"")})
    for (const std::string& path :
         {std::string("\"\""), std::string("\"/etc/passwd\""), std::string("\"../x\""),
          std::string("\"models/../../x\""), std::string("\"a/..\"")}) {
      const Result<BundleContents> read = parse_bundle(changed(field, path), "bundle.json");
      ASSERT_FALSE(read.has_value()) << field << " " << path;
      EXPECT_THAT(read.error().message,
                  AllOf(HasSubstr("bundle.json"), HasSubstr("a path outside the bundle")));
    }
}

TEST_F(BundleFileTest, AModelMayBeAName) {
  EXPECT_EQ(parse_bundle(changed("\"models/f00\"", "\"builtin:lexical\""), "bundle.json")
                ->columns[0]
                .model,
            "builtin:lexical");
}

TEST_F(BundleFileTest, WhatIsMissingOrOfAnotherFormatIsNamed) {
  for (const auto& [from, to, message] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"\"format_version\": 1", "\"format_version\": 2", "format_version 2; we know 1"},
           {"\"id\"", "\"di\"", "missing key: id"},
           {"\"keys_version\"", "\"keys\"", "missing key: keys_version"},
           {"\"bytes\": 3", "\"bytes\": -3", "bytes: "},
           {"\"sha256\"", "\"sha\"", "missing key: sha256"},
           {"\"columns\": [", "\"columns\": {\"a\": 1}, \"other\": [", "columns: not a list"},
           {"\"files\": [", "\"files\": {\"a\": 1}, \"other\": [", "files: not a list"},
       }) {
    const Result<BundleContents> read = parse_bundle(changed(from, to), "bundle.json");
    ASSERT_FALSE(read.has_value()) << to;
    EXPECT_THAT(read.error().message, AllOf(HasSubstr("bundle.json"), HasSubstr(message)));
  }
}

TEST_F(BundleFileTest, AFolderWithoutItIsNoBundle) {
  const Result<BundleContents> read = read_bundle(folder_.path());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read.error().message, folder_.path().string() + ": no bundle there");
}

TEST_F(BundleFileTest, DescribesFilesByTheirChecksum) {
  put("a", "abc");
  put("b/c", "");
  const BundleContents contents = full_contents();
  EXPECT_EQ(describe_bundle_file(folder_.path(), "a").value(), contents.files[0]);
  EXPECT_EQ(describe_bundle_file(folder_.path(), "b/c").value(), contents.files[1]);
  EXPECT_TRUE(check_bundle_files(folder_.path(), contents).has_value());
}

TEST_F(BundleFileTest, TheFirstFileThatIsMissingOrChangedIsNamed) {
  const BundleContents contents = full_contents();
  const auto message = [&] {
    const Status checked = check_bundle_files(folder_.path(), contents);
    EXPECT_EQ(checked.error().code, ErrorCode::kCorruption);
    return checked.error().message;
  };
  EXPECT_EQ(message(), (folder_.path() / "a").string() + ": is missing from the bundle");
  put("a", "abd");
  EXPECT_EQ(message(), (folder_.path() / "a").string() +
                           ": is not as it was deployed: its checksum does not fit");
  put("a", "abc");
  EXPECT_THAT(message(), HasSubstr("b/c: is missing from the bundle"));
  put("b/c", "x");
  EXPECT_THAT(message(), HasSubstr("b/c: is not as it was deployed"));
}

}  // namespace
}  // namespace colvec
