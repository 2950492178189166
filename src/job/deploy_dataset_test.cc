#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "colvec/bundle.h"
#include "dataset/bundle_file.h"
#include "dataset/home.h"
#include "job/refresh_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

// The same model, whose vectors differ in their last bits.
class OtherMachine final : public Encoder {
 public:
  explicit OtherMachine(Encoder& encoder) : encoder_(encoder) {}
  const EncoderInfo& info() const override { return encoder_.info(); }
  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_TRY(encoder_.encode(texts, out, reports, times));
    for (std::size_t i = 0; i < texts.size(); ++i) out.row(i)[0] += 1e-3f;
    return {};
  }

 private:
  Encoder& encoder_;
};

class DeployDataset : public testing::Test {
 protected:
  DeployDataset() {
    home_.write("SELECT i AS id, 'text ' || (i % 20) AS text FROM range(50) r(i)");
    home_.save({.model = "models/m"});
    put("config.json", "{}");
    put("model.onnx", "not needed");
  }
  void put(const std::string& name, const std::string& bytes) {
    fs::create_directories(home_.home() / "models" / "m");
    std::ofstream(home_.home() / "models" / "m" / name) << bytes;
  }
  Result<Deployed> deploy(const CancelToken* cancel = nullptr) {
    DeployOptions options{.cancel = cancel};
    options.open_encoder = home_.options().open_encoder;
    return deploy_dataset(home_.home(), "wares", bundle_, options);
  }

  RefreshHome home_;
  const fs::path bundle_ = home_.path() / "bundle";
};

TEST_F(DeployDataset, TheBundleListsAllOfItsFilesAndOpensItsOwnModel) {
  home_.refresh();
  home_.opened.clear();
  const Result<Deployed> deployed = deploy();
  ASSERT_TRUE(deployed.has_value()) << deployed.error().message;
  const BundleContents contents = read_bundle(bundle_).value();
  ASSERT_EQ(contents.columns.size(), 1u);
  const BundleColumn& column = contents.columns.front();
  ASSERT_EQ(home_.opened.size(), 1u);
  EXPECT_EQ(home_.opened[0].first, (bundle_ / column.model).string());
  EXPECT_TRUE(fs::exists(bundle_ / column.model / "config.json"));
  EXPECT_FALSE(fs::exists(bundle_ / column.model / "model.onnx"));

  std::vector<std::string> listed = {"bundle.json"}, there;
  std::uint64_t bytes = 0;
  for (const BundleFile& file : contents.files) {
    listed.push_back(file.path);
    bytes += file.bytes;
  }
  for (const auto& entry : fs::recursive_directory_iterator(bundle_))
    if (entry.is_regular_file()) there.push_back(entry.path().lexically_relative(bundle_));
  EXPECT_THAT(there, UnorderedElementsAreArray(listed));
  EXPECT_EQ(deployed->id, contents.id);
  EXPECT_EQ(deployed->files, contents.files.size());
  EXPECT_EQ(deployed->bytes, bytes);
  EXPECT_TRUE(check_bundle_files(bundle_, contents));
}

// What the former bundle names is there until bundle.json is replaced.
TEST_F(DeployDataset, ANewerVersionLeavesTheFormerWholeUntilItIsThere) {
  home_.refresh();
  ASSERT_TRUE(deploy());
  const BundleContents former = read_bundle(bundle_).value();
  home_.write("SELECT i AS id, 'text ' || i AS text FROM range(60) r(i)");
  home_.refresh();
  ASSERT_TRUE(deploy());
  const BundleContents newer = read_bundle(bundle_).value();
  EXPECT_NE(newer.id, former.id);
  EXPECT_TRUE(check_bundle_files(bundle_, newer));
  const Status still_there = check_bundle_files(bundle_, former);
  EXPECT_TRUE(still_there.has_value()) << still_there.error().message;
}

// Two homes with the same revision and another content; a model card that was changed; a model that
// gives other golden vectors on another machine.
TEST_F(DeployDataset, WhatChangedHasAnotherName) {
  home_.refresh();
  put("README.md", "one card");
  ASSERT_TRUE(deploy());
  const BundleContents former = read_bundle(bundle_).value();
  const fs::path file = dataset_folder(home_.home(), "wares") / "dataset.json";
  std::string text = read_file(file, 1 << 20).value();
  const std::size_t name = text.find("\"is_primary_key\": true");
  ASSERT_NE(name, text.npos);
  text.insert(name, "\"is_target\": true, ");
  ASSERT_TRUE(replace_file(file, text));
  put("README.md", "two card");
  OtherMachine other(home_.encoder);
  DeployOptions options;
  options.open_encoder = [&](const std::string&, const EncoderOptions&) {
    return Result<std::unique_ptr<Encoder>>(borrowed(other));
  };
  ASSERT_TRUE(deploy_dataset(home_.home(), "wares", bundle_, options));
  const BundleContents newer = read_bundle(bundle_).value();
  EXPECT_NE(newer.dataset, former.dataset);
  EXPECT_NE(newer.columns[0].model, former.columns[0].model);
  EXPECT_EQ(newer.columns[0].golden_texts, former.columns[0].golden_texts);
  EXPECT_NE(newer.columns[0].golden_vectors, former.columns[0].golden_vectors);
  EXPECT_TRUE(check_bundle_files(bundle_, newer));
  const Status still_there = check_bundle_files(bundle_, former);
  EXPECT_TRUE(still_there.has_value()) << still_there.error().message;
}

TEST_F(DeployDataset, GoesToTheFolderOfAUrlAndToNoOther) {
  home_.refresh();
  const auto deploy_at = [&](const std::string& place) {
    DeployOptions options;
    options.open_encoder = home_.options().open_encoder;
    return deploy_dataset(home_.home(), "wares", place, options);
  };
  const fs::path before = fs::current_path();
  fs::current_path(home_.path());
  for (const char* place : {"gs://bucket/p", "s3:/bucket/p", "file://bundle", ""}) {
    const Result<Deployed> refused = deploy_at(place);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << place;
    EXPECT_THAT(refused.error().message, HasSubstr("must be s3://BUCKET/PREFIX, file:///PATH"));
    EXPECT_FALSE(fs::exists(std::string(place).substr(0, 3))) << place;
  }
  fs::current_path(before);
  const auto deployed = deploy_at("file://" + (home_.path() / "a%20bundle").string());
  ASSERT_TRUE(deployed.has_value()) << deployed.error().message;
  EXPECT_TRUE(read_bundle(home_.path() / "a bundle"));
}

TEST_F(DeployDataset, CancelledItLeavesTheFormerBundle) {
  home_.refresh();
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(deploy(&cancel).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(bundle_ / "bundle.json"));
  const std::string id = deploy()->id;
  EXPECT_EQ(deploy(&cancel).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(read_bundle(bundle_)->id, id);
}

TEST_F(DeployDataset, WhatWouldNotAnswerOnAHostIsRefused) {
  EXPECT_THAT(deploy().error().message, HasSubstr("was never refreshed to its end"));
  home_.refresh();
  home_.encoder.info_.fingerprint = std::string(64, 'b');
  const Result<Deployed> other = deploy();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_THAT(other.error().message, HasSubstr("is another model than the one that made"));
  EXPECT_FALSE(fs::exists(bundle_ / "bundle.json"));
  std::ofstream(bundle_ / "bundle.json") << "{";
  EXPECT_EQ(deploy().error().code, ErrorCode::kCorruption);
  home_.save({{.name = "id"}, {.name = "text"}});
  fs::remove(bundle_ / "bundle.json");
  EXPECT_THAT(deploy().error().message, HasSubstr("no column has an embedding step"));
}

}  // namespace
}  // namespace colvec
