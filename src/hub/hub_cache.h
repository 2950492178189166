// The cache of models on this machine, in the layout of the Hugging Face libraries:
//
//   models--ORG--NAME/blobs/CHECKSUM            the files, by SHA-256, small ones by Git's SHA-1
//   models--ORG--NAME/blobs/CHECKSUM.incomplete the start of one that is not whole yet
//   models--ORG--NAME/snapshots/COMMIT/PATH     a link to a blob for each file of a commit
//   models--ORG--NAME/refs/REVISION             a file that holds the commit of a branch or tag
//   models--ORG--NAME/.no_exist/COMMIT/PATH     an empty file: the commit has no such file
//   models--ORG--NAME/.colvec/COMMIT            ours: the files that a pull has brought, by lines
//   .locks/models--ORG--NAME/CHECKSUM.lock      held while a blob is fetched
//
// Thread-safety: thread-safe; whoever changes a model holds its lock (pull_lock()).
// Errors: kIo, with the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "colvec/error.h"
#include "hub/repo_name.h"

namespace colvec {

class HubCache {
 public:
  explicit HubCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path repo(const RepoName& name) const;
  std::filesystem::path blob(const RepoName& name, const std::string& checksum) const;
  std::filesystem::path snapshot(const RepoName& name, const std::string& commit) const;

  // The models that have a commit here, by name; without revisions.
  Result<std::vector<RepoName>> repos() const;
  // Of a model: its commits, sorted, and which revision is which.
  Result<std::vector<std::string>> commits(const RepoName& name) const;
  Result<std::map<std::string, std::string>> refs(const RepoName& name) const;
  // The commit that the name's revision is here, if only in part (see whole_model.h); nullopt where
  // it is not.
  std::optional<std::string> find_commit(const RepoName& name) const;
  // The names of the blobs that a commit's files are, each once.
  Result<std::vector<std::string>> blobs_of(const RepoName& name, const std::string& commit) const;
  // The files of a commit that are here, sorted; a link without its blob is none.
  Result<std::vector<std::string>> files(const RepoName& name, const std::string& commit) const;
  // Whether the commit has no file `path` at the hub, by what the Hugging Face libraries have
  // noted.
  bool is_known_absent(const RepoName& name, const std::string& commit,
                       const std::string& path) const;
  // What write_pulled() has kept of a commit; nullopt: nothing.
  std::optional<std::vector<std::string>> pulled_files(const RepoName& name,
                                                       const std::string& commit) const;

  // Makes the folders of a model, and of its locks.
  Status make_folders(const RepoName& name) const;
  // Held by whoever pulls or removes the model.
  std::filesystem::path pull_lock(const RepoName& name) const;
  // Held while one blob is fetched, by other programs too.
  std::filesystem::path blob_lock(const RepoName& name, const std::string& checksum) const;
  std::filesystem::path locks(const RepoName& name) const;

  // Makes the blob the file `path` of a commit. REQUIRES: stays_inside(path).
  Status link(const RepoName& name, const std::string& commit, const std::string& path,
              const std::string& checksum) const;
  // Says which commit a branch or tag is.
  Status write_ref(const RepoName& name, const std::string& revision,
                   const std::string& commit) const;
  // Says that a pull has brought all that the model needs: these files.
  Status write_pulled(const RepoName& name, const std::string& commit,
                      const std::vector<std::string>& files) const;
  // Takes a commit away, with what is kept of it; its blobs stay.
  Status remove_commit(const RepoName& name, const std::string& commit) const;

 private:
  std::filesystem::path pulled_list(const RepoName& name, const std::string& commit) const;

  std::filesystem::path folder_;
};

// Whether `text` names a blob: 40 or 64 hex digits.
bool is_checksum(std::string_view text);

}  // namespace colvec
