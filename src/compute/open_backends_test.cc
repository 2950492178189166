// What is chosen where there is no GPU; encode/cuda_encoder_test.cc has one, real or emulated.
#include "compute/open_backends.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "compute/cuda_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

class OpenBackends : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv("COLVEC_DEVICE"); }
  void TearDown() override { ::unsetenv("COLVEC_DEVICE"); }
};

TEST_F(OpenBackends, TheCpuIsThereForTheAsking) {
  COLVEC_ASSERT_ASSIGN(const OpenedBackends opened, open_backends("cpu", Precision::kF32));
  ASSERT_EQ(opened.backends.size(), 1u);
  EXPECT_EQ(opened.backends[0]->precision(), Precision::kF32);
  EXPECT_EQ(opened.note, "");
  EXPECT_EQ(opened.backends[0]->passes_at_once(), 0u);
}

TEST_F(OpenBackends, AutoIsTheCpuWhereThePrecisionIsOfTheCpu) {
  COLVEC_ASSERT_ASSIGN(const OpenedBackends opened, open_backends("auto", Precision::kF32));
  EXPECT_EQ(opened.backends.size(), 1u);
  EXPECT_FALSE(opened.backends[0]->isa().starts_with("cuda"));
}

TEST_F(OpenBackends, TheEnvironmentDecidesWhatAutoIs) {
  ::setenv("COLVEC_DEVICE", "tpu", 1);
  const Result<OpenedBackends> wrong = open_backends("auto", Precision::kF32);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message,
            "COLVEC_DEVICE: not a device: tpu (there are auto, cpu, cuda, cuda:N and cuda:all)");
  EXPECT_TRUE(open_backends("cpu", Precision::kF32).has_value()) << "which was asked for by name";
  ::setenv("COLVEC_DEVICE", "cpu", 1);
  EXPECT_TRUE(open_backends("auto", Precision::kF32).has_value());
}

TEST_F(OpenBackends, AGpuThatIsNotThereIsNotFoundAndAutoDoesWithout) {
  if (table_under_test()) GTEST_SKIP() << "SKIPPED: there is a GPU";
  for (const std::string_view device : {"cuda", "cuda:all", "cuda:3"}) {
    const Result<OpenedBackends> none = open_backends(device, Precision::kBf16);
    ASSERT_FALSE(none.has_value()) << device;
    EXPECT_EQ(none.error().code, ErrorCode::kNotFound) << none.error().message;
  }
  COLVEC_ASSERT_ASSIGN(const OpenedBackends opened, open_backends("auto", Precision::kAuto));
  EXPECT_FALSE(opened.backends[0]->isa().starts_with("cuda"));
  const Result<OpenedBackends> half = open_backends("auto", Precision::kF16);
  ASSERT_FALSE(half.has_value());
  EXPECT_EQ(half.error().message, "precision f16 needs a GPU");
}

}  // namespace
}  // namespace colvec
