#include "remote/remote_fixture.h"

#include <stdlib.h>

#include <fstream>

#include "base/check.h"
#include "base/http.h"
#include "base/json.h"

namespace colvec {

namespace fs = std::filesystem;

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
}

std::string some_bytes(std::size_t count, unsigned seed) {
  std::string bytes(count, '\0');
  std::uint32_t state = seed * 2'654'435'761u + 1;
  for (char& byte : bytes) {
    state = state * 1'664'525u + 1'013'904'223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

BackoffOptions short_backoff() { return {.first_ms = 2, .longest_ms = 10, .attempts_max = 4}; }

RemoteFolder::RemoteFolder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_remote_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

RemoteFolder::~RemoteFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path RemoteFolder::file(const std::string& name, const std::string& bytes) const {
  std::ofstream file(path_ / name, std::ios::binary);
  file << bytes;
  file.close();
  COLVEC_CHECK(file.good());
  return path_ / name;
}

FakeS3::FakeS3(const std::vector<std::string>& arguments) : server_("fake_s3.py", arguments) {}

std::map<std::string, std::string> FakeS3::variables() const {
  return {{"AWS_ACCESS_KEY_ID", "AKTEST"},
          {"AWS_SECRET_ACCESS_KEY", "SKTEST"},
          {"AWS_ENDPOINT_URL", server_.url("")}};
}

ObjectStoreOptions FakeS3::options() const {
  return {.parallel = 4, .backoff = short_backoff(), .environment = environment_of(variables())};
}

std::unique_ptr<ObjectStore> FakeS3::open(const std::string& url) const {
  return std::move(open_object_store(url, options()).value());
}

void FakeS3::fail_next(const std::string& how) const {
  HttpClient client(environment_of({}));
  const HttpResult said = client.send({.method = "POST", .url = server_.url("/_control?" + how)});
  COLVEC_CHECK(said.has_value() && said->status == 200);
}

std::uint64_t FakeS3::count(const std::string& method) const {
  HttpClient client(environment_of({}));
  const HttpResult said = client.send({.url = server_.url("/_control")});
  return Json::parse(said->body, "counts")->unsigned_or(method, 0).value();
}

}  // namespace colvec
