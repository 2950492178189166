// Ids must equal those of Hugging Face tokenizers 0.22.2 for every text.
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "colvec/tokenizer.h"
#include "gtest/gtest.h"
#include "testdata.h"

namespace colvec {
namespace {

std::vector<Json> read_lines(const std::filesystem::path& path) {
  std::vector<Json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto json = Json::parse(line, path.string() + " line " + std::to_string(lines.size() + 1));
    if (!json) {
      ADD_FAILURE() << json.error().message;
      return lines;
    }
    lines.push_back(*std::move(json));
  }
  EXPECT_FALSE(lines.empty()) << path;
  return lines;
}

std::vector<TokenId> ids_of(const Json& line) {
  std::vector<TokenId> ids;
  const Json list = line.member("ids").value();
  for (std::size_t i = 0; i < list.size(); ++i)
    ids.push_back(static_cast<TokenId>(list.element(i).as_unsigned().value()));
  return ids;
}

// Compares all lines of two files; a text is the prompt and the text of its line.
void expect_goldens(const std::filesystem::path& model, const std::filesystem::path& texts_path,
                    const std::filesystem::path& ids_path, std::size_t tokens_max,
                    const Tokenizer::Options& options = {}) {
  COLVEC_ASSERT_ASSIGN(const auto tokenizer, Tokenizer::load(model, options));
  const std::vector<Json> texts = read_lines(texts_path);
  const std::vector<Json> ids = read_lines(ids_path);
  ASSERT_EQ(texts.size(), ids.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string text =
        texts[i].string_or("prompt", "").value() + texts[i].string("text").value();
    std::vector<TokenId> found;
    const Tokenizer::Encoded encoded = tokenizer->encode(text, tokens_max, &found);
    EXPECT_EQ(found, ids_of(ids[i])) << json_quote(text);
    EXPECT_EQ(encoded.count, found.size());
  }
}

struct Golden {
  const char* model;
  std::size_t tokens_max;
};

class GoldenTokens : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTokens, AreTheSame) {
  const auto [model, tokens_max] = GetParam();
  const auto root = shared_testdata("golden_tokens");
  COLVEC_NEEDS(root);
  const std::string suffix =
      tokens_max == kNoTokenLimit ? "" : "__max" + std::to_string(tokens_max);
  expect_goldens(shared_testdata("tokenizers") / model, root / "texts.jsonl",
                 root / "ids" / (model + suffix + ".jsonl"), tokens_max);
}

INSTANTIATE_TEST_SUITE_P(OfWordPiece, GoldenTokens,
                         testing::Values(Golden{"all-MiniLM-L6-v2", kNoTokenLimit},
                                         Golden{"all-MiniLM-L6-v2", 256},
                                         Golden{"all-mpnet-base-v2", kNoTokenLimit},
                                         Golden{"all-mpnet-base-v2", 384},
                                         Golden{"bert-base-uncased-maxlen512", kNoTokenLimit},
                                         Golden{"bert-cased-built", kNoTokenLimit},
                                         Golden{"distiluse-mbert-cased", kNoTokenLimit}));

struct Folder {
  const char* model;
  const char* golden;
  std::size_t tokens_max;
  bool special_tokens = true;
};

class GoldenFolder : public testing::TestWithParam<Folder> {};

TEST_P(GoldenFolder, HasTheSameIds) {
  const auto [model, golden, tokens_max, special_tokens] = GetParam();
  const auto root = shared_testdata(golden);
  COLVEC_NEEDS(root);
  expect_goldens(shared_testdata(model), root / "texts.jsonl", root / "token_ids.jsonl", tokens_max,
                 {.special_tokens = special_tokens});
}

INSTANTIATE_TEST_SUITE_P(
    OfWordPiece, GoldenFolder,
    testing::Values(
        Folder{"families/bert-mean/model", "families/bert-mean/golden", 256},
        Folder{"families/bert-cls/model", "families/bert-cls/golden", 512},
        Folder{"families/bert-mean-noprompt/model", "families/bert-mean-noprompt/golden", 256},
        Folder{"families/bert-mean-st54/model", "families/bert-mean-st54/golden", 200},
        Folder{"families/distilbert-mean-dense/model", "families/distilbert-mean-dense/golden",
               128},
        Folder{"families/gte-new-cls/model", "families/gte-new-cls/golden", 1024},
        Folder{"families/jina-v2-mean/model", "families/jina-v2-mean/golden", 2048},
        Folder{"families/mpnet-mean/model", "families/mpnet-mean/golden", 384},
        Folder{"families/nomic-bert-mean/model", "families/nomic-bert-mean/golden", 2048},
        Folder{"models/coldfire-tiny_bert", "golden_vectors/coldfire-tiny_bert", 128},
        Folder{"models/tinybert-4L-312D-synthetic-words",
               "golden_vectors/tinybert-4L-312D-synthetic-words", 128},
        Folder{"models/model2vec-test-model-float32", "golden_vectors/model2vec-test-model-float32",
               kNoTokenLimit, false}));

}  // namespace
}  // namespace colvec
