// For tests of shards: a job with a store, run in parts and finalised.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "colvec/shard.h"
#include "job/job_fixture.h"

namespace colvec {

class ShardTest : public testing::Test {
 protected:
  ShardTest() {
    config_ = folder_.config();
    config_.store = folder_.path() / "store";
    // Texts that rows share, NULL, empty, and one that is cut short.
    folder_.run("input",
                "CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 50 = 7 THEN NULL WHEN i % 70 = 3 "
                "THEN '' WHEN i % 9 = 1 THEN 'shared ' || (i % 40) WHEN i = 5 THEN repeat('x', 50) "
                "ELSE 'text ' || i END AS text FROM range(1000) r(i)");
  }

  ShardSummary shard(std::uint64_t index, std::uint64_t count) {
    const auto summary = embed_shard(config_, encoder_, {.index = index, .count = count}, {});
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary.value_or(ShardSummary{});
  }
  FinaliseSummary finalise() {
    const auto summary = finalise_table(config_, encoder_, {});
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().message);
    return summary.value_or(FinaliseSummary{});
  }
  Error finalise_error() {
    const auto summary = finalise_table(config_, encoder_, {});
    EXPECT_FALSE(summary.has_value());
    return summary ? Error{} : summary.error();
  }
  // The rows of the output, and its issues.
  std::vector<std::string> rows(const std::string& table = "vectors") {
    return folder_.rows("output", "SELECT * FROM " + table + " ORDER BY id");
  }
  std::vector<std::string> issues(const std::string& table = "vectors") {
    return folder_.rows("output", "SELECT * FROM " + table + "_issues ORDER BY ALL");
  }
  // The same by one process, without a store, as the table `whole`.
  void embed_whole() {
    TableJobConfig config = config_;
    config.store.clear();
    config.output_table = "whole";
    const auto summary = embed_table(config, encoder_, {});
    ASSERT_TRUE(summary.has_value()) << summary.error().message;
  }

  JobFolder folder_;
  FakeEncoder encoder_;
  TableJobConfig config_;
};

}  // namespace colvec
