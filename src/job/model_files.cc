#include "job/model_files.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "store/file_system.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kEndings = {".json", ".txt", ".safetensors", ".model",
                                                      ".jinja"};
constexpr std::array<std::string_view, 4> kNames = {"README.md", "LICENSE", "LICENSE.txt",
                                                    "NOTICE"};
// Folders with the same model in other formats.
constexpr std::array<std::string_view, 4> kOtherFormats = {"onnx", "openvino", "coreml", "gguf"};
constexpr std::size_t kFilesMax = 2000;

bool is_wanted(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); }) ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool is_other_format(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with(".") ||
         std::find(kOtherFormats.begin(), kOtherFormats.end(), name) != kOtherFormats.end();
}

Status copy_one(const fs::path& from, const fs::path& to) {
  FileSystem& files = local_file_system();
  std::error_code error;
  const std::uintmax_t size = fs::file_size(from, error);
  if (error) return fail(ErrorCode::kIo, from.string() + ": " + error.message());
  if (const auto there = files.stat(to); there && there->size == size) return {};
  return copy_whole(files, from, to);
}

}  // namespace

Result<std::vector<std::string>> list_model_files(const fs::path& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(
      folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_directory(error) && is_other_format(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_regular_file(error) && is_wanted(entry->path()))
      paths.push_back(entry->path().lexically_relative(folder).string());
    if (paths.size() > kFilesMax)
      return fail(ErrorCode::kUnsupported, folder.string() + ": too many files for a model folder");
  }
  if (error) return fail(ErrorCode::kIo, folder.string() + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::vector<std::string>> copy_model_files(const fs::path& from, const fs::path& to) {
  COLVEC_ASSIGN(std::vector<std::string> paths, list_model_files(from));
  for (const std::string& path : paths) COLVEC_TRY(copy_one(from / path, to / path));
  return paths;
}

}  // namespace colvec
