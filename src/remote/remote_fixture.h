// For tests of this module: object stores with nothing in them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/environment.h"
#include "remote/object_store.h"
#include "test_server.h"

namespace colvec {

// An environment with these variables only.
Environment environment_of(std::map<std::string, std::string> variables);

// `count` bytes, another for each `seed`.
std::string some_bytes(std::size_t count, unsigned seed = 0);

// Quick to give up, so that tests of failures do not wait.
BackoffOptions short_backoff();

// A folder of its own, removed at the end.
class RemoteFolder {
 public:
  RemoteFolder();
  ~RemoteFolder();
  const std::filesystem::path& path() const { return path_; }
  // Writes a file; its path.
  std::filesystem::path file(const std::string& name, const std::string& bytes) const;

 private:
  std::filesystem::path path_;
};

// fake_s3.py, with the environment that leads to it.
class FakeS3 {
 public:
  explicit FakeS3(const std::vector<std::string>& arguments = {});

  bool is_up() const { return server_.is_up(); }
  std::map<std::string, std::string> variables() const;
  ObjectStoreOptions options() const;
  std::unique_ptr<ObjectStore> open(const std::string& url = "s3://bucket/some prefix") const;
  // Tells the server how to fail: "status=503&count=2".
  void fail_next(const std::string& how) const;
  // How many requests of this method there have been.
  std::uint64_t count(const std::string& method) const;
  void stop() { server_.stop(); }

 private:
  TestServer server_;
};

}  // namespace colvec
