// Encoders on a GPU, real or emulated, through open_encoder(). The emulator's devices and memory
// are what environment variables say (tests/emulator/device.cc).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "compute/open_backends.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

// Texts that differ in length, short enough for an emulator.
std::vector<std::string> some_texts() {
  std::vector<std::string> texts = {"", "a", "Hello, world!", "東京タワー"};
  std::string text;
  for (int i = 0; i < 12; ++i) texts.push_back(text += "words and " + std::to_string(i * 7) + " ");
  return texts;
}

class CudaEncoder : public testing::Test {
 protected:
  void SetUp() override {
    const Result<OpenedBackends> gpu = open_backends("cuda", Precision::kAuto);
    if (!gpu) GTEST_SKIP() << "SKIPPED: " << gpu.error().message;
    is_emulated_ = gpu->backends[0]->isa() != "cuda";
    ::unsetenv("COLVEC_DEVICE");
  }
  void TearDown() override {
    ::unsetenv("COLVEC_EMULATED_MEMORY");
    ::unsetenv("COLVEC_EMULATED_DEVICES");
  }

  static Result<std::unique_ptr<Encoder>> open(const std::string& device, Precision precision) {
    return open_encoder(own_testdata("models/tiny-bert/model").string(),
                        {.precision = precision, .device = device});
  }

  static void expect_close(const std::vector<float>& got, const std::vector<float>& want,
                           std::size_t dimension, double least) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t begin = 0; begin < got.size(); begin += dimension) {
      double dot = 0;
      for (std::size_t i = begin; i < begin + dimension; ++i) dot += double{got[i]} * want[i];
      EXPECT_GE(dot, least) << "text " << begin / dimension;
    }
  }

  bool is_emulated_ = false;
};

TEST_F(CudaEncoder, GivesTheVectorsOfTheCpu) {
  const std::vector<std::string> texts = some_texts();
  COLVEC_ASSERT_ASSIGN(const auto cpu, open("cpu", Precision::kF32));
  const std::vector<float> want = encode_all(*cpu, texts);
  for (const Precision precision : {Precision::kAuto, Precision::kBf16, Precision::kF16}) {
    COLVEC_ASSERT_ASSIGN(const auto gpu, open("cuda", precision));
    const Precision got = gpu->info().precision;
    EXPECT_EQ(got, precision == Precision::kAuto ? Precision::kBf16 : precision);
    EXPECT_TRUE(gpu->info().isa.starts_with("cuda"));
    EXPECT_EQ(gpu->info().fingerprint, cpu->info().fingerprint);
    EXPECT_GT(gpu->bytes_at_once(), cpu->bytes_at_once());
    expect_close(encode_all(*gpu, texts), want, gpu->info().dimension, cosine_min_of(got));
  }
}

TEST_F(CudaEncoder, IsWhatAutoTakesForThePrecisionsThatItHas) {
  for (const Precision precision : {Precision::kAuto, Precision::kBf16, Precision::kF16}) {
    COLVEC_ASSERT_ASSIGN(const auto encoder, open("auto", precision));
    EXPECT_TRUE(encoder->info().isa.starts_with("cuda")) << name_of(precision);
  }
  COLVEC_ASSERT_ASSIGN(const auto exact, open("auto", Precision::kF32));
  EXPECT_FALSE(exact->info().isa.starts_with("cuda"));
  EXPECT_TRUE(exact->info().note.find("the GPU is not used: precision f32 is not for a GPU") !=
              std::string::npos)
      << exact->info().note;
}

TEST_F(CudaEncoder, RefusesAGpuThatIsNotThereAndModelsThatHaveNothingForOne) {
  const auto beyond = open("cuda:999", Precision::kBf16);
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(beyond.error().message.starts_with("no such GPU: cuda:999 (there "));
  const auto lexical = open_encoder("builtin:lexical", {.device = "cuda"});
  ASSERT_FALSE(lexical.has_value());
  EXPECT_EQ(lexical.error().message,
            "builtin:lexical: is not a transformer, so its device is cpu, not cuda");
}

TEST_F(CudaEncoder, SharesTheWorkAmongAllGpus) {
  if (is_emulated_) ::setenv("COLVEC_EMULATED_DEVICES", "3", 1);
  COLVEC_ASSERT_ASSIGN(const auto one, open("cuda:0", Precision::kBf16));
  COLVEC_ASSERT_ASSIGN(
      const auto all,
      open_encoder(own_testdata("models/tiny-bert/model").string(),
                   {.precision = Precision::kBf16, .device = "cuda:all", .batch_texts_max = 1}));
  const std::vector<std::string> texts = some_texts();
  expect_close(encode_all(*all, texts), encode_all(*one, texts), one->info().dimension, 0.99999);
}

TEST_F(CudaEncoder, CutsBatchesUntilTheyFitTheMemory) {
  if (!is_emulated_) GTEST_SKIP() << "SKIPPED: only an emulator can be short of memory";
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.push_back(some_texts().back() + std::to_string(i));
  COLVEC_ASSERT_ASSIGN(const auto roomy, open("cuda", Precision::kBf16));
  const std::vector<float> want = encode_all(*roomy, texts);
  std::size_t worked = 0;
  std::size_t refused = 0;
  for (std::size_t pieces = 12; pieces > 0; --pieces) {
    ::unsetenv("COLVEC_EMULATED_MEMORY");
    COLVEC_ASSERT_ASSIGN(const auto tight, open("cuda", Precision::kBf16));
    ::setenv("COLVEC_EMULATED_MEMORY", std::to_string(pieces * 200'000).c_str(), 1);
    std::vector<float> got(want.size());
    std::vector<TextReport> reports(texts.size());
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const Status status =
        tight->encode(views, {got.data(), texts.size(), tight->info().dimension}, reports, nullptr);
    if (status) {
      expect_close(got, want, tight->info().dimension, 0.99999);
      ++worked;
    } else {
      EXPECT_TRUE(status.error().message.starts_with("not enough memory on the GPU for a text of"))
          << status.error().message;
      ++refused;
    }
  }
  EXPECT_GT(worked, 0u);
  EXPECT_GT(refused, 0u);
}

TEST_F(CudaEncoder, AutoDoesWithoutAGpuThatHasNoRoomForTheWeights) {
  if (!is_emulated_) GTEST_SKIP() << "SKIPPED: only an emulator can be short of memory";
  ::setenv("COLVEC_EMULATED_MEMORY", "1000", 1);
  const auto asked = open("cuda", Precision::kBf16);
  ASSERT_FALSE(asked.has_value());
  EXPECT_EQ(asked.error().message, "GPU 0: cannot take the weights: out of memory");
  COLVEC_ASSERT_ASSIGN(const auto encoder, open("auto", Precision::kAuto));
  EXPECT_FALSE(encoder->info().isa.starts_with("cuda"));
  EXPECT_TRUE(encoder->info().note.ends_with(
      "the GPU is not used: GPU 0: cannot take the weights: out of memory"))
      << encoder->info().note;
  ::setenv("COLVEC_DEVICE", "cuda", 1);
  const auto named = open("auto", Precision::kAuto);
  ::unsetenv("COLVEC_DEVICE");
  ASSERT_FALSE(named.has_value()) << "the environment asks for it as the option does";
  EXPECT_EQ(named.error().message, asked.error().message);
}

}  // namespace
}  // namespace colvec
