#include "encode/static_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "colvec/encoder.h"
#include "colvec/tokenizer.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::FloatNear;

TEST(StaticFolder, IsReadAsTheTableThatItIs) {
  const fs::path teacher = own_testdata("models/tiny-bert/model");
  const auto tokenizer = Tokenizer::load(teacher, {.special_tokens = false}).value();
  const std::size_t rows = tokenizer->id_max() + 1;
  std::vector<float> table;
  for (std::size_t i = 0; i < rows; ++i) {
    table.push_back(1.0f);
    table.push_back(static_cast<float>(i));
  }
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "table";
  ASSERT_TRUE(write_static_folder(folder, {.table = table,
                                           .rows = rows,
                                           .dimension = 2,
                                           .tokenizer_from = teacher,
                                           .made_from = "tiny"})
                  .has_value());
  const auto encoder = open_encoder(folder.string(), {}).value();
  EXPECT_EQ(encoder->info().kind, "static");
  EXPECT_EQ(encoder->info().dimension, 2u);
  // The mean of the rows of the tokens, scaled to length 1.
  const std::string text = "hello";
  std::vector<TokenId> ids;
  tokenizer->encode(text, kNoTokenLimit, &ids);
  ASSERT_FALSE(ids.empty());
  double mean = 0;
  for (const TokenId id : ids) mean += static_cast<double>(id) / static_cast<double>(ids.size());
  const std::vector<float> vector = encode_all(*encoder, {text});
  EXPECT_THAT(vector[1] / vector[0], FloatNear(static_cast<float>(mean), 1e-3f));
}

TEST(StaticFolder, TextsAreNeitherCutNorFilledUp) {
  const ScratchFolder scratch;
  const ScratchFolder output;
  // As sentence-transformers' own folders have it.
  std::string json = file_text(own_testdata("models/tiny-bert/model/tokenizer.json"));
  const auto set = [&](const std::string& key, const std::string& value) {
    const std::string old = "\"" + key + "\": null";
    json.replace(json.find(old), old.size(), "\"" + key + "\": " + value);
  };
  set("truncation",
      R"({"direction": "Right", "max_length": 128, "strategy": "LongestFirst", "stride": 0})");
  set("padding", R"({"strategy": {"Fixed": 128}, "direction": "Right", "pad_id": 0,
                     "pad_to_multiple_of": null, "pad_type_id": 0, "pad_token": "[PAD]"})");
  scratch.write("tokenizer.json", json);
  const std::vector<float> table(1000, 1.0f);
  ASSERT_TRUE(write_static_folder(output.path(), {.table = table,
                                                  .rows = 1000,
                                                  .dimension = 1,
                                                  .tokenizer_from = scratch.path(),
                                                  .made_from = "tiny"})
                  .has_value());
  const Json written = Json::read(output.path() / "tokenizer.json").value();
  EXPECT_TRUE(written.member("truncation")->is_null());
  EXPECT_TRUE(written.member("padding")->is_null());
  EXPECT_EQ(written.member("model")->dump(),
            Json::read(scratch.path() / "tokenizer.json")->member("model")->dump());
}

}  // namespace
}  // namespace colvec
