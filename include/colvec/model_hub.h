// Models by name: brings them from a hub into the cache of this machine, and looks after those that
// are there.
//
// A name is ORG/NAME, or ORG/NAME@REVISION (a branch, a tag or a commit; else main). The cache is
// that of the Hugging Face libraries, in their layout, and shared with them: HF_HUB_CACHE, else
// HF_HOME/hub, else ~/.cache/huggingface/hub. Which hub is asked says HF_ENDPOINT; HF_TOKEN, or the
// first line of the file HF_TOKEN_PATH (else HF_HOME/token), goes to that host and to no other.
// Nothing here but pull_model() touches the network.
//
// Thread-safety: free functions are thread-safe, in several processes too.
// Errors: kInvalidArgument: not such a name; kNotFound: no such model or revision; kIo: network and
// disks; kCorruption: bytes that do not have their checksum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

struct PullProgress {
  std::uint64_t bytes_done = 0;  ///< Those that were there already included.
  std::uint64_t bytes_total = 0;
  double bytes_per_second = 0;  ///< Of what comes over the network; 0 at the start.
  double eta_seconds = 0;       ///< 0 where not known.
};

struct PullOptions {
  std::string endpoint{};  ///< "https://HOST"; "": HF_ENDPOINT.
  bool offline = false;    ///< Nothing is fetched: kNotFound where the cache lacks the model.
  std::size_t files_at_once = 4;
  const CancelToken* cancel = nullptr;  ///< May be null.
  /// May be empty; called by one thread at a time.
  std::function<void(const PullProgress&)> on_progress{};
};

struct PulledModel {
  std::string name;              ///< Without the revision.
  std::string commit;            ///< 40 hex digits: what the revision is now.
  std::filesystem::path folder;  ///< The model folder in the cache.
  std::uint64_t files = 0;       ///< That the model needs;
  std::uint64_t bytes = 0;
  std::uint64_t files_fetched = 0;  ///< of these: the others were there.
  std::uint64_t bytes_fetched = 0;
};

/// Fetches the files that open_encoder() needs: settings, tokenizer, safetensors; no others. A
/// model that could not be run is refused by its settings, before its weights come. What was
/// fetched in part goes on where it ended; what is there is not fetched again. Each file is
/// compared with the checksum that the hub has for it, and named by it. The model has its name when
/// all files are there. Waits while another process pulls the same model. kUnsupported: as
/// open_encoder() says.
Result<PulledModel> pull_model(std::string_view name, const PullOptions& options);

/// One commit of a model in the cache.
struct CachedModel {
  std::string name;
  std::vector<std::string> revisions;  ///< Branches and tags that are this commit; may be empty.
  std::string commit;
  std::filesystem::path folder;
  std::uint64_t bytes = 0;  ///< Of its files.
};

/// What open_encoder() takes for it: ORG/NAME, with @REVISION where it is not main.
std::string name_to_ask(const CachedModel& model);

/// By name, then commit. A cache that is not there holds nothing.
Result<std::vector<CachedModel>> cached_models();

/// The folder of a model in the cache. kNotFound: says which command would fetch it.
Result<std::filesystem::path> cached_model_folder(std::string_view name);

struct VerifiedFiles {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Reads all files of a model in the cache and compares them with the checksums that they are named
/// by. kCorruption: one does not fit, by its path. kCancelled: by `cancel`, which may be null,
/// before the next file was read.
Result<VerifiedFiles> verify_cached_model(std::string_view name,
                                          const CancelToken* cancel = nullptr);

struct RemovedModel {
  std::uint64_t commits = 0;
  std::uint64_t bytes = 0;  ///< That were freed: files that no other commit has.
};

/// Removes all commits of a model from the cache, or with ORG/NAME@REVISION that one. kConflict: it
/// is being pulled.
Result<RemovedModel> remove_cached_model(std::string_view name);

}  // namespace colvec
