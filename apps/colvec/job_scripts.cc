#include "job_scripts.h"

#include <fmt/format.h>

#include <algorithm>

#include "text.h"

namespace colvec::cli {
namespace {

// "embed CONFIG --model M": what shards and finaliser have in common.
std::string command_of(const JobRecord& job) {
  std::string command = "\"${COLVEC}\" embed " + shell_quote(job.config.string());
  for (const auto& [key, value] : job.options) {
    std::string flag = key;
    std::replace(flag.begin(), flag.end(), '_', '-');
    command += fmt::format(" --{} {}", flag, shell_quote(value));
  }
  return command + " --progress lines";
}

bool has_threads(const JobRecord& job) { return job.options.contains("threads"); }

// As one argument of a line that sbatch reads, whose rules are fewer than the shell's.
std::string sbatch_quote(std::string_view text) {
  if (text.find_first_of(" \t\"'\\#") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string sbatch_lines(const JobRecord& job, std::string_view name, const std::string& log,
                         const SlurmOptions& options) {
  std::string lines = fmt::format("#SBATCH --job-name=colvec-{}{}\n", job.id, name);
  lines += fmt::format("#SBATCH --output={}\n#SBATCH --open-mode=append\n#SBATCH --requeue\n",
                       sbatch_quote(log));
  for (const auto& [option, value] : options)
    lines += fmt::format("#SBATCH --{}={}\n", option, sbatch_quote(value));
  return lines;
}

std::string where_it_runs(const JobRecord& job, const std::filesystem::path& folder) {
  return fmt::format("set -u\ncd {} || exit 2\nexport COLVEC={}\nexport LOGS={}\n",
                     shell_quote(job.folder.string()), shell_quote(job.program),
                     shell_quote((folder / "logs").string()));
}

// A function of the shell that runs one shard, its index being $1, and notes its exit code.
std::string shard_function(const JobRecord& job, const std::string& threads,
                           const std::string& output) {
  return fmt::format(R"script(
run_shard() {{
  local attempt code
  for attempt in 1 2 3; do
    {} --shard "$1/{}"{}{}
    code=$?
    case "${{code}}" in
      6 | 129 | 13[1-9] | 14[012]) echo "shard $1: ended with ${{code}}, attempt ${{attempt}}" ;;
      *) break ;;
    esac
  done
  echo "${{code}}" >"${{LOGS}}/shard-$1.exit"
  return "${{code}}"
}}
)script",
                     command_of(job), job.shards,
                     threads.empty() || has_threads(job) ? "" : " --threads " + threads, output);
}

}  // namespace

std::string array_script(const JobRecord& job, const std::filesystem::path& folder,
                         const SlurmOptions& options) {
  const std::string log = (folder / "logs" / "shard-%a.log").string();
  std::string script = fmt::format(
      "#!/bin/bash\n# The shards of job {0}. Some of them again: sbatch --array=3,7 {1}\n"
      "#SBATCH --array=0-{2}\n",
      job.id, (folder / kArrayScript).string(), job.shards - 1);
  script += sbatch_lines(job, "", log, options) + where_it_runs(job, folder);
  script += shard_function(job, "\"${SLURM_CPUS_PER_TASK:-1}\"", "");
  return script + "\nrun_shard \"${SLURM_ARRAY_TASK_ID}\"\n";
}

std::string finalise_script(const JobRecord& job, const std::filesystem::path& folder,
                            const SlurmOptions& options) {
  std::string script =
      fmt::format("#!/bin/bash\n# Writes the output of job {} once its shards are done.\n", job.id);
  script += sbatch_lines(job, "-finalise", (folder / "logs" / "finalise.log").string(), options);
  script += where_it_runs(job, folder);
  return script + fmt::format(R"script(
{} --finalise
code=$?
echo "${{code}}" >"${{LOGS}}/finalise.exit"

# 3: vectors are missing; a task has died in a way that Slurm does not make good. Once more.
export COLVEC_ROUND="${{COLVEC_ROUND:-1}}"
if [ "${{code}}" -eq 3 ] && [ "${{COLVEC_ROUND}}" -lt 3 ]; then
  COLVEC_ROUND=$((COLVEC_ROUND + 1))
  array="$(sbatch --parsable {})" || exit "${{code}}"
  array="${{array%%;*}}"
  finaliser="$(sbatch --parsable --dependency="afterany:${{array}}" {})" || exit "${{code}}"
  echo "${{array}} ${{finaliser%%;*}}" >>{}
fi
exit "${{code}}"
)script",
                              command_of(job), shell_quote((folder / kArrayScript).string()),
                              shell_quote((folder / kFinaliseScript).string()),
                              shell_quote((folder / kSlurmJobs).string()));
}

std::string local_script(const JobRecord& job, const std::filesystem::path& folder,
                         std::uint64_t parallel, std::uint64_t threads) {
  std::string script = fmt::format(
      "#!/bin/bash\n# The shards of job {}, {} at once, and the finaliser, on this machine.\n",
      job.id, parallel);
  script += where_it_runs(job, folder);
  script += shard_function(job, std::to_string(threads), " >>\"${LOGS}/shard-$1.log\" 2>&1");
  script += fmt::format(R"script(export -f run_shard

seq 0 {} | xargs -P {} -I{{}} bash -c 'run_shard {{}}'
{} --finalise >>"${{LOGS}}/finalise.log" 2>&1
code=$?
echo "${{code}}" >"${{LOGS}}/finalise.exit"
exit "${{code}}"
)script",
                        job.shards - 1, parallel, command_of(job));
  return script;
}

}  // namespace colvec::cli
