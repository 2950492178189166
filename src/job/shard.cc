// Which part of a job a process has: from what the user says, or from the scheduler.
#include "colvec/shard.h"

#include <fmt/format.h>

#include "base/number.h"

namespace colvec {
namespace {

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, "--shard: " + what);
}

// Variables of one scheduler. A process of an array begins with index `first`.
struct Scheduler {
  const char* name;
  const char* index;
  const char* count;
  const char* first = nullptr;
  const char* last = nullptr;
};

constexpr Scheduler kSchedulers[] = {
    {.name = "Slurm",
     .index = "SLURM_ARRAY_TASK_ID",
     .count = "SLURM_ARRAY_TASK_COUNT",
     .first = "SLURM_ARRAY_TASK_MIN",
     .last = "SLURM_ARRAY_TASK_MAX"},
    {.name = "Kubernetes", .index = "JOB_COMPLETION_INDEX", .count = "JOB_COMPLETIONS"},
    {.name = "Open MPI", .index = "OMPI_COMM_WORLD_RANK", .count = "OMPI_COMM_WORLD_SIZE"}};

Result<std::uint64_t> number_of(const LookUpVariable& variable, const char* name,
                                std::optional<std::uint64_t> fallback = {}) {
  const std::optional<std::string> text = variable(name);
  if (!text && fallback) return *fallback;
  if (!text) return wrong(fmt::format("auto: {} is not set", name));
  std::uint64_t number = 0;
  if (!parse_number(*text, &number))
    return wrong(fmt::format("auto: {}: not a whole number: {}", name, *text));
  return number;
}

// nullopt: this scheduler has not started the process.
Result<std::optional<Shard>> shard_of(const Scheduler& scheduler, const LookUpVariable& variable) {
  if (!variable(scheduler.index)) return std::optional<Shard>();
  COLVEC_ASSIGN(const std::uint64_t index, number_of(variable, scheduler.index));
  COLVEC_ASSIGN(const std::uint64_t count, number_of(variable, scheduler.count));
  std::uint64_t first = 0;
  if (scheduler.first != nullptr) {
    COLVEC_ASSIGN(first, number_of(variable, scheduler.first));
    COLVEC_ASSIGN(const std::uint64_t last, number_of(variable, scheduler.last));
    if (last < first || last - first + 1 != count)
      return wrong(
          fmt::format("auto: the array of {} tasks from {} to {} has gaps, so that the "
                      "number of shards is not known: name the shard (--shard i/n)",
                      count, first, last));
  }
  if (index < first || index - first >= count || count > kShardsMax)
    return wrong(fmt::format("auto: {} = {} is none of {} shards", scheduler.index, index, count));
  return std::optional(Shard{.index = index - first, .count = count});
}

}  // namespace

Result<Shard> parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  Shard shard;
  if (slash == std::string_view::npos || !parse_number(text.substr(0, slash), &shard.index) ||
      !parse_number(text.substr(slash + 1), &shard.count))
    return wrong("must be i/n, such as 0/16, or auto: " + std::string(text));
  if (shard.count == 0 || shard.count > kShardsMax)
    return wrong(fmt::format("the number of shards must be 1 to {}: {}", kShardsMax, text));
  if (shard.index >= shard.count)
    return wrong(fmt::format("shards are counted from 0, the last of {0} is {1}/{0}: {2}",
                             shard.count, shard.count - 1, text));
  return shard;
}

std::string to_string(const Shard& shard) { return fmt::format("{}/{}", shard.index, shard.count); }

Result<Shard> shard_of_scheduler(const LookUpVariable& variable) {
  std::optional<Shard> found;
  const char* by = "";
  for (const Scheduler& scheduler : kSchedulers) {
    COLVEC_ASSIGN(const std::optional<Shard> shard, shard_of(scheduler, variable));
    if (!shard) continue;
    if (found && *found != *shard)
      return wrong(fmt::format("auto: {} says {}, but {} says {}: name the shard (--shard i/n)", by,
                               to_string(*found), scheduler.name, to_string(*shard)));
    found = shard;
    by = scheduler.name;
  }
  if (found) return *found;
  return wrong(
      "auto: none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX and OMPI_COMM_WORLD_RANK is set: no "
      "job array, indexed job or mpirun has started this process");
}

Precision precision_for_shards(const TableJobConfig& config) {
  return config.precision == Precision::kAuto ? Precision::kF32 : config.precision;
}

Status check_shardable(const TableJobConfig& config) {
  if (config.store.empty())
    return fail(ErrorCode::kInvalidArgument,
                "store: the config names none: shards meet in a store that all of them can reach");
  if (config.limit)
    return fail(ErrorCode::kInvalidArgument, "limit: is for one process, not for shards");
  return {};
}

}  // namespace colvec
