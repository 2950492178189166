// colvec submit: a table job as shards of a scheduler that is there already.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include "colvec/json_writer.h"
#include "colvec/shard.h"
#include "command.h"
#include "home_option.h"
#include "job_record.h"
#include "job_scripts.h"
#include "print.h"
#include "run_program.h"
#include "table_options.h"
#include "text.h"

namespace colvec::cli {
namespace {

namespace fs = std::filesystem;

struct SubmitArgs {
  TableOptions table;
  HomeOption home;
  std::string engine = "slurm";
  std::uint64_t shards = 0;
  std::uint64_t parallel = 0;
  std::string program;
  bool dry_run = false;
  bool wait = false;
  bool json = false;
  // Options of sbatch, by name.
  std::map<std::string, std::string> slurm;
};

constexpr std::pair<const char*, const char*> kSlurmOptions[] = {
    {"partition", "Where the tasks run"},
    {"account", "Whom they are charged to"},
    {"qos", "Their quality of service"},
    {"time", "The longest that a task may take: 2:00:00"},
    {"gres", "What each task has beside processors: gpu:1"},
    {"cpus-per-task", "Processors of each task"},
    {"memory", "Memory of each task: 8G"},
    {"constraint", "Features that nodes must have"}};

// The name that sbatch has for it.
std::string sbatch_name(const std::string& option) { return option == "memory" ? "mem" : option; }

SlurmOptions slurm_options(const SubmitArgs& args, bool is_shard) {
  SlurmOptions options;
  for (const auto& [name, help] : kSlurmOptions) {
    const auto found = args.slurm.find(name);
    if (found == args.slurm.end() || found->second.empty()) continue;
    // The finaliser computes nothing.
    if (!is_shard && std::string_view(name) == "gres") continue;
    options.emplace_back(sbatch_name(name), found->second);
  }
  return options;
}

// "auto" for one that runs this very program.
std::string this_program() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "colvec" : path.string();
}

Status write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kIo, path.string() + ": cannot be written");
  return {};
}

Status write_script(const fs::path& path, const std::string& text) {
  COLVEC_TRY(write_text(path, text));
  std::error_code error;
  fs::permissions(path, fs::perms::owner_exec, fs::perm_options::add, error);
  if (error) return fail(ErrorCode::kIo, path.string() + ": cannot be written");
  return {};
}

// "1234", of "1234;cluster".
Result<std::string> sbatch(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"sbatch", "--parsable"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  COLVEC_ASSIGN(const std::string said, output_of(command));
  const std::string number = said.substr(0, said.find_first_of(";\n"));
  if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos)
    return fail(ErrorCode::kIo,
                "sbatch: does not say the number of the job: " + one_line(said, 80));
  return number;
}

Status submit_to_slurm(const SubmitArgs& args, const fs::path& folder, JobRecord* job) {
  COLVEC_TRY(
      write_script(folder / kArrayScript, array_script(*job, folder, slurm_options(args, true))));
  COLVEC_TRY(write_script(folder / kFinaliseScript,
                          finalise_script(*job, folder, slurm_options(args, false))));
  if (args.dry_run) return {};
  if (!has_program("sbatch"))
    return fail(ErrorCode::kNotFound,
                "sbatch: no such program in PATH: Slurm is not here (--engine local runs the "
                "shards on this machine)");
  COLVEC_ASSIGN(job->array_job, sbatch({(folder / kArrayScript).string()}));
  Result<std::string> finalise =
      sbatch({"--dependency=afterany:" + job->array_job, (folder / kFinaliseScript).string()});
  if (!finalise) {
    // Half a job is none.
    (void)run_program({"scancel", job->array_job});
    return tl::make_unexpected(std::move(finalise).error());
  }
  job->finalise_job = *finalise;
  const Status noted =
      write_text(folder / kSlurmJobs, job->array_job + ' ' + job->finalise_job + '\n');
  if (!noted) (void)run_program({"scancel", job->array_job, job->finalise_job});
  return noted;
}

Status start_here(const SubmitArgs& args, const fs::path& folder, JobRecord* job) {
  const std::uint64_t cores = std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t parallel = args.parallel > 0 ? args.parallel : std::min(args.shards, cores);
  COLVEC_TRY(write_script(
      folder / kLocalScript,
      local_script(*job, folder, parallel, std::max<std::uint64_t>(1, cores / parallel))));
  if (args.dry_run) return {};
  COLVEC_ASSIGN(job->process, start_program({"bash", (folder / kLocalScript).string()},
                                            folder / "logs" / "run.log"));
  return {};
}

Status check(const SubmitArgs& args, const TableJobConfig& config) {
  if (args.shards == 0 || args.shards > kShardsMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--shards: must be 1 to {}: {}", kShardsMax, args.shards));
  COLVEC_TRY(check_shardable(config));
  if (args.engine != "slurm" && !slurm_options(args, true).empty())
    return fail(ErrorCode::kInvalidArgument,
                "--" + slurm_options(args, true).front().first + ": is for --engine slurm");
  return {};
}

// Whether Slurm does not know the job any more, or has nothing of it in the queue. A controller
// that does not answer says nothing about a job.
bool has_left_queue(const ProgramResult& queued) {
  if (queued.code == 0) return queued.output.empty();
  return queued.errors.find("Invalid job id") != std::string::npos;
}

// Waits until Slurm has no finaliser of the job any more; the exit code that the last one noted.
Result<int> wait_for_slurm(const fs::path& home, const std::string& id) {
  constexpr std::chrono::seconds kPause{2};
  bool has_told = false;
  while (true) {
    COLVEC_ASSIGN(const JobRecord job, read_job(home, id));
    COLVEC_ASSIGN(const ProgramResult queued, run_program({"squeue", "--noheader", "--format=%i",
                                                           "--jobs=" + job.finalise_job}));
    COLVEC_ASSIGN(const JobRecord now, read_job(home, id));
    const bool has_ended = has_left_queue(queued);
    if (has_ended && now.finalise_job == job.finalise_job) break;
    if (queued.code != 0 && !has_ended && !has_told)
      print(stderr, "note: squeue: {}; asking on\n",
            one_line(queued.errors.substr(0, queued.errors.find('\n')), 120));
    has_told = queued.code != 0;
    std::this_thread::sleep_for(kPause);
  }
  std::ifstream file(job_folder(home, id) / "logs" / "finalise.exit");
  int code = 1;
  file >> code;
  return file ? code : 1;
}

// What the exit code of a job's finaliser says.
Status outcome_of(int code, const std::string& id) {
  if (code == 0) return {};
  if (code == exit_code(ErrorCode::kPolicy))
    return fail(ErrorCode::kPolicy,
                fmt::format("job {}: the output is written, but rows met a policy that is `error`: "
                            "colvec jobs logs {}",
                            id, id));
  for (const ErrorCode known :
       {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kUnsupported,
        ErrorCode::kCorruption, ErrorCode::kConflict, ErrorCode::kCancelled})
    if (code == exit_code(known))
      return fail(known, fmt::format("job {}: not finalised: colvec jobs logs {}", id, id));
  return fail(ErrorCode::kIo, fmt::format("job {}: not finalised, the finaliser ended with {}: "
                                          "colvec jobs logs {}",
                                          id, code, id));
}

void print_submitted_json(const JobRecord& job, const fs::path& folder) {
  JsonWriter json;
  json.begin_object().key("id").text(job.id).key("folder").text(folder.string());
  json.key("array_job").text(job.array_job).key("finalise_job").text(job.finalise_job);
  print("{}\n", json.end_object().take());
}

Status run_submit(const SubmitArgs& args) {
  COLVEC_ASSIGN(const TableJobConfig config, args.table.read());
  COLVEC_TRY(check(args, config));
  const fs::path home = args.home.home();
  COLVEC_ASSIGN(const std::string id, make_job_folder(home));
  JobRecord job{.id = id,
                .created_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count(),
                .engine = args.engine,
                .shards = args.shards,
                .config = fs::absolute(args.table.path()).lexically_normal(),
                .options = args.table.given(),
                .folder = fs::current_path(),
                .program = args.program.empty() ? this_program() : args.program};
  const fs::path folder = job_folder(home, id);
  Status submitted =
      args.engine == "slurm" ? submit_to_slurm(args, folder, &job) : start_here(args, folder, &job);
  COLVEC_TRY(save_job(home, job));
  COLVEC_TRY(std::move(submitted));
  if (args.json)
    print_submitted_json(job, folder);
  else
    print("{} {}: {} shards, in {}\n", args.dry_run ? "Wrote the scripts of" : "Submitted", job.id,
          job.shards, folder.string());
  std::fflush(stdout);
  if (args.dry_run || !args.wait) return {};
  int code = 0;
  if (args.engine == "local")
    code = wait_for(static_cast<pid_t>(job.process));
  else {
    COLVEC_ASSIGN(code, wait_for_slurm(home, id));
  }
  return outcome_of(code, id);
}

}  // namespace

std::function<Status()> prepare_submit(CLI::App& app) {
  auto args = std::make_shared<SubmitArgs>();
  args->table.add_to(app);
  args->home.add_to(app);
  app.add_option("--engine", args->engine, "Who runs the shards: a Slurm cluster, or this machine")
      ->check(CLI::IsMember({"slurm", "local"}))
      ->capture_default_str();
  app.add_option("--shards", args->shards, "Into how many parts the texts are cut")->required();
  app.add_option("--parallel", args->parallel, "Of --engine local: shards at once; 0: one a core");
  app.add_option("--program", args->program, "The colvec that tasks run; else this one");
  app.add_flag("--dry-run", args->dry_run, "Only write the scripts");
  app.add_flag("--wait", args->wait, "Come back when the output is written");
  app.add_flag("--json", args->json, "One JSON object");
  for (const auto& [name, help] : kSlurmOptions)
    app.add_option("--" + std::string(name), args->slurm[name], help)
        ->group("As sbatch has them")
        ->type_name("VALUE");
  return [args] { return run_submit(*args); };
}

}  // namespace colvec::cli
