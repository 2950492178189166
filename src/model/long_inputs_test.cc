// Texts of thousands of tokens, in every family that can take them: memory grows with the tokens,
// not with their square, and a row has the same bits in any company.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "compute/backend.h"
#include "model/model.h"
#include "model/model_fixture.h"
#include "model/model_folder.h"
#include "model/synthesize.h"
#include "model/weights.h"
#include "testdata.h"

namespace colvec {
namespace {

struct LongFamily {
  const char* name;
  const char* config;
};

#define COLVEC_SHAPE                                                                    \
  R"("vocab_size":200,"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":2,)" \
  R"("intermediate_size":48,"max_position_embeddings":9000,"pad_token_id":1,)"
constexpr LongFamily kLongFamilies[] = {
    {"bert", "{" COLVEC_SHAPE R"("model_type":"bert"})"},
    {"roberta", "{" COLVEC_SHAPE R"("model_type":"roberta"})"},
    {"mpnet", "{" COLVEC_SHAPE R"("model_type":"mpnet"})"},
    {"modernbert", "{" COLVEC_SHAPE R"("model_type":"modernbert"})"},
    {"gte", "{" COLVEC_SHAPE R"("model_type":"new"})"},
    {"jina", "{" COLVEC_SHAPE R"("model_type":"bert","position_embedding_type":"alibi"})"},
    {"qwen2", "{" COLVEC_SHAPE R"("model_type":"qwen2","num_key_value_heads":1})"},
    {"qwen3", "{" COLVEC_SHAPE R"("model_type":"qwen3","num_key_value_heads":1})"},
    {"gemma3",
     "{" COLVEC_SHAPE R"("model_type":"gemma3_text","num_key_value_heads":1,"head_dim":16,)"
     R"("sliding_window":512,"sliding_window_pattern":2,"use_bidirectional_attention":true})"},
    {"nomic_bert",
     R"({"model_type":"nomic_bert","vocab_size":200,"n_embd":32,"n_layer":2,"n_head":2,)"
     R"("n_inner":48,"activation_function":"gelu","rotary_scaling_factor":2,)"
     R"("num_experts":3,"moe_top_k":2,"moe_every_n_layers":2})"},
};
#undef COLVEC_SHAPE

class LongInputs : public testing::TestWithParam<LongFamily> {
 protected:
  void SetUp() override {
    folder_.write("config/config.json", GetParam().config);
    const std::filesystem::path model = folder_.path() / "model";
    const Status written = write_synthetic_model(folder_.path() / "config", model, 3);
    ASSERT_TRUE(written.has_value()) << written.error().message;
    COLVEC_ASSERT_ASSIGN(const ModelFolder folder, read_model_folder(model));
    COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
    COLVEC_ASSERT_ASSIGN(const Family* family, find_family(*folder.config));
    COLVEC_ASSERT_ASSIGN(model_, family->load(*folder.config, weights, *backend_));
  }

  // The hidden states of sequences of these lengths, one after the other, or those of them that
  // are asked for.
  std::vector<float> run(const std::vector<std::uint32_t>& lengths, WantedRows wanted = {}) {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint32_t> starts = {0};
    for (const std::uint32_t length : lengths) {
      std::mt19937 random(length);  // The tokens depend on the length alone.
      for (std::uint32_t i = 0; i < length; ++i)
        ids.push_back(static_cast<std::uint32_t>(2 + random() % 190));
      starts.push_back(starts.back() + length);
    }
    const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
    const Mat states = model_->forward(ids, starts, wanted, *scratch);
    std::vector<float> out(states.rows * states.cols);
    backend_->download(states, {out.data(), states.rows, states.cols});
    return out;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Backend> backend_ = make_cpu_backend();
  std::unique_ptr<Model> model_;
};

INSTANTIATE_TEST_SUITE_P(All, LongInputs, testing::ValuesIn(kLongFamilies),
                         [](const auto& family) { return std::string(family.param.name); });

// Kilobytes that the process has had in memory at most since the last call.
std::size_t take_peak_kilobytes() {
  std::size_t peak = 0;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) peak = std::stoul(line.substr(6));
  std::ofstream("/proc/self/clear_refs") << "5";
  return peak;
}

TEST_P(LongInputs, TakeMemoryThatIsLinearInTheTokens) {
  if (kSanitized) GTEST_SKIP() << "SKIPPED: slow here; the optimised build measures its memory";
  constexpr std::uint32_t kTokens = 8192;
  run({64});
  take_peak_kilobytes();
  run({kTokens / 4});
  const std::size_t peak = take_peak_kilobytes();
  const std::vector<float> longer = run({kTokens});
  const std::size_t longer_peak = take_peak_kilobytes();
  for (const float state : longer) ASSERT_TRUE(std::isfinite(state));
  // A matrix of 4096 x 4096 scores alone would be 65,536 kB. What is linear here: some 20 rows of
  // 32 numbers for a token, and what the threads work in.
  EXPECT_LT(longer_peak, peak + 40'000);
}

TEST_P(LongInputs, HaveTheSameBitsInAnyCompany) {
  const std::vector<std::uint32_t> lengths = {1000, 3, 2500, 40};
  const std::vector<float> together = run(lengths);
  auto begin = together.begin();
  for (const std::uint32_t length : lengths) {
    const std::vector<float> alone = run({length});
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(), begin)) << length;
    begin += static_cast<std::ptrdiff_t>(alone.size());
  }
}

TEST_P(LongInputs, HaveTheSameBitsWhereOnlySomeRowsAreAskedFor) {
  const std::vector<std::uint32_t> lengths = {3, 70, 1, 40};
  const std::vector<std::uint32_t> wanted = {0, 3, 5, 72, 73, 113};
  const std::vector<float> all = run(lengths);
  const std::vector<float> some = run(lengths, wanted);
  const std::size_t hidden = model_->hidden();
  ASSERT_EQ(some.size(), wanted.size() * hidden);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_TRUE(std::equal(some.data() + i * hidden, some.data() + (i + 1) * hidden,
                           all.data() + wanted[i] * hidden))
        << "row " << wanted[i];
}

}  // namespace
}  // namespace colvec
