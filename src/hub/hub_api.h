// Asks a hub: which commit a revision is, which files it has, and for their bytes.
//
//   GET ENDPOINT/api/models/ORG/NAME/revision/REVISION       {"sha": COMMIT}
//   GET ENDPOINT/api/models/ORG/NAME/tree/COMMIT?recursive=true
//       [{"type": "file", "path": PATH, "size": N, "oid": GIT_SHA1, "lfs": {"oid": SHA256}}];
//       pages, the next one in the Link header
//   GET ENDPOINT/ORG/NAME/resolve/COMMIT/PATH                the bytes, maybe from another host
//
// The token goes to the host of the endpoint only. What passes is tried again.
//
// Thread-safety: thread-safe. Errors: kNotFound: no such model or revision; kInvalidArgument: the
// hub wants a token, or another; kCorruption: an answer that is none; kIo. Each begins with the
// name of the model.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/http_retry.h"
#include "hub/hub_settings.h"
#include "hub/repo_name.h"

namespace colvec {

// A file of a commit. The path stays inside the repository.
struct RepoFile {
  std::string path;
  std::uint64_t size = 0;
  std::string checksum;  // 64 hex digits: its SHA-256; 40: the SHA-1 that Git names it by.
};

class HubApi {
 public:
  struct Options {
    BackoffOptions backoff{};
    const CancelToken* cancel = nullptr;
  };
  // `settings` has an endpoint, and must live as long as this object.
  HubApi(const HubSettings& settings, const Options& options)
      : settings_(settings), options_(options) {}

  Result<std::string> commit_of(const RepoName& repo);
  // By path.
  Result<std::vector<RepoFile>> files(const RepoName& repo, const std::string& commit);

  // Writes what is missing of `path` to the file. `first()` says, before each try, from which byte
  // on; `on_bytes` gets the number of those that come.
  Status get_file(const RepoName& repo, const std::string& commit, const std::string& path,
                  const PositionedFile& file, const std::function<std::uint64_t()>& first,
                  const std::function<void(std::uint64_t)>& on_bytes);

 private:
  Result<HttpResponse> get(const RepoName& repo, const std::string& url);
  std::string authorization() const;

  const HubSettings& settings_;
  const Options options_;
  HttpClient client_;
};

}  // namespace colvec
