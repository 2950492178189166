#include "hub/needed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json json_of(std::string_view text) { return Json::parse(text, "modules.json").value(); }

ModulePaths paths_of(std::string_view modules) { return module_paths(json_of(modules)).value(); }

Result<Json> read_nothing(const std::string& path) {
  return fail(ErrorCode::kNotFound, "was not to be read: " + path);
}

// The files of sentence-transformers/all-MiniLM-L6-v2, as its repository has them.
const RepoPaths kMiniLm = {".gitattributes",
                           "1_Pooling/config.json",
                           "README.md",
                           "config.json",
                           "config_sentence_transformers.json",
                           "data_config.json",
                           "model.safetensors",
                           "modules.json",
                           "onnx/model.onnx",
                           "onnx/model_O1.onnx",
                           "openvino/openvino_model.bin",
                           "pytorch_model.bin",
                           "rust_model.ot",
                           "sentence_bert_config.json",
                           "special_tokens_map.json",
                           "tf_model.h5",
                           "tokenizer.json",
                           "tokenizer_config.json",
                           "train_script.py",
                           "vocab.txt"};

TEST(NeededFiles, AreThoseThatTheLoaderReads) {
  EXPECT_THAT(first_files(kMiniLm),
              ElementsAre("config.json", "modules.json", "config_sentence_transformers.json"));
  const ModulePaths modules = paths_of(
      R"([{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
          {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
          {"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}])");
  EXPECT_THAT(settings_files(kMiniLm, modules).value(),
              ElementsAre("sentence_bert_config.json", "tokenizer.json", "tokenizer_config.json",
                          "1_Pooling/config.json"));
  EXPECT_THAT(weight_files(kMiniLm, modules, read_nothing).value(),
              ElementsAre("model.safetensors"));
}

TEST(NeededFiles, EachModuleHasItsFolder) {
  const RepoPaths all = {"modules.json",
                         "0_Transformer/config.json",
                         "0_Transformer/vocab.txt",
                         "0_Transformer/tokenizer_config.json",
                         "0_Transformer/model.safetensors",
                         "1_Pooling/config.json",
                         "2_Dense/config.json",
                         "2_Dense/model.safetensors"};
  const ModulePaths modules = paths_of(
      R"([{"idx":0,"name":"0","path":"0_Transformer","type":"sentence_transformers.models.Transformer"},
          {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
          {"idx":2,"name":"2","path":"2_Dense","type":"sentence_transformers.models.Dense"}])");
  EXPECT_THAT(first_files(all), ElementsAre("modules.json"));
  EXPECT_THAT(settings_files(all, modules).value(),
              ElementsAre("0_Transformer/config.json", "0_Transformer/vocab.txt",
                          "0_Transformer/tokenizer_config.json", "2_Dense/config.json",
                          "1_Pooling/config.json"));
  EXPECT_THAT(weight_files(all, modules, read_nothing).value(),
              ElementsAre("0_Transformer/model.safetensors", "2_Dense/model.safetensors"));
}

TEST(NeededFiles, ShardsAreThoseOfTheIndex) {
  const RepoPaths all = {"config.json",
                         "tokenizer.json",
                         "model.safetensors.index.json",
                         "model-00001-of-00002.safetensors",
                         "model-00002-of-00002.safetensors",
                         "model-other.safetensors"};
  const ModulePaths modules = module_paths(std::nullopt).value();
  EXPECT_THAT(settings_files(all, modules).value(),
              ElementsAre("tokenizer.json", "model.safetensors.index.json"));
  std::string index =
      R"({"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors",
          "c":"model-00002-of-00002.safetensors"}})";
  const auto read = [&](const std::string&) { return Json::parse(index, "index"); };
  EXPECT_THAT(weight_files(all, modules, read).value(),
              ElementsAre("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"));
  index = R"({"weight_map":{"a":"model-00003-of-00002.safetensors"}})";
  EXPECT_THAT(weight_files(all, modules, read).error().message,
              HasSubstr("has no model-00003-of-00002.safetensors"));
  index = R"({"weight_map":{"a":"../a.safetensors"}})";
  EXPECT_THAT(weight_files(all, modules, read).error().message, HasSubstr("a shard outside"));
}

TEST(NeededFiles, ARepositoryThatIsNoModelIsRefused) {
  const ModulePaths plain;
  const auto refusal = [&](const RepoPaths& all) { return settings_files(all, plain).error(); };
  EXPECT_THAT(refusal({"config.json"}).message, HasSubstr("has no tokenizer"));
  EXPECT_THAT(refusal({"tokenizer.json"}).message, HasSubstr("has no model.safetensors"));
  const Error pickled = refusal({"tokenizer.json", "pytorch_model.bin"});
  EXPECT_EQ(pickled.code, ErrorCode::kUnsupported);
  EXPECT_THAT(pickled.message, HasSubstr("pickled files are never opened"));
  EXPECT_THAT(first_files({"README.md"}), IsEmpty());
  EXPECT_FALSE(module_paths(json_of("[]")).has_value());
}

}  // namespace
}  // namespace colvec
