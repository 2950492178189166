// Deploys to a bucket: the bundle is made in a folder here first, then what the bucket lacks goes
// up, bundle.json last. A host that reads it meanwhile finds the former bundle, whole.
//
// Thread-safety: functions are thread-safe; one process at a time deploys to one place. Errors:
// those of deploy_dataset() and ObjectStore; kConflict: somebody else deployed there meanwhile.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "colvec/bundle.h"
#include "colvec/error.h"
#include "remote/object_store.h"

namespace colvec {

// Makes the bundle in a folder, as a newer version of the one that the folder has.
using MakeBundle = std::function<Result<Deployed>(const std::filesystem::path& folder)>;

// The bundle is made in a work folder (work_folder.h) in `below` first.
Result<Deployed> deploy_to(ObjectStore& remote, const std::filesystem::path& below,
                           const MakeBundle& make);

// Brings the bundle of the bucket to the folder `to`; files that it has are not fetched again.
Result<BundleFetched> fetch_from(ObjectStore& remote, const std::filesystem::path& to);

}  // namespace colvec
