#include "dataset/projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

std::vector<float> applied(const Projection& projection, const std::vector<float>& vector) {
  std::vector<float> result(projection.out, -7.0f);
  projection.apply(vector, result);
  return result;
}

Projection cut() { return {.base = fingerprint_of('a'), .in = 4, .out = 2}; }

// Onto the second and the first axis, and half of each other.
Projection pca() {
  return project_on({.dimension = 3,
                     .directions = {0, 1, 0, 1, 0, 0, 0, 0, 1},
                     .variance_explained = {0.5, 0.3, 0.2}},
                    fingerprint_of('a'), 2, false);
}

class ProjectionTest : public testing::Test {
 protected:
  ProjectionTest()
      : store_(ColumnStore::open_or_create(local_file_system(), folder_.database(),
                                           folder_.path() / "store", {})
                   .value()) {}

  fs::path file_of(const Projection& projection, const std::string& ending) const {
    return store_->folder() / "models" / ("f" + projection.fingerprint().substr(0, 16) + ending);
  }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  DatasetFolder folder_;
  std::unique_ptr<ColumnStore> store_;
};

TEST_F(ProjectionTest, ACutTakesTheFirstNumbersAndScalesThem) {
  EXPECT_THAT(applied(cut(), {3, 4, 12, 1}), ElementsAre(0.6f, 0.8f));
  Projection unscaled = cut();
  unscaled.normalize = false;
  EXPECT_THAT(applied(unscaled, {3, 4, 12, 1}), ElementsAre(3, 4));
  EXPECT_THAT(applied(cut(), {0, 0, 1, 1}), ElementsAre(0, 0));
}

TEST_F(ProjectionTest, APcaMultipliesWithItsDirections) {
  EXPECT_THAT(applied(pca(), {3, 4, 12}), ElementsAre(4, 3));
  Projection scaled = pca();
  scaled.normalize = true;
  EXPECT_THAT(applied(scaled, {3, 4, 12}), ElementsAre(0.8f, 0.6f));
  EXPECT_DOUBLE_EQ(pca().explained_variance, 0.8);
}

TEST_F(ProjectionTest, TheFingerprintIsThatOfWhatItIsMadeOf) {
  EXPECT_EQ(cut().made_of(), "{\"kind\":\"cut\",\"base\":\"" + fingerprint_of('a') +
                                 "\",\"base_dimension\":4,\"dimension\":2,\"normalize\":true}");
  Sha256 hash;
  hash.update(cut().made_of());
  EXPECT_EQ(cut().fingerprint(), hex(hash.finish()));
}

TEST_F(ProjectionTest, EverythingThatDecidesTheResultIsInTheFingerprint) {
  const Projection before = pca();
  std::vector<Projection> others(6, before);
  others[0].base = fingerprint_of('b');
  others[1].normalize = true;
  others[2].directions[5] = 1e-30f;
  others[3].out = 1;
  others[3].directions.resize(3);
  others[4].directions.clear();
  others[5].explained_variance = 0.9;
  for (const Projection& other : others) EXPECT_NE(other.fingerprint(), before.fingerprint());
}

TEST_F(ProjectionTest, WhatIsSavedIsReadAsItWas) {
  for (const Projection& projection : {cut(), pca()}) {
    ASSERT_TRUE(save_projection(*store_, projection).has_value());
    ASSERT_TRUE(save_projection(*store_, projection).has_value());  // Again: it is there.
    const Result<Projection> read = read_projection(*store_, projection.fingerprint());
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->fingerprint(), projection.fingerprint());
    EXPECT_EQ(read->directions, projection.directions);
    EXPECT_EQ(read->in, projection.in);
    EXPECT_EQ(read->out, projection.out);
    EXPECT_EQ(read->normalize, projection.normalize);
    EXPECT_NEAR(read->explained_variance, projection.explained_variance, 1e-6);
  }
  EXPECT_FALSE(fs::exists(file_of(cut(), ".npy")));
  for (const auto& entry : fs::directory_iterator(store_->folder() / "models"))
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << "a draft is left";
}

TEST_F(ProjectionTest, OneThatWasNotSavedIsNotFound) {
  EXPECT_EQ(read_projection(*store_, fingerprint_of('c')).error().code, ErrorCode::kNotFound);
}

TEST_F(ProjectionTest, DamagedDirectionsAreRefusedByTheirFile) {
  ASSERT_TRUE(save_projection(*store_, pca()).has_value());
  const fs::path path = file_of(pca(), ".npy");
  const std::string saved = bytes_of(path);
  const auto expect_refused = [&] {
    const Result<Projection> read = read_projection(*store_, pca().fingerprint());
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption) << read.error().message;
    EXPECT_THAT(read.error().message, HasSubstr(path.string()));
  };
  std::string damaged = saved;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  put(path, damaged);
  expect_refused();
  put(path, saved.substr(0, saved.size() - 4));
  expect_refused();
  put(path, "");
  expect_refused();
  fs::remove(path);
  expect_refused();
  put(path, saved);
  EXPECT_TRUE(read_projection(*store_, pca().fingerprint()).has_value());
}

TEST_F(ProjectionTest, ADamagedDescriptionIsRefusedByItsFile) {
  for (const Projection& projection : {cut(), pca()}) {
    ASSERT_TRUE(save_projection(*store_, projection).has_value());
    const fs::path path = file_of(projection, ".json");
    const std::string saved = bytes_of(path);
    for (std::size_t i = 0; i < saved.rfind(",\"xxh3_128\""); i += 3) {
      std::string damaged = saved;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      put(path, damaged);
      const Result<Projection> read = read_projection(*store_, projection.fingerprint());
      ASSERT_FALSE(read.has_value()) << i;
      EXPECT_EQ(read.error().code, ErrorCode::kCorruption) << read.error().message;
      EXPECT_THAT(read.error().message, HasSubstr(path.string()));
    }
    put(path, saved);
  }
}

// The file of a model that shortens nothing, under the name that is asked for.
TEST_F(ProjectionTest, AModelThatIsNoProjectionIsRefused) {
  ASSERT_TRUE(store_
                  ->add_model({.fingerprint = fingerprint_of('a'),
                               .name = "m",
                               .made_of = "{\"kind\":\"transformer\"}",
                               .dimension = 4})
                  .has_value());
  const Result<Projection> read = read_projection(*store_, fingerprint_of('a'));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(read.error().message, HasSubstr("faaaaaaaaaaaaaaaa.json"));
}

}  // namespace
}  // namespace colvec
