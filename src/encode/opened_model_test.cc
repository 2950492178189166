#include "colvec/opened_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/json.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(OpenedModel, OpensWhatIsBuiltInWithoutFiles) {
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder("builtin:lexical", {}));
  EXPECT_EQ(encoder->info().kind, "lexical");
}

TEST(OpenedModel, SaysWhatThereIsWhereANameIsUnknown) {
  EXPECT_THAT(open_encoder("builtin:magic", {}).error().message,
              HasSubstr("there is builtin:lexical"));
  const auto missing = open_encoder("/no/such/folder", {});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message,
              HasSubstr("no such model: /no/such/folder (a model is a folder"));
}

// Each folder of families/bad has one fault, which the error must name.
const std::map<std::string, const char*> kFaults = {
    {"config-missing", "config.json: no such file"},
    {"config-not-json", "config.json: not valid JSON"},
    {"dense-in-features", "in_features is 24, but the step before gives 16"},
    {"dense-shape", "linear.weight: shape is [16, 24], the configuration asks for [24, 16]"},
    {"dense-unknown-activation", "unknown activation: builtins.eval"},
    {"dense-weights-missing", "2_Dense: no weights: model.safetensors is missing"},
    {"duplicate-name", "key appears twice"},
    {"extra-layer", "does not use: encoder.layer.2."},
    {"extra-tensor", "does not use: encoder.layer.0.attention.self.relative_bias"},
    {"file-empty", "too short for a safetensors file: 0 bytes"},
    {"file-seven-bytes", "too short for a safetensors file: 7 bytes"},
    {"foreign-module-type", "unknown module: evil_package.os.System"},
    {"header-bad-utf8", "header: not valid JSON"},
    {"header-deep-json", "nested too deep"},
    {"header-json-array", "header: not an object"},
    {"header-length-beyond-file", "header length beyond the file"},
    {"header-length-huge", "header length beyond the file"},
    {"header-length-max", "header length beyond the file"},
    {"header-length-zero", "header length is 0"},
    {"header-not-json", "header: not valid JSON"},
    {"heads-zero", "num_attention_heads: not between"},
    {"hidden-not-divisible", "num_attention_heads does not divide hidden_size"},
    {"hidden-size-mismatch", "the configuration asks for [330, 32]"},
    {"index-missing-shard", "No such file"},
    {"index-path-traversal", "outside of the model folder"},
    {"inf-weights", "word_embeddings.weight: holds a number that is not finite"},
    {"layers-huge", "num_hidden_layers: not between"},
    {"layers-text", "num_hidden_layers: not a whole number"},
    {"max-seq-beyond-positions", "max_seq_length is 256, but max_position_embeddings is 64"},
    {"max-seq-negative", "max_seq_length: not a whole number"},
    {"missing-embeddings", "missing tensor: embeddings.position_embeddings.weight"},
    {"missing-tensor", "missing tensor: encoder.layer.1.output.dense.bias"},
    {"module-path-absolute", "outside of the model folder"},
    {"module-path-traversal", "outside of the model folder"},
    {"modules-no-pooling", "no Pooling behind the Transformer"},
    {"modules-not-starting-with-transformer", "the first module must be"},
    {"nan-weights", "output.dense.weight: holds a number that is not finite"},
    {"no-model-type", "missing key: model_type"},
    {"offsets-beyond-file", "beyond the"},
    {"offsets-hole", "belong to no tensor"},
    {"offsets-negative", "data_offsets[0]: not a whole number"},
    {"offsets-overlap", "overlap another tensor"},
    {"offsets-reversed", "the end lies before the begin"},
    {"offsets-size-mismatch", "dtype and shape need"},
    {"only-pickle", "convert it to model.safetensors"},
    {"pooling-config-missing", "1_Pooling/config.json"},
    {"pooling-dimension", "the pooling config is for width 24, but hidden_size is 16"},
    {"pooling-none", "no pooling mode is on"},
    {"pooling-unknown-mode", "unknown pooling mode: median"},
    {"shape-fraction", "shape[0]: not a whole number"},
    {"shape-negative", "not a whole number"},
    {"shape-overflow", "more elements than fit in memory"},
    {"tokenizer-missing", "tokenizer.json"},
    {"tokenizer-not-json", "tokenizer.json"},
    {"tokenizer-postprocessor-id", "999999"},
    {"tokenizer-unk-missing", "unk"},
    {"tokenizer-unknown-model", "Quark"},
    {"tokenizer-unknown-pretokenizer", "Morpheme"},
    {"trailing-bytes", "bytes after the last tensor: 16"},
    {"truncated-by-one", "beyond the"},
    {"truncated-data", "beyond the"},
    {"unknown-activation", "unknown activation: mishmash"},
    {"unknown-model-type", "model_type is not supported: quantumbert"},
    {"unknown-module-type", "unknown module: sentence_transformers.models.LSTM"},
    {"unknown-position-type", "position_embedding_type: is not supported: \"rotary_3d\""},
    {"vocab-config-mismatch", "the configuration asks for [430, 16]"},
    {"vocab-too-small", "vocab_size is 290"},
    {"wrong-dtype-i64", "dtype of a weight cannot be I64"},
    {"wrong-dtype-unknown", "unknown dtype: F33"},
    {"wrong-shape",
     "intermediate.dense.weight: shape is [16, 32], the configuration asks for [32, 16]"},
    {"wrong-shape-same-count", "query.bias: shape is [1, 16], the configuration asks for [16]"},
};

TEST(OpenedModel, RefusesEveryBadFolderWithItsReason) {
  const std::filesystem::path bad = shared_testdata("families/bad");
  COLVEC_NEEDS(bad);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(bad)) {
    const std::string name = entry.path().filename().string();
    const auto fault = kFaults.find(name);
    ASSERT_NE(fault, kFaults.end()) << name;
    const auto opened = open_encoder(entry.path().string(), {});
    ASSERT_FALSE(opened.has_value()) << name;
    EXPECT_THAT(opened.error().message, HasSubstr(fault->second)) << name;
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos) << name;
    ++folders;
  }
  EXPECT_EQ(folders, kFaults.size());
}

TEST(OpenedModel, AcceptsOddButValidFolders) {
  const std::filesystem::path odd = shared_testdata("families/odd_but_valid");
  COLVEC_NEEDS(odd);
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> baseline,
                       open_encoder((odd / "baseline").string(), {}));
  const std::vector<float> expected = encode_all(*baseline, mixed_texts());
  for (const auto& entry : std::filesystem::directory_iterator(odd)) {
    const std::string name = entry.path().filename().string();
    const auto opened = open_encoder(entry.path().string(), {});
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    const std::vector<float> vectors = encode_all(**opened, mixed_texts());
    // The same weights in another form; without modules.json there is no Dense.
    const bool same_weights =
        name == "data-in-other-order" || name == "unaligned-header" || name == "no-pooler";
    if (same_weights) {
      EXPECT_EQ(vectors, expected) << name;
    }
  }
}

// What each patch of families/bad_configs.json must be refused for, in its order.
constexpr const char* kConfigFaults[] = {
    "layer_types: not a list of 6 types",
    "local_attention: not between",
    "num_key_value_heads does not divide num_attention_heads: 4 and 6",
    "rope_scaling: rotary scaling is not supported: spiral",
    "head_dim is odd, but rotary positions turn pairs: 31",
    "rms_norm_eps: not a number",
    "rope_theta: not above 0",
    "query_pre_attn_scalar: not above 0",
    "attn_logit_softcapping: is not supported: 30",
    "prenorm: is not supported: true",
    "rotary_emb_interleaved: is not supported: true",
    "rotary_emb_fraction: not above 0 and at most 1",
    "use_rms_norm: is not supported: true",
    "layer_norm_type: is not supported: \"rms_norm\"",
    "logn_attention_scale: is not supported: true",
    "rope_scaling: rotary scaling is not supported: dynamic",
    "feed_forward_type is not supported: original",
    "position_embedding_type: is not supported: \"relative_key\"",
    "layer_norm_eps: not a number",
    "relative_attention_num_buckets: is not supported: 16",
    "pad_token_id + 1, beyond max_position_embeddings: 99999999 and 514",
    "embedding_dimension: not a whole number",
};

TEST(OpenedModel, RefusesEveryBadConfigWithItsReason) {
  const std::filesystem::path list = shared_testdata("families/bad_configs.json");
  COLVEC_NEEDS(list);
  COLVEC_ASSERT_ASSIGN(const Json cases, Json::read(list));
  ASSERT_EQ(cases.size(), std::size(kConfigFaults));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Json bad = cases.element(i);
    const ScratchFolder folder;
    folder.copy(shared_testdata("families/" + *bad.string("base") + "/model"));
    std::vector<std::pair<std::string, std::string>> members;
    COLVEC_ASSERT_ASSIGN(const Json patch, bad.member("patch"));
    for (const std::string& key : patch.keys())
      members.emplace_back(key, patch.member(key)->dump());
    folder.patch(*bad.string("file"), members);
    const auto opened = open_encoder(folder.path().string(), {});
    ASSERT_FALSE(opened.has_value()) << patch.dump();
    EXPECT_THAT(opened.error().message, HasSubstr(kConfigFaults[i])) << patch.dump();
    EXPECT_EQ(opened.error().message.find('\n'), std::string::npos) << patch.dump();
  }
}

}  // namespace
}  // namespace colvec
