// Deletes files of a remote that no version within the retention names: as vacuum.h, of objects.
// The case that remains is wider there: a DELETE may be sent again over minutes. It is a push that
// looks at its files; push --repair brings back what is lost.
//
// Thread-safety: thread-compatible; others may sync with the remote. Errors: those of ObjectStore;
// kNotFound: there is no store.
#pragma once

#include "colvec/store.h"
#include "duck/database.h"
#include "remote/object_store.h"

namespace colvec {

// `retention_hours` of at least 0. With `dry_run` nothing is deleted. Paths are keys. `scratch`: a
// folder that is not there yet, for the logs; the caller removes it.
Result<StoreVacuumed> vacuum_remote(ObjectStore& remote, Database& database,
                                    const std::filesystem::path& scratch, double retention_hours,
                                    bool dry_run);

}  // namespace colvec
