#include "hub/hub_fixture.h"

#include <stdlib.h>

#include <fstream>

#include "base/check.h"
#include "base/http.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

fs::path new_folder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_hub_XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

std::string get(const std::string& url) {
  HttpClient client([](const std::string&) { return std::nullopt; });
  const HttpResult response = client.send({.url = url});
  COLVEC_CHECK(response.has_value() && response->status == 200);
  return response->body;
}

}  // namespace

HubHome::HubHome()
    : folder_(new_folder()),
      cache_(folder_ / "cache"),
      server_("fake_hub.py", {(folder_ / "hub").string()}) {}

HubHome::~HubHome() { fs::remove_all(folder_); }

HubSettings HubHome::settings(const std::string& token) const {
  return {.endpoint = server_.url(""), .token = token, .cache = cache_};
}

void HubHome::add_model(const std::string& repo, const std::string& model) const {
  const fs::path from = fs::path(COLVEC_SOURCE_DIR) / "testdata" / "models" / model / "model";
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path to = folder_ / "hub" / repo / entry.path().lexically_relative(from);
    fs::create_directories(to.parent_path());
    if (entry.is_regular_file())
      fs::copy_file(entry.path(), to, fs::copy_options::overwrite_existing);
  }
}

void HubHome::write(const std::string& repo, const std::string& path,
                    std::string_view bytes) const {
  const fs::path file = folder_ / "hub" / repo / path;
  fs::create_directories(file.parent_path());
  fs::remove(file);
  std::ofstream(file, std::ios::binary) << bytes;
}

void HubHome::fail(const std::string& kind, int times) const {
  get(server_.url("/fail/" + kind + "/" + std::to_string(times)));
}

std::string HubHome::requests() const { return get(server_.url("/requests")); }

}  // namespace colvec
