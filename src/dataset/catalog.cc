// The datasets of a home. dataset.json is replaced whole, by one process at a time, and only by who
// has seen its newest revision. The folder's name is the dataset's name, whatever the file says: a
// rename is one step.
#include "dataset/catalog.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/uuid.h"
#include "dataset/home.h"
#include "store/file_system.h"
#include "store/uri.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDatasetBytesMax = 64u << 20;

fs::path dataset_file(const fs::path& home, std::string_view name) {
  return dataset_folder(home, name) / "dataset.json";
}

Result<FileLock> lock_dataset(const fs::path& home, std::string_view name) {
  return FileLock::acquire(dataset_folder(home, name) / ".lock");
}

Status no_such_dataset(const fs::path& home, std::string_view name) {
  std::string there;
  if (const auto names = list_datasets(home))
    for (const std::string& other : *names) there += (there.empty() ? "" : ", ") + other;
  return fail(ErrorCode::kNotFound, home.string() + ": no such dataset: " + std::string(name) +
                                        " (there: " + (there.empty() ? "none" : there) + ")");
}

// What is written can be read again: one check for files and for callers.
Result<Dataset> checked(const Dataset& dataset) {
  return parse_dataset(to_json(dataset), "dataset " + dataset.name);
}

Status move_folder(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0)
    return local_file_system().sync_folder(to.parent_path());
  const bool is_taken = errno == ENOTEMPTY || errno == EEXIST;
  return fail(is_taken ? ErrorCode::kConflict : ErrorCode::kIo,
              to.string() + ": " + (is_taken ? "is there already" : std::strerror(errno)));
}

// Renames a column wherever the dataset names it.
void rename_in(Dataset* dataset, const std::string& from, const std::string& to) {
  const auto rename = [&](std::string* name) {
    if (*name == from) *name = to;
  };
  for (DatasetColumn& column : dataset->columns) {
    rename(&column.name);
    if (!column.embedding) continue;
    rename(&column.embedding->text_column);
    for (std::string& key : column.embedding->primary_key_column) rename(&key);
  }
}

constexpr const char* kRemoved = ".removed-";

// Deletes what a process that was killed did not.
void sweep_removed(const fs::path& home) {
  std::error_code ignored;
  for (fs::directory_iterator entry(datasets_folder(home), ignored), end; entry != end;
       entry.increment(ignored))
    if (entry->path().filename().string().starts_with(kRemoved))
      fs::remove_all(entry->path(), ignored);
}

}  // namespace

Result<Dataset> change_dataset(const fs::path& home, std::string_view name,
                               const std::function<Status(Dataset*)>& change) {
  COLVEC_ASSIGN(const FileLock lock, lock_dataset(home, name));
  COLVEC_ASSIGN(const Dataset known, read_dataset(home, name));
  Dataset dataset = known;
  COLVEC_TRY(change(&dataset));
  if (dataset == known) return dataset;
  COLVEC_TRY(checked(dataset));
  ++dataset.revision;
  COLVEC_TRY(replace_file(dataset_file(home, name), to_json(dataset)));
  return dataset;
}

Result<std::vector<std::string>> list_datasets(const fs::path& home) {
  const auto entries = local_file_system().list(datasets_folder(home));
  if (!entries && entries.error().code == ErrorCode::kNotFound) return std::vector<std::string>();
  if (!entries) return tl::make_unexpected(entries.error());
  std::vector<std::string> names;
  std::error_code ignored;
  for (const FolderEntry& entry : *entries)
    if (entry.is_folder && !entry.name.starts_with(".") &&
        fs::exists(datasets_folder(home) / entry.name / "dataset.json", ignored))
      names.push_back(decode_uri(entry.name));
  std::sort(names.begin(), names.end());
  return names;
}

Result<Dataset> read_dataset(const fs::path& home, std::string_view name) {
  const fs::path path = dataset_file(home, name);
  const Result<std::string> text = read_file(path, kDatasetBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound)
    return tl::make_unexpected(no_such_dataset(home, name).error());
  if (!text) return tl::make_unexpected(text.error());
  COLVEC_ASSIGN(Dataset dataset, parse_dataset(*text, path.string()));
  dataset.name = name;
  return dataset;
}

Result<Dataset> save_dataset(const fs::path& home, const Dataset& dataset) {
  COLVEC_ASSIGN(Dataset saved, checked(dataset));
  const fs::path folder = dataset_folder(home, dataset.name);
  // One that was there is not made anew after somebody has removed it.
  if (dataset.revision > 0) COLVEC_TRY(read_dataset(home, dataset.name));
  COLVEC_TRY(local_file_system().make_folders(folder));
  COLVEC_ASSIGN(const FileLock lock, lock_dataset(home, dataset.name));
  const Result<Dataset> known = read_dataset(home, dataset.name);
  if (!known && known.error().code != ErrorCode::kNotFound)
    return tl::make_unexpected(known.error());
  if (known && dataset.revision == 0)
    return fail(ErrorCode::kConflict,
                folder.string() + ": there is a dataset of this name already");
  const std::uint64_t revision = known ? known->revision : 0;
  if (dataset.revision != revision)
    return fail(ErrorCode::kConflict, folder.string() + ": was changed meanwhile: revision " +
                                          std::to_string(revision) + ", not " +
                                          std::to_string(dataset.revision) + ": read it again");
  saved.revision = revision + 1;
  COLVEC_TRY(replace_file(dataset_file(home, dataset.name), to_json(saved)));
  return saved;
}

Status rename_dataset(const fs::path& home, std::string_view from, std::string_view to) {
  COLVEC_TRY(read_dataset(home, from));
  COLVEC_ASSIGN(const FileLock lock, lock_dataset(home, from));
  COLVEC_ASSIGN(Dataset dataset, read_dataset(home, from));
  dataset.name = to;
  COLVEC_TRY(checked(dataset));
  if (read_dataset(home, to))
    return fail(ErrorCode::kConflict,
                dataset_folder(home, to).string() + ": there is a dataset of this name already");
  // The lock goes along: nobody else can change it meanwhile.
  COLVEC_TRY(move_folder(dataset_folder(home, from), dataset_folder(home, to)));
  ++dataset.revision;
  return replace_file(dataset_file(home, to), to_json(dataset));
}

Status remove_dataset(const fs::path& home, std::string_view name) {
  COLVEC_TRY(read_dataset(home, name));
  COLVEC_ASSIGN(const FileLock lock, lock_dataset(home, name));
  sweep_removed(home);
  // Gone at once for everybody; then the files.
  const fs::path removed = datasets_folder(home) / (kRemoved + new_uuid());
  COLVEC_TRY(move_folder(dataset_folder(home, name), removed));
  std::error_code error;
  fs::remove_all(removed, error);
  if (error) return fail(ErrorCode::kIo, removed.string() + ": " + error.message());
  return {};
}

Result<Dataset> rename_column(const fs::path& home, std::string_view dataset, std::string_view from,
                              std::string_view to) {
  const std::string old_name(from), new_name(to);
  COLVEC_ASSIGN(const Dataset known, read_dataset(home, dataset));
  COLVEC_TRY(known.column(from));
  if (known.find(to) != nullptr)
    return fail(ErrorCode::kConflict,
                "dataset " + known.name + ": there is a column " + new_name + " already");
  Dataset renamed = known;
  rename_in(&renamed, old_name, new_name);
  COLVEC_TRY(checked(renamed));
  // Killed between the two steps, the same call goes on: the folder has its new name then.
  std::error_code ignored;
  if (fs::exists(store_folder(home, dataset, from), ignored))
    COLVEC_TRY(move_folder(store_folder(home, dataset, from), store_folder(home, dataset, to)));
  return change_dataset(home, dataset, [&](Dataset* changed) -> Status {
    rename_in(changed, old_name, new_name);
    return {};
  });
}

}  // namespace colvec
