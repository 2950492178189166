// Writes the scripts of a job: short ones, for people to read and edit.
//
// A shard is tried three times where what failed may pass: a process that a signal ended, or the
// network (exit code 6). All else Slurm is left to do: a task that it preempts or whose node goes
// is started again. The finaliser runs when all tasks have ended, in whatever way. Where vectors
// are missing then, it submits array and finaliser anew, twice at most: a shard that is done does
// nothing.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "job_record.h"

namespace colvec::cli {

// Options of sbatch as they were given: {"partition", "gpu"}.
using SlurmOptions = std::vector<std::pair<std::string, std::string>>;

// What the names of the scripts are in the folder of the job.
inline constexpr const char* kArrayScript = "array.sbatch";
inline constexpr const char* kFinaliseScript = "finalise.sbatch";
inline constexpr const char* kLocalScript = "run.sh";
// Slurm's numbers of array and finaliser, a line for each time that they were submitted.
inline constexpr const char* kSlurmJobs = "slurm_jobs";

std::string array_script(const JobRecord& job, const std::filesystem::path& folder,
                         const SlurmOptions& options);
std::string finalise_script(const JobRecord& job, const std::filesystem::path& folder,
                            const SlurmOptions& options);
// All of it as processes of this machine, `parallel` at once with `threads` each.
std::string local_script(const JobRecord& job, const std::filesystem::path& folder,
                         std::uint64_t parallel, std::uint64_t threads);

}  // namespace colvec::cli
