// Ids must equal those of Hugging Face tokenizers 0.22.2 for every text.
#include "colvec/tokenizer.h"

#include <fstream>
#include <sstream>

#include "base/file.h"
#include "base/parallel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

// Texts are strings, or objects with `text` and perhaps a `prompt` before it; ids are lists, or
// objects with `ids`.
void expect_goldens(const Tokenizer& tokenizer, const std::filesystem::path& texts_path,
                    const std::filesystem::path& ids_path, std::size_t tokens_max) {
  const std::vector<Json> texts = read_json_lines(texts_path);
  const std::vector<Json> ids = read_json_lines(ids_path);
  ASSERT_EQ(texts.size(), ids.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string text = texts[i].is_string() ? texts[i].as_string().value()
                                                  : texts[i].string_or("prompt", "").value() +
                                                        texts[i].string("text").value();
    const Json expected = ids[i].is_object() ? ids[i].member("ids").value() : ids[i];
    EXPECT_EQ(encode(tokenizer, text, tokens_max), ids_of(expected)) << json_quote(text);
  }
}

void expect_goldens(const std::filesystem::path& model, const std::filesystem::path& texts_path,
                    const std::filesystem::path& ids_path, std::size_t tokens_max,
                    const Tokenizer::Options& options = {}) {
  COLVEC_ASSERT_ASSIGN(const auto tokenizer, Tokenizer::load(model, options));
  expect_goldens(*tokenizer, texts_path, ids_path, tokens_max);
}

class OwnGolden : public testing::TestWithParam<const char*> {};

TEST_P(OwnGolden, HasTheIdsOfTheReference) {
  const auto root = own_testdata("tokenizer");
  expect_goldens(root / GetParam(), root / "texts.jsonl", root / GetParam() / "ids.jsonl",
                 kNoTokenLimit);
}

INSTANTIATE_TEST_SUITE_P(OfWordPiece, OwnGolden,
                         testing::Values("uncased", "cased", "added", "odd", "sequence"));

class KindGolden : public testing::TestWithParam<const char*> {};

TEST_P(KindGolden, HasTheIdsOfTheReference) {
  const auto root = own_testdata("tokenizer_kinds");
  expect_goldens(root / GetParam(), root / "texts.jsonl", root / GetParam() / "ids.jsonl",
                 kNoTokenLimit);
}

INSTANTIATE_TEST_SUITE_P(OfTokenizerJson, KindGolden,
                         testing::Values("gpt2", "digits", "byte_chars", "qwen2", "llama3", "o200k",
                                         "gemma", "llama", "suffix", "xlmr", "t5", "potion",
                                         "albert"));
INSTANTIATE_TEST_SUITE_P(OfOtherFiles, KindGolden,
                         testing::Values("RobertaTokenizer", "Qwen2Tokenizer",
                                         "XLMRobertaTokenizer", "CamembertTokenizer", "T5Tokenizer",
                                         "GemmaTokenizer"));

TEST(Tokenizer, GivesTheSameIdsFromVocabTxt) {
  const auto root = own_testdata("tokenizer");
  expect_goldens(root / "vocab_txt", root / "texts.jsonl", root / "uncased" / "ids.jsonl",
                 kNoTokenLimit);
}

struct Golden {
  const char* model;
  std::vector<std::size_t> limits;
};

class GoldenTokens : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTokens, AreThoseOfTheReference) {
  const auto& [model, limits] = GetParam();
  const auto root = shared_testdata("golden_tokens");
  COLVEC_NEEDS(root);
  COLVEC_ASSERT_ASSIGN(const auto tokenizer,
                       Tokenizer::load(shared_testdata("tokenizers") / model, {}));
  for (const std::size_t tokens_max : limits) {
    SCOPED_TRACE(tokens_max);
    const std::string suffix =
        tokens_max == kNoTokenLimit ? "" : "__max" + std::to_string(tokens_max);
    expect_goldens(*tokenizer, root / "texts.jsonl", root / "ids" / (model + suffix + ".jsonl"),
                   tokens_max);
  }
}

INSTANTIATE_TEST_SUITE_P(OfAllKinds, GoldenTokens,
                         testing::Values(Golden{"flan-t5", {kNoTokenLimit, 512}},
                                         Golden{"modernbert", {kNoTokenLimit, 512}},
                                         Golden{"roberta-built", {kNoTokenLimit, 512}},
                                         Golden{"stella-qwen2", {kNoTokenLimit}},
                                         Golden{"xlm-roberta-mpnet-multilingual",
                                                {kNoTokenLimit, 128}},
                                         Golden{"all-MiniLM-L6-v2", {kNoTokenLimit, 256}},
                                         Golden{"all-mpnet-base-v2", {kNoTokenLimit, 384}},
                                         Golden{"bert-base-uncased-maxlen512", {kNoTokenLimit}},
                                         Golden{"bert-cased-built", {kNoTokenLimit}},
                                         Golden{"distiluse-mbert-cased", {kNoTokenLimit}}));

struct GoldenFolder {
  const char* model;
  const char* golden;
  std::size_t tokens_max;
  bool special_tokens = true;
};

class GoldenModel : public testing::TestWithParam<GoldenFolder> {};

TEST_P(GoldenModel, HasTheIdsOfTheReference) {
  const auto& [model, golden, tokens_max, special_tokens] = GetParam();
  const auto root = shared_testdata(golden);
  COLVEC_NEEDS(root);
  expect_goldens(shared_testdata(model), root / "texts.jsonl", root / "token_ids.jsonl", tokens_max,
                 {.special_tokens = special_tokens});
}

INSTANTIATE_TEST_SUITE_P(
    OfAllKinds, GoldenModel,
    testing::Values(
        GoldenFolder{"families/gemma3-mean-dense2/model", "families/gemma3-mean-dense2/golden",
                     2048},
        GoldenFolder{"families/jina-v2-qknorm-mean/model", "families/jina-v2-qknorm-mean/golden",
                     1024},
        GoldenFolder{"families/modernbert-cls-new/model", "families/modernbert-cls-new/golden",
                     1024},
        GoldenFolder{"families/modernbert-mean-old/model", "families/modernbert-mean-old/golden",
                     2048},
        GoldenFolder{"families/nomic-bert-moe-mean/model", "families/nomic-bert-moe-mean/golden",
                     512},
        GoldenFolder{"families/qwen2-last/model", "families/qwen2-last/golden", 512},
        GoldenFolder{"families/qwen3-last/model", "families/qwen3-last/golden", 1024},
        GoldenFolder{"families/roberta-mean/model", "families/roberta-mean/golden", 512},
        GoldenFolder{"families/xlm-roberta-mean/model", "families/xlm-roberta-mean/golden", 512},
        GoldenFolder{"families/bert-mean/model", "families/bert-mean/golden", 256},
        GoldenFolder{"families/bert-cls/model", "families/bert-cls/golden", 512},
        GoldenFolder{"families/bert-mean-noprompt/model", "families/bert-mean-noprompt/golden",
                     256},
        GoldenFolder{"families/bert-mean-st54/model", "families/bert-mean-st54/golden", 200},
        GoldenFolder{"families/distilbert-mean-dense/model",
                     "families/distilbert-mean-dense/golden", 128},
        GoldenFolder{"families/gte-new-cls/model", "families/gte-new-cls/golden", 1024},
        GoldenFolder{"families/jina-v2-mean/model", "families/jina-v2-mean/golden", 2048},
        GoldenFolder{"families/mpnet-mean/model", "families/mpnet-mean/golden", 384},
        GoldenFolder{"families/nomic-bert-mean/model", "families/nomic-bert-mean/golden", 2048},
        GoldenFolder{"models/coldfire-tiny_bert", "golden_vectors/coldfire-tiny_bert", 128},
        GoldenFolder{"models/tinybert-4L-312D-synthetic-words",
                     "golden_vectors/tinybert-4L-312D-synthetic-words", 128},
        GoldenFolder{"models/model2vec-test-model-float32",
                     "golden_vectors/model2vec-test-model-float32", kNoTokenLimit, false}));

// Texts and ids that llama.cpp tests its own BERT tokenizer with.
TEST(Tokenizer, AgreesWithTheVocabularyTestsOfLlamaCpp) {
  const auto root = shared_testdata("llama_cpp_vocab_tests");
  COLVEC_NEEDS(root);
  COLVEC_ASSERT_ASSIGN(const auto tokenizer,
                       Tokenizer::load(shared_testdata("tokenizers/bert-base-uncased-maxlen512"),
                                       {.special_tokens = false}));
  const std::string name = "ggml-vocab-bert-bge.gguf";
  COLVEC_ASSERT_ASSIGN(const std::string texts, read_file(root / (name + ".inp"), 1u << 20));
  std::ifstream lines(root / (name + ".out"));
  constexpr std::string_view kBetween = "\n__ggml_vocab_test__\n";
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < texts.size(); ++count) {
    const std::size_t end = std::min(texts.find(kBetween, begin), texts.size());
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    std::istringstream numbers(line);
    std::vector<TokenId> expected;
    for (TokenId id = 0; numbers >> id;) expected.push_back(id);
    const std::string text = texts.substr(begin, end - begin);
    EXPECT_EQ(encode(*tokenizer, text), expected) << json_quote(text);
    begin = end + kBetween.size();
  }
  EXPECT_GE(count, 40u);
}

TEST(Tokenizer, LoadsFromOddButValidFolders) {
  const auto root = shared_testdata("families/odd_but_valid");
  COLVEC_NEEDS(root);
  for (const auto& folder : std::filesystem::directory_iterator(root)) {
    const auto tokenizer = Tokenizer::load(folder.path(), {});
    EXPECT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
    if (kSanitized) break;  // They differ in what is not the tokenizer's.
  }
}

struct BadFolder {
  const char* name;
  ErrorCode code;
  const char* message;  // Its end.
};

class Bad : public testing::TestWithParam<BadFolder> {};

TEST_P(Bad, FolderIsRefusedByItsFault) {
  const auto& [name, code, message] = GetParam();
  const auto dir = shared_testdata("families/bad") / name;
  COLVEC_NEEDS(dir);
  const auto tokenizer = Tokenizer::load(dir, {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_THAT(tokenizer.error().message, testing::HasSubstr(message));
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, Bad,
    testing::Values(BadFolder{"tokenizer-missing", ErrorCode::kNotFound,
                              "no tokenizer is there: none of tokenizer.json, vocab.txt"},
                    BadFolder{"tokenizer-not-json", ErrorCode::kCorruption,
                              "tokenizer.json: not valid JSON near "},
                    BadFolder{"tokenizer-unknown-model", ErrorCode::kUnsupported,
                              "tokenizer.json: model: unknown type: Quark"},
                    BadFolder{"tokenizer-unknown-pretokenizer", ErrorCode::kUnsupported,
                              "tokenizer.json: pre_tokenizer: unknown type: Morpheme"},
                    BadFolder{"tokenizer-unk-missing", ErrorCode::kInvalidArgument,
                              "tokenizer.json: model: unk_token: not in the vocabulary: [NOPE]"},
                    BadFolder{
                        "tokenizer-postprocessor-id", ErrorCode::kInvalidArgument,
                        "tokenizer.json: post_processor: id is not in the vocabulary: 999999"}));

TEST(Tokenizer, NamesTheFilesThatDecideTheIds) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(Tokenizer::files(own_testdata("tokenizer") / "uncased"), Names{"tokenizer.json"});
  EXPECT_EQ(Tokenizer::files(own_testdata("tokenizer") / "vocab_txt"), Names{"vocab.txt"});
  const auto kinds = own_testdata("tokenizer_kinds");
  EXPECT_EQ(Tokenizer::files(kinds / "Qwen2Tokenizer"),
            (Names{"vocab.json", "merges.txt", "tokenizer_config.json"}));
  EXPECT_EQ(Tokenizer::files(kinds / "T5Tokenizer"),
            (Names{"spiece.model", "tokenizer_config.json"}));
  EXPECT_EQ(Tokenizer::files(kinds), Names{});

  const std::filesystem::path dir = testing::TempDir() + "colvec_tokenizer_files";
  std::filesystem::create_directories(dir);
  const auto write = [&](const char* name, const char* text) { std::ofstream(dir / name) << text; };
  write("vocab.json", "{}");
  write("tokenizer_config.json", "{}");
  write("added_tokens.json", R"({"new": 5})");
  EXPECT_EQ(Tokenizer::files(dir),
            (Names{"vocab.json", "tokenizer_config.json", "added_tokens.json"}));
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"5": {"content": "new"}}})");
  EXPECT_EQ(Tokenizer::files(dir), (Names{"vocab.json", "tokenizer_config.json"}));
  write("vocab.txt", "[UNK]");
  write("special_tokens_map.json", R"({"cls_token": "[CLS]", "unk_token": {"content": "[UNK]"}})");
  EXPECT_EQ(Tokenizer::files(dir), (Names{"vocab.txt", "tokenizer_config.json"}));
  write("special_tokens_map.json", R"({"cls_token": "<s>"})");
  EXPECT_EQ(Tokenizer::files(dir),
            (Names{"vocab.txt", "tokenizer_config.json", "special_tokens_map.json"}));
  // Without the decoder it says what is special.
  write("tokenizer_config.json", "{}");
  write("special_tokens_map.json", R"({"bos_token": "new"})");
  EXPECT_EQ(Tokenizer::files(dir), (Names{"vocab.txt", "tokenizer_config.json",
                                          "special_tokens_map.json", "added_tokens.json"}));
  std::filesystem::remove_all(dir);
}

TEST(Tokenizer, RefusesToCutTextsAtTheirStart) {
  const std::filesystem::path dir = testing::TempDir() + "colvec_truncation_side";
  std::filesystem::create_directories(dir);
  std::ofstream(dir / "tokenizer.json") << tiny_tokenizer_json();
  std::ofstream(dir / "tokenizer_config.json") << R"({"truncation_side": "left"})";
  const auto tokenizer = Tokenizer::load(dir, {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_THAT(tokenizer.error().message,
              testing::EndsWith("tokenizer_config.json: truncation_side: is not supported: left"));
  EXPECT_TRUE(Tokenizer::load(dir, {.reads_config = false}).has_value());
  std::filesystem::remove_all(dir);
}

TEST(Tokenizer, LeavesSpecialTokensOutWhereNoneAreWanted) {
  const auto dir = own_testdata("tokenizer") / "uncased";
  COLVEC_ASSERT_ASSIGN(const auto with, Tokenizer::load(dir, {}));
  COLVEC_ASSERT_ASSIGN(const auto without, Tokenizer::load(dir, {.special_tokens = false}));
  EXPECT_EQ(with->special_count(), 2u);
  EXPECT_EQ(without->special_count(), 0u);
  EXPECT_EQ(encode(*with, "hello").size(), encode(*without, "hello").size() + 2);
}

TEST(Tokenizer, AppendsToIdsThatAreThere) {
  COLVEC_ASSERT_ASSIGN(const auto tokenizer,
                       Tokenizer::load(own_testdata("tokenizer") / "uncased", {}));
  std::vector<TokenId> ids = {9};
  const Tokenizer::Encoded encoded = tokenizer->encode("hello , world !", 4, &ids);
  EXPECT_EQ(encoded.count, 4u);
  EXPECT_TRUE(encoded.truncated);
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ(ids[0], 9u);
}

TEST(Tokenizer, MayBeUsedByManyThreads) {
  const auto root = own_testdata("tokenizer");
  for (const char* name : {"added", "odd"}) {
    COLVEC_ASSERT_ASSIGN(const auto tokenizer, Tokenizer::load(root / name, {}));
    const std::vector<Json> texts = read_json_lines(root / "texts.jsonl");
    const std::vector<Json> ids = read_json_lines(root / name / "ids.jsonl");
    constexpr std::size_t kRounds = 50;
    std::vector<std::vector<TokenId>> found(kRounds * texts.size());
    parallel_for(found.size(), [&](std::size_t i) {
      tokenizer->encode(texts[i % texts.size()].as_string().value(), kNoTokenLimit, &found[i]);
    });
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i], ids_of(ids[i % texts.size()]));
  }
}

}  // namespace
}  // namespace colvec
