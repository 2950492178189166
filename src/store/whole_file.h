// Puts a file in its place whole: a draft beside it is written and synced, then it gets its name,
// and the folder is synced. A reader sees the whole file or none, after a crash, too; what fails
// leaves no draft behind, a crash one that nobody reads (vacuum removes those of tables).
//
// Thread-safety: thread-safe; of several that put one file, each puts a whole one. Errors: those of
// FileSystem.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "colvec/error.h"
#include "store/file_system.h"

namespace colvec {

// A new name for a draft of `path`: beside it, hidden, as is_draft() knows it.
std::filesystem::path draft_of(const std::filesystem::path& path);
bool is_draft(std::string_view name);

// The file `path` becomes `bytes`.
Status write_whole(FileSystem& files, const std::filesystem::path& path, std::string_view bytes);

// The file `to` becomes a copy of `from`; its folders are made.
Status copy_whole(FileSystem& files, const std::filesystem::path& from,
                  const std::filesystem::path& to);

// The file `path` becomes what `write` writes to the draft that it is given.
using WriteDraft = std::function<Status(const std::filesystem::path& draft)>;
Status make_whole(FileSystem& files, const std::filesystem::path& path, const WriteDraft& write);

// The same if there is no file of that name; false: there is, and stays as it is.
Result<bool> write_if_absent(FileSystem& files, const std::filesystem::path& path,
                             std::string_view bytes);
Result<bool> make_if_absent(FileSystem& files, const std::filesystem::path& path,
                            const WriteDraft& write);

}  // namespace colvec
