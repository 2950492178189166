#include "store/store_fixture.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

#include "base/check.h"
#include "base/uuid.h"
#include "store/delta_log.h"

namespace colvec {

namespace fs = std::filesystem;

StoreFolder::StoreFolder() {
  std::string pattern = (fs::temp_directory_path() / "colvec_store_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
  database_.emplace(
      Database::open({.memory_limit = "1GB", .temp_directory = path_ / "spill", .threads = 2})
          .value());
  connection_.emplace(database_->connect().value());
}

StoreFolder::~StoreFolder() {
  connection_.reset();
  database_.reset();
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> StoreFolder::rows(const std::string& sql) {
  const Result<Rows> result = connection_->query(sql);
  if (!result) std::fprintf(stderr, "%s: %s\n", sql.c_str(), result.error().message.c_str());
  COLVEC_CHECK(result.has_value());
  std::vector<std::string> lines;
  for (std::size_t r = 0; r < result->size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < result->columns(); ++c)
      line += (c == 0 ? "" : "|") + result->at(r, c).value_or("NULL");
    lines.push_back(line);
  }
  return lines;
}

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void put_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  COLVEC_CHECK(file.good());
}

std::string text_of(const DeltaSnapshot& snapshot) {
  DeltaCommit commit;
  commit.protocol = snapshot.protocol;
  commit.meta_data = snapshot.meta_data;
  for (const auto& [id, transaction] : snapshot.transactions)
    commit.transactions.push_back(transaction);
  for (const auto& [path, file] : snapshot.tombstones) commit.removes.push_back(file);
  for (const auto& [path, file] : snapshot.files) commit.adds.push_back(file);
  return fmt::format("version {} of {}\n{}",
                     snapshot.version ? std::to_string(*snapshot.version) : "none",
                     snapshot.timestamp_ms, to_json_lines(commit));
}

namespace {

CommitInfo new_info(const std::string& operation) {
  CommitInfo info;
  info.timestamp_ms = 1'700'000'000'000;
  info.operation = operation;
  info.commit_id = new_uuid();
  info.engine = "colvec/test";
  return info;
}

}  // namespace

DeltaCommit first_commit() {
  DeltaCommit commit;
  commit.info = new_info("CREATE TABLE");
  commit.protocol.emplace();
  commit.meta_data.emplace();
  commit.meta_data->id = new_uuid();
  commit.meta_data->schema_string =
      R"({"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]})";
  return commit;
}

DeltaCommit adding(const std::string& path) {
  DeltaCommit commit;
  commit.info = new_info("WRITE");
  AddFile file;
  file.path = path;
  file.size = 10;
  file.modified_ms = commit.info->timestamp_ms;
  file.stats = R"({"numRecords":3})";
  commit.adds.push_back(file);
  return commit;
}

void make_table(StoreFolder& folder, const fs::path& table, std::uint64_t versions) {
  DeltaLog log = DeltaLog::open(disk(), folder.connection(), table).value();
  for (std::uint64_t version = 0; version < versions; ++version) {
    DeltaCommit commit = version == 0 ? first_commit() : adding("part-" + std::to_string(version));
    commit.info->timestamp_ms += static_cast<std::int64_t>(version) * 1000;
    COLVEC_CHECK(log.try_commit(commit).value());
  }
}

FaultyFileSystem::FaultyFileSystem(fs::path root)
    : root_(std::move(root)), kept_(root_.string() + ".kept_" + new_uuid()) {
  fs::create_directories(root_);
  fs::create_directories(kept_);
  note_names(root_);
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_directory()) note_names(entry.path());
    if (entry.is_regular_file()) note_contents(entry.path());
  }
}

FaultyFileSystem::~FaultyFileSystem() {
  std::error_code ignored;
  fs::remove_all(kept_, ignored);
}

std::size_t FaultyFileSystem::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}
void FaultyFileSystem::stop_before(std::size_t step) {
  const std::lock_guard lock(mutex_);
  stop_before_ = step;
}
void FaultyFileSystem::lose_answer_of(std::size_t step) {
  const std::lock_guard lock(mutex_);
  lose_answer_of_ = step;
}
void FaultyFileSystem::fail_step(std::size_t step) {
  const std::lock_guard lock(mutex_);
  fail_step_ = step;
}

fs::path FaultyFileSystem::kept(Inode inode) const { return kept_ / std::to_string(inode); }

std::map<std::string, FaultyFileSystem::Inode> FaultyFileSystem::names_of(
    const fs::path& folder) const {
  std::map<std::string, Inode> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    struct stat info {};
    if (::lstat(entry.path().c_str(), &info) == 0 && S_ISREG(info.st_mode))
      names[entry.path().filename().string()] = info.st_ino;
  }
  return names;
}

// From here on the bytes of this file are safe.
void FaultyFileSystem::note_contents(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0)
    synced_[info.st_ino] = {fs::file_size(path), fs::last_write_time(path)};
}

// From here on the names in this folder are safe.
void FaultyFileSystem::note_names(const fs::path& folder) {
  durable_[folder] = names_of(folder);
  std::error_code ignored;  // It may be kept already, or be gone just now.
  for (const auto& [name, inode] : durable_[folder])
    fs::create_hard_link(folder / name, kept(inode), ignored);
}

bool FaultyFileSystem::lose_power(PowerLoss kind, unsigned seed) {
  const std::lock_guard lock(mutex_);
  std::mt19937 random(seed);
  bool is_changed = false;
  std::vector<fs::path> folders = {root_};
  for (const auto& entry : fs::recursive_directory_iterator(root_))
    if (entry.is_directory()) folders.push_back(entry.path());
  for (const fs::path& folder : folders) {
    const std::map<std::string, Inode> now = names_of(folder);
    const std::map<std::string, Inode>& before = durable_[folder];
    const auto is_undone = [&] {
      return kind == PowerLoss::kNamesLost || (kind == PowerLoss::kSomeNames && random() % 2 == 0);
    };
    // In two passes: a name that goes may be the only one of a file that another name needs.
    for (const auto& [name, inode] : before) {
      const auto found = now.find(name);
      if ((found == now.end() || found->second != inode) && is_undone()) {
        is_changed = true;
        fs::remove(folder / name);
        fs::create_hard_link(kept(inode), folder / name);
      }
    }
    for (const auto& [name, inode] : now)
      if (!before.contains(name) && is_undone()) is_changed |= fs::remove(folder / name);
    for (const auto& [name, inode] : names_of(folder)) {
      const auto found = synced_.find(inode);
      const fs::path path = folder / name;
      if (found == synced_.end() || found->second.first != fs::file_size(path) ||
          found->second.second != fs::last_write_time(path)) {
        is_changed = true;
        fs::resize_file(path, 0);
      }
    }
  }
  return is_changed;
}

template <typename T, typename Step>
T FaultyFileSystem::step(const fs::path& path, const Step& run) {
  const std::lock_guard lock(mutex_);
  const std::size_t number = steps_++;
  const auto failure = [&](const char* what) {
    return fail(ErrorCode::kIo, fmt::format("{}: {} at step {}", path.string(), what, number));
  };
  if ((stop_before_ && number >= *stop_before_) || number == fail_step_) return failure("stopped");
  T result = run();
  if (number == lose_answer_of_) return failure("answer lost");
  return result;
}

Result<std::string> FaultyFileSystem::read(const fs::path& path, std::size_t bytes_max) {
  return local_file_system().read(path, bytes_max);
}
Result<FolderEntry> FaultyFileSystem::stat(const fs::path& path) {
  return local_file_system().stat(path);
}
Result<std::vector<FolderEntry>> FaultyFileSystem::list(const fs::path& folder) {
  return local_file_system().list(folder);
}

Status FaultyFileSystem::make_folders(const fs::path& folder) {
  return step<Status>(folder, [&] { return local_file_system().make_folders(folder); });
}
Status FaultyFileSystem::write_new(const fs::path& path, std::string_view bytes) {
  return step<Status>(path, [&] {
    Status status = local_file_system().write_new(path, bytes);
    if (status) note_contents(path);
    return status;
  });
}
Status FaultyFileSystem::sync_file(const fs::path& path) {
  return step<Status>(path, [&] {
    Status status = local_file_system().sync_file(path);
    if (status) note_contents(path);
    return status;
  });
}
Status FaultyFileSystem::rename(const fs::path& from, const fs::path& to) {
  return step<Status>(from, [&] { return local_file_system().rename(from, to); });
}
Result<bool> FaultyFileSystem::link(const fs::path& from, const fs::path& to) {
  return step<Result<bool>>(from, [&] { return local_file_system().link(from, to); });
}
Status FaultyFileSystem::remove(const fs::path& path) {
  return step<Status>(path, [&] { return local_file_system().remove(path); });
}
Status FaultyFileSystem::sync_folder(const fs::path& folder) {
  return step<Status>(folder, [&] {
    Status status = local_file_system().sync_folder(folder);
    if (status) note_names(folder);
    return status;
  });
}

}  // namespace colvec
