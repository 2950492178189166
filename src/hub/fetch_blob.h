// Brings one file of a hub into the cache: what is missing of it, compared with its checksum.
//
// The bytes go to CHECKSUM.incomplete, which stays when they stop coming: the next fetch goes on
// there. Only a whole that has its checksum gets the name.
//
// Thread-safety: thread-safe, also between processes: each blob has a lock.
// Errors: of HubApi; kCorruption: the hub sends other bytes than it has named; kIo: disks.
#pragma once

#include "hub/hub_api.h"
#include "hub/hub_cache.h"

namespace colvec {

// Where a file comes from and goes to.
struct BlobSource {
  HubApi& api;
  const HubCache& cache;
  const RepoName& repo;
  const std::string& commit;
};

// `on_done` is called with how many bytes of the file are there; it may become less again.
// Returns the bytes that came over the network: 0 where the blob was there.
Result<std::uint64_t> fetch_blob(const BlobSource& source, const RepoFile& file,
                                 const std::function<void(std::uint64_t)>& on_done);

// Whether the bytes of `path` have the checksum (64 digits: SHA-256; 40: Git's SHA-1 of a file).
// kCorruption: they do not. Cost: reads the file.
Status check_file(const std::filesystem::path& path, const std::string& checksum);

}  // namespace colvec
