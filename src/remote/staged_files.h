// Brings the files of a source in a bucket here, where a database can read them.
//
// "s3://bucket/folder/rows.parquet" is one object; "*", "?" and "[...]" in the key stand for any
// characters but "/". What is there already and has not changed since (by size and ETag) is not
// fetched again; what is not at the source any more goes, and so does all else in the place of the
// URL, such as what a killed run has left there.
//
//   <folder>/<hash of the URL>/<key>          the files, at the place that they have in the bucket
//   <folder>/<hash of the URL>/.staged.json   their sizes and ETags
//
// Thread-safety: thread-safe; processes that stage one URL to one folder at once wait for each
// other. Errors: kNotFound: no such object, or none that the pattern fits; those of ObjectStore.
#pragma once

#include <filesystem>
#include <string>

#include "colvec/error.h"
#include "remote/object_store.h"

namespace colvec {

// Returns the path of the file here, or the pattern that fits the files here. REQUIRES:
// is_s3_url(url).
Result<std::filesystem::path> stage_files(const std::string& url,
                                          const std::filesystem::path& folder,
                                          const ObjectStoreOptions& options);

// The same with the objects of a bucket that is open; `key` as above, `url` for messages.
Result<std::filesystem::path> stage_objects(ObjectStore& bucket, const std::string& key,
                                            const std::string& url,
                                            const std::filesystem::path& folder,
                                            std::size_t parallel);

// `path` itself where it is no URL of a bucket; else the files are staged in `folder`. kCancelled:
// by `cancel`, which may be null; the files that have come stay.
Result<std::filesystem::path> local_files(const std::filesystem::path& path,
                                          const std::filesystem::path& folder,
                                          const CancelToken* cancel = nullptr);

}  // namespace colvec
