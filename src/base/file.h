// Reads and replaces whole files, and maps large ones into memory.
//
// Thread-safety: free functions are thread-safe; MappedFile is immutable.
// Errors: kNotFound when there is no such file; kInvalidArgument when it is longer than asked for;
// kIo otherwise. Messages begin with the path.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// The bytes of `path`; at most `bytes_max`, so that a wrong file cannot fill the memory.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

// Hands the bytes of `path` to `on_part` in their order, a mebibyte at most at a time: that is all
// the memory it takes, while the pages of a mapping count until it ends.
Status read_in_parts(const std::filesystem::path& path,
                     const std::function<void(std::string_view)>& on_part);

// Replaces `path` by `bytes`: written beside it, synced, renamed, the folder synced. A reader sees
// the old file or the new one, never a part.
Status replace_file(const std::filesystem::path& path, std::string_view bytes);

// Gives the file `from` the name `to`, in the same file system, and syncs the folder; what had that
// name is gone. Its content must be synced already.
Status move_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Gives the folder `from` the name `to`, in the same file system; what had that name is deleted. A
// reader finds the old folder or the new one; where the file system cannot exchange two names, none
// for a moment.
Status replace_folder(const std::filesystem::path& from, const std::filesystem::path& to);

// A read-only mapping of a whole file; the pages come in as they are touched.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  // Valid as long as this object lives, and nobody cuts the file.
  std::span<const std::byte> bytes() const { return {data_, size_}; }

  // Gives back the memory that these bytes take since they were looked at; whoever looks again, now
  // or later, finds them in the file. REQUIRES: begin + count is at most bytes().size().
  void forget(std::size_t begin, std::size_t count) const;

 private:
  MappedFile(const std::byte* data, std::size_t size) : data_(data), size_(size) {}

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace colvec
