#include "job/output_claim.h"

#include <gtest/gtest.h>

#include <optional>

#include "temporary_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

TEST(OutputClaim, OneJobOfAProcessHasAnOutput) {
  const TemporaryFolder folder;
  const fs::path output = folder.path() / "out.duckdb";
  fs::create_symlink(folder.path(), folder.path() / "link");
  std::optional<OutputClaim> first = OutputClaim::take(output).value();
  const Result<OutputClaim> second = OutputClaim::take(folder.path() / "link" / "out.duckdb");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_TRUE(OutputClaim::take(folder.path() / "other.duckdb").has_value());
  std::optional<OutputClaim> moved = std::move(first);
  EXPECT_FALSE(OutputClaim::take(output).has_value());
  moved.reset();
  EXPECT_TRUE(OutputClaim::take(output).has_value());
}

}  // namespace
}  // namespace colvec
