// Objects in a folder: a disk, a network share.
//
// An object is written under a name that begins with a dot, synced, and then linked or renamed to
// its key. Conditions on an ETag hold among processes of this machine (a lock on the folder).
//
// Thread-safety, errors: as ObjectStore. Nothing is tried again: a disk's error stays.
#pragma once

#include <filesystem>
#include <memory>

#include "remote/object_store.h"

namespace colvec {

std::unique_ptr<ObjectStore> open_folder_store(const std::filesystem::path& folder,
                                               const ObjectStoreOptions& options);

}  // namespace colvec
