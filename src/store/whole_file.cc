#include "store/whole_file.h"

#include <system_error>
#include <utility>

#include "base/uuid.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Of a draft that is synced.
Status name_draft(FileSystem& files, const fs::path& draft, const fs::path& path) {
  Status named = files.rename(draft, path);
  if (named) return files.sync_folder(path.parent_path());
  static_cast<void>(files.remove(draft));
  return named;
}

Result<bool> name_draft_if_absent(FileSystem& files, const fs::path& draft, const fs::path& path) {
  Result<bool> linked = files.link(draft, path);
  static_cast<void>(files.remove(draft));
  // Who has put it first may not have come to sync its name.
  if (linked) COLVEC_TRY(files.sync_folder(path.parent_path()));
  return linked;
}

Status make_draft(FileSystem& files, const fs::path& draft, const WriteDraft& write) {
  Status made = write(draft);
  if (made) made = files.sync_file(draft);
  if (!made) static_cast<void>(files.remove(draft));
  return made;
}

}  // namespace

fs::path draft_of(const fs::path& path) { return path.parent_path() / ("." + new_uuid() + ".tmp"); }

bool is_draft(std::string_view name) { return name.starts_with('.') && name.ends_with(".tmp"); }

Status write_whole(FileSystem& files, const fs::path& path, std::string_view bytes) {
  const fs::path draft = draft_of(path);
  COLVEC_TRY(files.write_new(draft, bytes));
  return name_draft(files, draft, path);
}

Status copy_whole(FileSystem& files, const fs::path& from, const fs::path& to) {
  COLVEC_TRY(files.make_folders(to.parent_path()));
  return make_whole(files, to, [&](const fs::path& draft) -> Status {
    std::error_code error;
    fs::copy_file(from, draft, error);
    if (!error) return {};
    return fail(ErrorCode::kIo,
                from.string() + ": cannot be copied to " + to.string() + ": " + error.message());
  });
}

Status make_whole(FileSystem& files, const fs::path& path, const WriteDraft& write) {
  const fs::path draft = draft_of(path);
  COLVEC_TRY(make_draft(files, draft, write));
  return name_draft(files, draft, path);
}

Result<bool> write_if_absent(FileSystem& files, const fs::path& path, std::string_view bytes) {
  const fs::path draft = draft_of(path);
  COLVEC_TRY(files.write_new(draft, bytes));
  return name_draft_if_absent(files, draft, path);
}

Result<bool> make_if_absent(FileSystem& files, const fs::path& path, const WriteDraft& write) {
  const fs::path draft = draft_of(path);
  COLVEC_TRY(make_draft(files, draft, write));
  return name_draft_if_absent(files, draft, path);
}

}  // namespace colvec
