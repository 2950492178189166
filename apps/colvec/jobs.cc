// colvec jobs list, status, cancel, logs: what became of a submitted job.
//
// How far it is, the log of its store says; what runs and what waits, the scheduler.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <fstream>
#include <sstream>

#include "colvec/json_writer.h"
#include "colvec/shard.h"
#include "command.h"
#include "home_option.h"
#include "job_record.h"
#include "job_scripts.h"
#include "print.h"
#include "run_program.h"
#include "text.h"

namespace colvec::cli {
namespace {

namespace fs = std::filesystem;

struct JobsArgs {
  HomeOption home;
  std::string id;
  bool json = false;
  std::optional<std::uint64_t> shard;
  bool finalise = false;
  std::size_t lines = 10;
};

std::string time_of(std::int64_t time_ms) { return time_ms == 0 ? "" : utc_time(time_ms); }

std::vector<std::string> words_of(const std::string& line, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
  return words;
}

// What the scheduler says of a task: "RUNNING n2", "PENDING (Priority)", "FAILED (6)", "".
struct TaskStates {
  std::map<std::uint64_t, std::string> shards;
  std::string finaliser;
  std::string note;  // Why they are not known; "" where they are.

  void set(const JobRecord& job, const std::string& number, const std::string& task,
           const std::string& state) {
    if (number == job.finalise_job) finaliser = state;
    if (number != job.array_job || task.empty()) return;
    if (task.find_first_not_of("0123456789") == std::string::npos)
      shards[std::strtoull(task.c_str(), nullptr, 10)] = state;
  }
};

// Of tasks that have ended, where Slurm keeps accounts.
void ask_sacct(const JobRecord& job, TaskStates* states) {
  if (!has_program("sacct")) return;
  const Result<ProgramResult> asked = run_program(
      {"sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State,ExitCode",
       "--jobs=" + job.array_job + "," + job.finalise_job});
  if (!asked || asked->code != 0) return;
  for (const std::string& line : words_of(asked->output, '\n')) {
    const std::vector<std::string> words = words_of(line, '|');
    if (words.size() < 2) continue;
    const std::size_t underscore = words[0].find('_');
    states->set(job, words[0].substr(0, underscore),
                underscore == std::string::npos ? "" : words[0].substr(underscore + 1),
                words[1] + (words.size() > 2 && words[2] != "0:0" ? " " + words[2] : ""));
  }
}

TaskStates ask_slurm(const JobRecord& job) {
  TaskStates states;
  ask_sacct(job, &states);
  const Result<ProgramResult> asked =
      run_program({"squeue", "--noheader", "--array", "--states=all", "--format=%F|%K|%T|%R",
                   "--jobs=" + job.array_job + "," + job.finalise_job});
  if (!asked) states.note = asked.error().message;
  // Slurm forgets jobs some minutes after their end: that is none of its errors here.
  if (!asked || asked->code != 0) return states;
  for (const std::string& line : words_of(asked->output, '\n')) {
    const std::vector<std::string> words = words_of(line, '|');
    if (words.size() < 3) continue;
    const std::string where = words.size() > 3 && words[2] != "COMPLETED" ? " " + words[3] : "";
    states.set(job, words[0], words[1], words[2] + where);
  }
  return states;
}

bool is_running_here(const JobRecord& job, const fs::path& folder) {
  if (job.process <= 0) return false;
  // The number may be another process's by now.
  std::ifstream file(fmt::format("/proc/{}/cmdline", job.process), std::ios::binary);
  const std::string command{std::istreambuf_iterator<char>(file), {}};
  return command.find((folder / kLocalScript).string()) != std::string::npos;
}

// What the tasks noted at their end, where no scheduler says that they are at work again.
void add_ends(const JobRecord& job, const fs::path& folder, bool is_running, TaskStates* states) {
  const std::string policy_met = std::to_string(exit_code(ErrorCode::kPolicy));
  const auto add = [&](const std::string& name, std::string* state) {
    if (!state->empty() && !state->starts_with("FAILED")) return;
    std::ifstream file(folder / "logs" / (name + ".exit"));
    std::string code;
    // A task that met rows which a policy calls an error has done all its work.
    if (std::getline(file, code))
      *state = code == "0"          ? "COMPLETED"
               : code == policy_met ? "COMPLETED " + code + " (rows met a policy)"
                                    : "FAILED " + code;
    else if (state->empty() && fs::exists(folder / "logs" / (name + ".log")))
      *state = is_running ? "RUNNING" : "STOPPED";
  };
  for (std::uint64_t shard = 0; shard < job.shards; ++shard)
    add(fmt::format("shard-{}", shard), &states->shards[shard]);
  add("finalise", &states->finaliser);
}

// All that is known of a job.
struct JobStatus {
  JobRecord job;
  TaskStates states;
  std::vector<ShardProgress> shards;  // One for each, in their order.
  std::uint64_t shards_done = 0;
  std::uint64_t shards_begun = 0;
  std::uint64_t texts = 0;
  double texts_per_second = 0;  // Of the shards that are at work.
  double eta_seconds = 0;       // 0: not known.
};

bool is_running(const std::string& state) { return state.starts_with("RUNNING"); }

void sum_up(const std::vector<ShardProgress>& progress, JobStatus* status) {
  status->shards.resize(status->job.shards);
  for (std::uint64_t i = 0; i < status->job.shards; ++i)
    status->shards[i].shard = {.index = i, .count = status->job.shards};
  double longest = 0;
  double rate_sum = 0;
  std::uint64_t texts_left = 0;
  for (const ShardProgress& shard : progress) {
    if (shard.shard.count != status->job.shards) continue;
    status->shards[shard.shard.index] = shard;
    ++status->shards_begun;
    status->texts += shard.texts_in_all;
    if (shard.done) continue;
    texts_left += shard.texts - std::min(shard.texts, shard.texts_embedded);
    longest = std::max(longest, shard.eta_seconds);
    if (is_running(status->states.shards[shard.shard.index])) rate_sum += shard.texts_per_second;
  }
  for (ShardProgress& shard : status->shards) {
    // One that found nothing to do has not committed anything.
    shard.done = shard.done || status->states.shards[shard.shard.index].starts_with("COMPLETED");
    status->shards_done += shard.done;
  }
  status->texts_per_second = rate_sum;
  if (rate_sum <= 0 || status->shards_begun == 0) return;
  // Shards that have not begun have about as much to do as those that have.
  double texts_of_shard = 0;
  for (const ShardProgress& shard : progress) texts_of_shard += static_cast<double>(shard.texts);
  texts_of_shard /= static_cast<double>(status->shards_begun);
  const auto waiting = static_cast<double>(
      std::count_if(status->shards.begin(), status->shards.end(),
                    [](const ShardProgress& shard) { return !shard.done && shard.runs == 0; }));
  status->eta_seconds =
      std::max(longest, (static_cast<double>(texts_left) + waiting * texts_of_shard) / rate_sum);
}

Result<JobStatus> status_of(const JobsArgs& args) {
  JobStatus status;
  const fs::path home = args.home.home();
  COLVEC_ASSIGN(status.job, read_job(home, args.id));
  const fs::path folder = job_folder(home, args.id);
  if (status.job.engine == "slurm") status.states = ask_slurm(status.job);
  add_ends(status.job, folder, is_running_here(status.job, folder), &status.states);
  COLVEC_ASSIGN(const TableJobConfig config, config_of(status.job));
  COLVEC_ASSIGN(const std::vector<ShardProgress> progress,
                read_shard_progress(config, status.job.created_ms));
  sum_up(progress, &status);
  return status;
}

void print_status(JobStatus& status) {
  print("{}: {} of {} shards done, {} texts embedded{}{}\n", status.job.id, status.shards_done,
        status.job.shards, with_commas(status.texts),
        status.texts_per_second > 0
            ? fmt::format(", {} texts/s",
                          with_commas(static_cast<std::uint64_t>(status.texts_per_second)))
            : "",
        status.eta_seconds > 0 ? ", ETA " + duration(status.eta_seconds) : "");
  print("  {:>6}  {:<24} {:>25} {:>10} {:>9}  {}\n", "shard", "state", "texts", "texts/s", "ETA",
        "last commit (UTC)");
  for (const ShardProgress& shard : status.shards) {
    const std::string texts =
        shard.texts == 0 ? ""
                         : with_commas(shard.texts_embedded) + " / " + with_commas(shard.texts);
    const std::string& state = status.states.shards[shard.shard.index];
    print("  {:>6}  {:<24} {:>25} {:>10} {:>9}  {}\n", shard.shard.index,
          one_line(shard.done && !is_running(state) ? "done" : state, 24), texts,
          shard.texts_per_second > 0
              ? with_commas(static_cast<std::uint64_t>(shard.texts_per_second))
              : "",
          shard.eta_seconds > 0 ? duration(shard.eta_seconds) : "", time_of(shard.last_commit_ms));
  }
  print("  finaliser: {}\n",
        status.states.finaliser.empty() ? "not known" : status.states.finaliser);
  std::fflush(stdout);
  if (!status.states.note.empty()) print(stderr, "note: {}\n", status.states.note);
}

void print_status_json(JobStatus& status) {
  JsonWriter json;
  json.begin_object().key("id").text(status.job.id).key("engine").text(status.job.engine);
  json.key("shards_done").number(status.shards_done).key("texts").number(status.texts);
  json.key("texts_per_second").rounded(status.texts_per_second, 1);
  json.key("eta_seconds").rounded(status.eta_seconds, 1);
  json.key("finaliser").text(status.states.finaliser).key("shards").begin_list();
  for (const ShardProgress& shard : status.shards) {
    json.begin_object().key("shard").number(shard.shard.index);
    json.key("state").text(status.states.shards[shard.shard.index]);
    json.key("done").boolean(shard.done).key("texts").number(shard.texts);
    json.key("texts_embedded").number(shard.texts_embedded);
    json.key("texts_in_all").number(shard.texts_in_all).key("runs").number(shard.runs);
    json.key("texts_per_second").rounded(shard.texts_per_second, 1);
    json.key("eta_seconds").rounded(shard.eta_seconds, 1);
    json.key("last_commit_ms").number(shard.last_commit_ms).end_object();
  }
  print("{}\n", json.end_list().end_object().take());
}

Status run_status(const JobsArgs& args) {
  COLVEC_ASSIGN(JobStatus status, status_of(args));
  args.json ? print_status_json(status) : print_status(status);
  return {};
}

void print_jobs_json(const std::vector<JobRecord>& jobs) {
  JsonWriter json;
  json.begin_list();
  for (const JobRecord& job : jobs) {
    json.begin_object().key("id").text(job.id).key("engine").text(job.engine);
    json.key("shards").number(job.shards).key("created_ms").number(job.created_ms);
    json.key("config").text(job.config.string()).end_object();
  }
  print("{}\n", json.end_list().take());
}

Status run_list(const JobsArgs& args) {
  COLVEC_ASSIGN(const std::vector<JobRecord> jobs, list_jobs(args.home.home()));
  if (args.json) {
    print_jobs_json(jobs);
    return {};
  }
  for (const JobRecord& job : jobs)
    print("{:<20} {:<6} {:>6} shards  {}  {}\n", job.id, job.engine, job.shards,
          time_of(job.created_ms), job.config.string());
  if (jobs.empty())
    print(stderr, "No jobs in {} (colvec submit makes one)\n",
          jobs_folder(args.home.home()).string());
  return {};
}

Status run_cancel(const JobsArgs& args) {
  const fs::path home = args.home.home();
  COLVEC_ASSIGN(const JobRecord job, read_job(home, args.id));
  if (job.engine == "slurm") {
    COLVEC_TRY(output_of({"scancel", job.finalise_job, job.array_job}));
  } else if (!is_running_here(job, job_folder(home, job.id))) {
    print("{}: does not run\n", job.id);
    return {};
  } else if (::kill(-static_cast<pid_t>(job.process), SIGTERM) != 0) {
    return fail(ErrorCode::kIo, job.id + ": cannot be stopped");
  }
  print("{}: cancelled; what was committed stays, and goes on when it is submitted again\n",
        job.id);
  return {};
}

// The last lines of a file.
void print_end(const fs::path& path, std::size_t lines_max) {
  std::ifstream file(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line);
    if (lines_max > 0 && lines.size() > lines_max) lines.pop_front();
  }
  print("==> {} <==\n", path.filename().string());
  for (const std::string& line : lines) print("{}\n", line);
}

Status run_logs(const JobsArgs& args) {
  const fs::path home = args.home.home();
  COLVEC_ASSIGN(const JobRecord job, read_job(home, args.id));
  const fs::path folder = job_folder(home, job.id) / "logs";
  std::vector<std::string> names;
  if (args.shard) {
    names = {fmt::format("shard-{}.log", *args.shard)};
  } else if (args.finalise) {
    names = {"finalise.log"};
  } else {
    for (std::uint64_t i = 0; i < job.shards; ++i) names.push_back(fmt::format("shard-{}.log", i));
    names.insert(names.end(), {"finalise.log", "run.log"});
  }
  std::size_t found = 0;
  for (const std::string& name : names) {
    if (!fs::exists(folder / name)) continue;
    print_end(folder / name, args.lines);
    ++found;
  }
  if (found > 0) return {};
  return fail(ErrorCode::kNotFound,
              fmt::format("{}: no log yet: {}", job.id, (folder / names.front()).string()));
}

std::shared_ptr<JobsArgs> job_args(CLI::App& app) {
  auto args = std::make_shared<JobsArgs>();
  app.add_option("job", args->id, "The name of the job")->required()->type_name("JOB");
  args->home.add_to(app);
  return args;
}

}  // namespace

std::function<Status()> prepare_jobs_list(CLI::App& app) {
  auto args = std::make_shared<JobsArgs>();
  args->home.add_to(app);
  app.add_flag("--json", args->json, "One JSON list");
  return [args] { return run_list(*args); };
}

std::function<Status()> prepare_jobs_status(CLI::App& app) {
  auto args = job_args(app);
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_status(*args); };
}

std::function<Status()> prepare_jobs_cancel(CLI::App& app) {
  auto args = job_args(app);
  return [args] { return run_cancel(*args); };
}

std::function<Status()> prepare_jobs_logs(CLI::App& app) {
  auto args = job_args(app);
  app.add_option("--shard", args->shard, "Only that of this shard");
  app.add_flag("--finalise", args->finalise, "Only that of the finaliser");
  app.add_option("--lines", args->lines, "How many of the last lines; 0: all")
      ->capture_default_str();
  return [args] { return run_logs(*args); };
}

}  // namespace colvec::cli
