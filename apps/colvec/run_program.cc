#include "run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

extern char** environ;

namespace colvec::cli {
namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments)
    pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

tl::unexpected<Error> not_started(const std::string& program, int error) {
  if (error == ENOENT) return fail(ErrorCode::kNotFound, program + ": no such program in PATH");
  return fail(ErrorCode::kIo, program + ": cannot be started: " + std::strerror(error));
}

// Both ends of a pipe; those that are left are closed.
struct Pipe {
  int read_end = -1;
  int write_end = -1;

  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  void close_write_end() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
  ~Pipe() {
    close_write_end();
    if (read_end >= 0) ::close(read_end);
  }
};

// Until both are at their end: a program that fills one does not wait for the other.
void read_both(const Pipe& output, const Pipe& errors, ProgramResult* result) {
  std::array<pollfd, 2> ends{pollfd{output.read_end, POLLIN, 0},
                             pollfd{errors.read_end, POLLIN, 0}};
  const std::array<std::string*, 2> texts{&result->output, &result->errors};
  std::array<char, 4096> buffer{};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t count = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (count > 0)
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      else
        ends[i].fd = -1;
    }
  }
}

}  // namespace

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<ProgramResult> run_program(const std::vector<std::string>& arguments) {
  Pipe output, errors;
  if (!output.open() || !errors.open())
    return fail(ErrorCode::kIo, std::string("pipe: ") + std::strerror(errno));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output.write_end, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write_end, STDERR_FILENO);
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, arguments.front().c_str(), &actions, nullptr,
                                   pointers_to(arguments).data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return not_started(arguments.front(), error);
  output.close_write_end();
  errors.close_write_end();
  ProgramResult result;
  read_both(output, errors, &result);
  result.code = wait_for(process);
  return result;
}

Result<std::string> output_of(const std::vector<std::string>& arguments) {
  COLVEC_ASSIGN(ProgramResult result, run_program(arguments));
  if (result.code == 0) return std::move(result.output);
  const std::string said = result.errors.substr(0, result.errors.find('\n'));
  return fail(ErrorCode::kIo,
              arguments.front() + ": " +
                  (said.empty() ? "exit code " + std::to_string(result.code) : said));
}

bool has_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string file = std::string(rest.substr(0, colon)) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return true;
    rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  }
  return false;
}

Result<pid_t> start_program(const std::vector<std::string>& arguments,
                            const std::filesystem::path& log) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t process = 0;
  const int error = ::posix_spawnp(&process, arguments.front().c_str(), &actions, &attributes,
                                   pointers_to(arguments).data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return not_started(arguments.front(), error);
  return process;
}

}  // namespace colvec::cli
