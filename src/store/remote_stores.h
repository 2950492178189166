// Works on all stores below one place of a remote: of one column, of a dataset, or of all.
//
// Thread-safety: thread-safe. Errors: those of ObjectStore; kNotFound: there is no store.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "remote/object_store.h"

namespace colvec {

// Where stores lie, relative to the remote, sorted: "" (the remote is one), "embeddings/title".
Result<std::vector<std::string>> find_remote_stores(ObjectStore& remote);

// Drops the parts of uploads that were given up a week ago anywhere below a place in a bucket: what
// a first push or a bundle has left there belongs to no store. Where the remote is a whole bucket,
// others may be at work in it, and nothing is dropped.
Status drop_given_up_uploads(ObjectStore& remote);

// A folder below that for temporary files, which goes away with this object.
class ReplicaScratch {
 public:
  static Result<ReplicaScratch> make();
  ReplicaScratch(ReplicaScratch&& other) noexcept;
  ReplicaScratch& operator=(ReplicaScratch&&) = delete;
  ~ReplicaScratch();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ReplicaScratch(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;  // "" where it was moved from.
};

}  // namespace colvec
