#include "job_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <system_error>

#include "colvec/json.h"
#include "colvec/json_writer.h"
#include "job_scripts.h"

namespace colvec::cli {
namespace {

namespace fs = std::filesystem;

// A folder name that cannot lead elsewhere.
bool is_job_id(const std::string& id) {
  return !id.empty() &&
         id.find_first_not_of("0123456789-abcdefghijklmnopqrstuvwxyz") == std::string::npos;
}

Result<JobRecord> parse_job(const Json& json) {
  JobRecord job;
  COLVEC_ASSIGN(job.id, json.string("id"));
  COLVEC_ASSIGN(job.created_ms, json.signed_or("created_ms", 0));
  COLVEC_ASSIGN(job.engine, json.string("engine"));
  COLVEC_ASSIGN(job.shards, json.unsigned_number("shards"));
  COLVEC_ASSIGN(job.config, json.string("config"));
  COLVEC_ASSIGN(job.folder, json.string("folder"));
  COLVEC_ASSIGN(job.program, json.string("program"));
  COLVEC_ASSIGN(job.process, json.signed_or("process", 0));
  COLVEC_ASSIGN(const Json options, json.member("options"));
  COLVEC_TRY(options.each([&](std::string_view key, const Json& value) -> Status {
    COLVEC_ASSIGN(job.options[std::string(key)], value.as_string());
    return {};
  }));
  return job;
}

}  // namespace

fs::path jobs_folder(const fs::path& home) { return home / "jobs"; }
fs::path job_folder(const fs::path& home, const std::string& id) { return jobs_folder(home) / id; }

Result<std::string> make_job_folder(const fs::path& home) {
  std::error_code error;
  fs::create_directories(jobs_folder(home), error);
  if (error) return fail(ErrorCode::kIo, jobs_folder(home).string() + ": " + error.message());
  const std::string time = fmt::format("{:%Y%m%d-%H%M%S}", fmt::gmtime(std::time(nullptr)));
  for (int number = 1;; ++number) {
    const std::string id = number == 1 ? time : fmt::format("{}-{}", time, number);
    if (fs::create_directory(job_folder(home, id), error)) {
      fs::create_directory(job_folder(home, id) / "logs", error);
      return id;
    }
    if (error) return fail(ErrorCode::kIo, job_folder(home, id).string() + ": " + error.message());
  }
}

Status save_job(const fs::path& home, const JobRecord& job) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object();
  json.key("id").text(job.id).key("created_ms").number(job.created_ms);
  json.key("engine").text(job.engine).key("shards").number(job.shards);
  json.key("config").text(job.config.string()).key("folder").text(job.folder.string());
  json.key("program").text(job.program).key("options").begin_object();
  for (const auto& [key, value] : job.options) json.key(key).text(value);
  json.end_object().key("process").number(job.process).end_object();
  const fs::path path = job_folder(home, job.id) / "job.json";
  const fs::path draft = job_folder(home, job.id) / "job.json.tmp";
  std::ofstream file(draft, std::ios::binary);
  file << json.take() << "\n";
  file.close();
  std::error_code error;
  if (file) fs::rename(draft, path, error);
  if (!file || error) return fail(ErrorCode::kIo, path.string() + ": cannot be written");
  return {};
}

Result<JobRecord> read_job(const fs::path& home, const std::string& id) {
  constexpr std::size_t kBytesMax = 1 << 20;
  const auto no_such_job = fail(
      ErrorCode::kNotFound, fmt::format("{}: no such job in {}", id, jobs_folder(home).string()));
  if (!is_job_id(id)) return no_such_job;
  const Result<Json> json = Json::read(job_folder(home, id) / "job.json", kBytesMax);
  if (!json && json.error().code == ErrorCode::kNotFound) return no_such_job;
  if (!json) return tl::make_unexpected(json.error());
  COLVEC_ASSIGN(JobRecord job, parse_job(*json));
  // Those of the last time.
  std::ifstream numbers(job_folder(home, id) / kSlurmJobs);
  std::string array, finaliser;
  while (numbers >> array >> finaliser) {
    job.array_job = array;
    job.finalise_job = finaliser;
  }
  return job;
}

Result<std::vector<JobRecord>> list_jobs(const fs::path& home) {
  std::vector<JobRecord> jobs;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(jobs_folder(home), error)) {
    Result<JobRecord> job = read_job(home, entry.path().filename().string());
    if (job) jobs.push_back(std::move(*job));
  }
  std::sort(jobs.begin(), jobs.end(), [](const JobRecord& a, const JobRecord& b) {
    return std::pair(a.created_ms, a.id) > std::pair(b.created_ms, b.id);
  });
  return jobs;
}

Result<TableJobConfig> config_of(const JobRecord& job) {
  std::error_code error;
  fs::current_path(job.folder, error);
  if (error) return fail(ErrorCode::kNotFound, job.folder.string() + ": " + error.message());
  std::vector<ConfigOverride> overrides;
  for (const auto& [key, value] : job.options) overrides.push_back({key, key, value});
  return read_table_config(job.config, overrides);
}

}  // namespace colvec::cli
