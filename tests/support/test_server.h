// For tests: runs a server of tests/support, a Python script, and knows its port.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"

extern char** environ;  // NOLINT: the name is POSIX's.

namespace colvec {

class TestServer {
 public:
  // Starts tests/support/<script> with these arguments and waits for it to print its port. Skips
  // nothing and fails nothing: is_up() is false where there is no python3.
  explicit TestServer(const std::string& script, const std::vector<std::string>& arguments = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  bool is_up() const { return port_ > 0; }
  int port() const { return port_; }
  // "http://127.0.0.1:PORT" and the path.
  std::string url(const std::string& path) const;
  // Ends it; connections to it are refused from then on.
  void stop();

 private:
  pid_t process_ = -1;
  int input_ = -1;  // The server ends when this does.
  int port_ = 0;
};

// A certificate of 127.0.0.1 and its key, in one PEM file at `path`; false: no program `openssl`.
inline bool make_certificate(const std::string& path);

inline TestServer::TestServer(const std::string& script,
                              const std::vector<std::string>& arguments) {
  int in[2];
  int out[2];
  COLVEC_CHECK(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0);
  std::vector<std::string> words = {"python3",
                                    std::string(COLVEC_SOURCE_DIR) + "/tests/support/" + script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  const int failed = ::posix_spawnp(&process_, "python3", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  if (failed == 0) {
    std::string line;
    char c = 0;
    while (::read(out[0], &c, 1) == 1 && c != '\n') line.push_back(c);
    port_ = std::atoi(line.c_str());
  } else {
    process_ = -1;
  }
  ::close(out[0]);
}

inline TestServer::~TestServer() { stop(); }

inline void TestServer::stop() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
  if (process_ > 0) {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  process_ = -1;
}

inline std::string TestServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

inline bool make_certificate(const std::string& path) {
  const std::string command =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
      "subjectAltName=IP:127.0.0.1 -keyout '" +
      path + ".key' -out '" + path + "' 2>/dev/null && cat '" + path + ".key' >> '" + path + "'";
  return std::system(command.c_str()) == 0;
}

}  // namespace colvec
