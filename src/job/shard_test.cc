#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "colvec/shard.h"

namespace colvec {
namespace {

using testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Result<Shard> scheduled(const Variables& variables) {
  return shard_of_scheduler([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Shard, IsWrittenAsIndexAndCountFromZero) {
  EXPECT_EQ(parse_shard("0/1").value(), (Shard{.index = 0, .count = 1}));
  EXPECT_EQ(parse_shard("15/16").value(), (Shard{.index = 15, .count = 16}));
  EXPECT_EQ(to_string(Shard{.index = 15, .count = 16}), "15/16");
}

TEST(Shard, RefusesWhatIsNoneAndSaysWhatIs) {
  for (const char* text : {"", "/", "3", "3/", "/16", "-1/16", "3/16 ", "a/b", "3/0", "3/100001"}) {
    const auto shard = parse_shard(text);
    ASSERT_FALSE(shard.has_value()) << text;
    EXPECT_EQ(shard.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(parse_shard("16/16").error().message, HasSubstr("the last of 16 is 15/16: 16/16"));
}

TEST(Shard, FollowsTheVariablesOfEachScheduler) {
  const struct {
    Variables variables;
    Shard shard;
  } cases[] = {{{{"SLURM_ARRAY_TASK_ID", "3"},
                 {"SLURM_ARRAY_TASK_COUNT", "16"},
                 {"SLURM_ARRAY_TASK_MIN", "0"},
                 {"SLURM_ARRAY_TASK_MAX", "15"}},
                {3, 16}},
               // --array=1-16
               {{{"SLURM_ARRAY_TASK_ID", "16"},
                 {"SLURM_ARRAY_TASK_COUNT", "16"},
                 {"SLURM_ARRAY_TASK_MIN", "1"},
                 {"SLURM_ARRAY_TASK_MAX", "16"}},
                {15, 16}},
               {{{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "4"}}, {0, 4}},
               {{{"OMPI_COMM_WORLD_RANK", "7"}, {"OMPI_COMM_WORLD_SIZE", "8"}}, {7, 8}}};
  for (const auto& one : cases) EXPECT_EQ(scheduled(one.variables).value(), one.shard);
}

TEST(Shard, IsNotGuessedWhereTheSchedulerIsUnclear) {
  const struct {
    Variables variables;
    const char* message;
  } cases[] = {{{}, "none of SLURM_ARRAY_TASK_ID"},
               {{{"JOB_COMPLETION_INDEX", "0"}}, "JOB_COMPLETIONS is not set"},
               {{{"JOB_COMPLETION_INDEX", "4"}, {"JOB_COMPLETIONS", "4"}}, "is none of 4 shards"},
               {{{"JOB_COMPLETION_INDEX", "x"}, {"JOB_COMPLETIONS", "4"}}, "not a whole number: x"},
               // --array=3,7 is no two shards.
               {{{"SLURM_ARRAY_TASK_ID", "7"},
                 {"SLURM_ARRAY_TASK_COUNT", "2"},
                 {"SLURM_ARRAY_TASK_MIN", "3"},
                 {"SLURM_ARRAY_TASK_MAX", "7"}},
                "has gaps"},
               {{{"JOB_COMPLETION_INDEX", "0"},
                 {"JOB_COMPLETIONS", "4"},
                 {"OMPI_COMM_WORLD_RANK", "1"},
                 {"OMPI_COMM_WORLD_SIZE", "2"}},
                "Kubernetes says 0/4, but Open MPI says 1/2"}};
  for (const auto& one : cases) {
    const auto shard = scheduled(one.variables);
    ASSERT_FALSE(shard.has_value()) << one.message;
    EXPECT_EQ(shard.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(shard.error().message, HasSubstr(one.message));
  }
}

TEST(Shard, AutomaticPrecisionIsOneThatAllMachinesHave) {
  TableJobConfig config;
  EXPECT_EQ(precision_for_shards(config), Precision::kF32);
  config.precision = Precision::kBf16;
  EXPECT_EQ(precision_for_shards(config), Precision::kBf16);
}

}  // namespace
}  // namespace colvec
