// What is known of a submitted job: a folder below the home.
//
//   <home>/jobs/<id>/job.json          what was submitted, and how to find it again
//   <home>/jobs/<id>/array.sbatch ...  the scripts that run it (job_scripts.h)
//   <home>/jobs/<id>/slurm_jobs        the numbers that Slurm gave array and finaliser
//   <home>/jobs/<id>/logs/             shard-3.log, shard-3.exit (its code), finalise.log, ...
//
// Errors: kNotFound: no such job; kCorruption: job.json, by its path; kIo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/table_job.h"

namespace colvec::cli {

struct JobRecord {
  std::string id;
  std::int64_t created_ms = 0;  // Since the epoch.
  std::string engine;           // "slurm", "local".
  std::uint64_t shards = 0;
  std::filesystem::path config{};                // All paths are absolute.
  std::map<std::string, std::string> options{};  // Values in the place of the config's, by key.
  std::filesystem::path folder{};                // Where it was submitted, and runs.
  std::string program{};
  std::string array_job{};  // Slurm's number of the array, of the finaliser.
  std::string finalise_job{};
  std::int64_t process = 0;  // On this machine.
};

std::filesystem::path jobs_folder(const std::filesystem::path& home);
std::filesystem::path job_folder(const std::filesystem::path& home, const std::string& id);

// A name that no other job of the home has: "20261126-014500", or with "-2" behind it. Makes its
// folder.
Result<std::string> make_job_folder(const std::filesystem::path& home);

Status save_job(const std::filesystem::path& home, const JobRecord& job);
Result<JobRecord> read_job(const std::filesystem::path& home, const std::string& id);
// The newest first.
Result<std::vector<JobRecord>> list_jobs(const std::filesystem::path& home);

// The config that the job's shards read. Changes the current folder to that of the job: options may
// have relative paths.
Result<TableJobConfig> config_of(const JobRecord& job);

}  // namespace colvec::cli
