// For tests: runs a server of tests/support, a Python script, and knows its port.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

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
bool make_certificate(const std::string& path);

}  // namespace colvec
