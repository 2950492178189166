// What readers find after a commit or a checkpoint was stopped at any step, by a kill or by a loss
// of power, or had the answer of a step lost: the version before or the one after, whole.
#include <gtest/gtest.h>

#include "base/json.h"
#include "store/delta_checkpoint.h"
#include "store/delta_log.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// More steps than any commit has; the loops end at the first k that changes nothing.
constexpr std::size_t kStepsMax = 100;

struct Damage {
  const char* name;
  std::optional<PowerLoss> loss;  // nullopt: the process was killed, the machine runs on.
  unsigned seed = 0;
};

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {{"kill", std::nullopt},
                                          {"names lost", PowerLoss::kNamesLost},
                                          {"names kept", PowerLoss::kNamesKept},
                                          {"some names, 1", PowerLoss::kSomeNames, 1},
                                          {"some names, 2", PowerLoss::kSomeNames, 2},
                                          {"some names, 3", PowerLoss::kSomeNames, 3}};
  return all;
}

std::string state_of(StoreFolder& folder, const fs::path& table) {
  const auto log = DeltaLog::open(local_file_system(), folder.connection(), table);
  return log ? text_of(log->snapshot()) : "unreadable: " + log.error().message;
}

// Makes `copy` the same as `table`, which need not be there.
void copy_table(const fs::path& table, const fs::path& copy) {
  fs::remove_all(copy);
  if (fs::exists(table)) fs::copy(table, copy, fs::copy_options::recursive);
}

// Stops the commit of `commit` to a copy of `table` at each step and does each damage. Returns the
// number of steps that it has.
std::size_t stop_everywhere(StoreFolder& folder, const fs::path& table, const DeltaCommit& commit) {
  const fs::path copy = folder.path() / "copy";
  const std::string before = state_of(folder, table);
  copy_table(table, copy);
  EXPECT_TRUE(DeltaLog::open(local_file_system(), folder.connection(), copy)->try_commit(commit));
  const std::string after = state_of(folder, copy);
  EXPECT_NE(before, after);
  for (std::size_t k = 0; k < kStepsMax; ++k) {
    bool is_done = false;
    for (const Damage& damage : damages()) {
      SCOPED_TRACE(std::string(damage.name) + " before step " + std::to_string(k));
      copy_table(table, copy);
      FaultyFileSystem files(copy);
      DeltaLog log = DeltaLog::open(files, folder.connection(), copy).value();
      files.stop_before(k);
      const auto result = log.try_commit(commit);
      is_done = files.steps() <= k;
      if (damage.loss) files.lose_power(*damage.loss, damage.seed);

      const std::string found = state_of(folder, copy);
      EXPECT_TRUE(found == after || (found == before && !result)) << found;
      // Whatever it is, it can be extended.
      DeltaLog again = DeltaLog::open(local_file_system(), folder.connection(), copy).value();
      EXPECT_TRUE(again.try_commit(again.snapshot().version ? adding("later") : commit).value());
    }
    if (is_done) return k;
  }
  return kStepsMax;
}

TEST(DeltaCrash, ACommitIsThereOrNot) {
  StoreFolder folder;
  make_table(folder, folder.path() / "t", 3);
  // Draft, link, folder, draft away.
  EXPECT_EQ(stop_everywhere(folder, folder.path() / "t", adding("new")), 4u);
}

TEST(DeltaCrash, ATableIsThereOrNot) {
  StoreFolder folder;
  EXPECT_EQ(stop_everywhere(folder, folder.path() / "none", first_commit()), 5u);
}

// What is readable after a crash is in the checkpoint too, and the pointer names no missing one.
void expect_sound_checkpoint(StoreFolder& folder, const fs::path& log) {
  const std::string pointer = contents_of(log / "_last_checkpoint");
  if (pointer.empty()) return;
  COLVEC_ASSERT_ASSIGN(const Json json, Json::parse(pointer, "_last_checkpoint"));
  EXPECT_EQ(json.unsigned_number("version").value(), 100u);
  COLVEC_ASSERT_ASSIGN(const auto read,
                       read_checkpoint(local_file_system(), folder.connection(), log, 100));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->version, 100u);
  EXPECT_EQ(read->files.size(), 100u);
}

// Puts a checkpoint in the place of the entries up to `version`, so that copies are made faster.
void forget_entries(StoreFolder& folder, const fs::path& table, std::uint64_t version) {
  DeltaLog log = DeltaLog::open(local_file_system(), folder.connection(), table).value();
  const fs::path log_folder = table / "_delta_log";
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), log_folder,
                               log.snapshot_at(version).value()));
  fs::remove(log_folder / "_last_checkpoint");
  for (std::uint64_t v = 0; v <= version; ++v) fs::remove(log_folder / entry_name(v));
}

TEST(DeltaCrash, ACheckpointIsThereOrNot) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 100);
  forget_entries(folder, table, 98);
  const DeltaCommit commit = adding("part-100");
  std::size_t k = 0;
  for (bool is_done = false; !is_done; ++k) {
    ASSERT_LT(k, kStepsMax);
    for (const Damage& damage : damages()) {
      SCOPED_TRACE(std::string(damage.name) + " before step " + std::to_string(k));
      const fs::path copy = folder.path() / "copy";
      copy_table(table, copy);
      FaultyFileSystem files(copy);
      DeltaLog log = DeltaLog::open(files, folder.connection(), copy).value();
      files.stop_before(k);
      const auto result = log.try_commit(commit);
      is_done = files.steps() <= k;
      // Of the four steps of the commit itself, the last is no part of its success.
      EXPECT_EQ(result.has_value(), k >= 3);
      if (damage.loss) files.lose_power(*damage.loss, damage.seed);
      expect_sound_checkpoint(folder, copy / "_delta_log");
      const DeltaLog again = DeltaLog::open(local_file_system(), folder.connection(), copy).value();
      const std::uint64_t version = *again.snapshot().version;
      EXPECT_TRUE(version == 100 || (version == 99 && !result));
      EXPECT_EQ(again.snapshot().files.size(), version);
    }
  }
  EXPECT_EQ(k - 1, 10u);  // Four of the commit; file, name, folder; pointer, name, folder.
}

std::size_t entries_with(const fs::path& log, const std::string& commit_id) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(log))
    if (parse_entry_name(entry.path().filename().string()))
      count += contents_of(entry.path()).find(commit_id) != std::string::npos ? 1 : 0;
  return count;
}

// A writer that gets an error looks whether its commit is there, and tries again if not.
TEST(DeltaCrash, AFailureOfAnyOneStepMakesNoSecondCommit) {
  StoreFolder folder;
  for (const bool is_done_all_the_same : {true, false}) {
    for (std::size_t k = 0; k < 5; ++k) {
      SCOPED_TRACE(k);
      const fs::path table =
          folder.path() / (is_done_all_the_same ? "lost" : "failed") / std::to_string(k);
      make_table(folder, table, 2);
      FaultyFileSystem files(table);
      DeltaLog log = DeltaLog::open(files, folder.connection(), table).value();
      if (is_done_all_the_same)
        files.lose_answer_of(k);
      else
        files.fail_step(k);
      const DeltaCommit commit = adding("new");
      auto result = log.try_commit(commit);
      // Only where the draft is not written, or the folder not synced, is there an error; and where
      // there is no link.
      const bool is_error = k == 0 || k == 2 || (k == 1 && !is_done_all_the_same);
      EXPECT_EQ(!result.has_value(), is_error);
      EXPECT_TRUE(result || result.error().code == ErrorCode::kIo);
      ASSERT_TRUE(log.refresh({}));
      EXPECT_TRUE(log.snapshot().files.contains("new") || log.try_commit(commit).value());
      EXPECT_EQ(entries_with(table / "_delta_log", commit.info->commit_id), 1u);
      EXPECT_EQ(log.snapshot().version, 2u);
    }
  }
}

// The local file system, where all drafts have one name.
class OneDraft final : public FileSystem {
 public:
  Result<std::string> read(const fs::path& path, std::size_t bytes_max) override {
    return local_file_system().read(path, bytes_max);
  }
  Result<FolderEntry> stat(const fs::path& path) override { return local_file_system().stat(path); }
  Result<std::vector<FolderEntry>> list(const fs::path& folder) override {
    return local_file_system().list(folder);
  }
  Status make_folders(const fs::path& folder) override {
    return local_file_system().make_folders(folder);
  }
  Status write_new(const fs::path& path, std::string_view bytes) override {
    return local_file_system().write_new(one_name(path), bytes);
  }
  Status sync_file(const fs::path& path) override {
    return local_file_system().sync_file(one_name(path));
  }
  Status rename(const fs::path& from, const fs::path& to) override {
    return local_file_system().rename(one_name(from), to);
  }
  Result<bool> link(const fs::path& from, const fs::path& to) override {
    return local_file_system().link(one_name(from), to);
  }
  Status remove(const fs::path& path) override {
    return local_file_system().remove(one_name(path));
  }
  Status sync_folder(const fs::path& folder) override {
    return local_file_system().sync_folder(folder);
  }

 private:
  static fs::path one_name(const fs::path& path) {
    return path.extension() == ".tmp" ? path.parent_path() / "draft" : path;
  }
};

TEST(DeltaCrash, ADraftOfAnotherIsLeftAlone) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 1);
  put_file(table / "_delta_log" / "draft", "half of ano");
  OneDraft files;
  DeltaLog log = DeltaLog::open(files, folder.connection(), table).value();
  EXPECT_EQ(log.try_commit(adding("a")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(contents_of(table / "_delta_log" / "draft"), "half of ano");
  EXPECT_FALSE(fs::exists(table / "_delta_log" / entry_name(1)));
  fs::remove(table / "_delta_log" / "draft");
  EXPECT_TRUE(log.try_commit(adding("a")).value());
  EXPECT_FALSE(fs::exists(table / "_delta_log" / "draft"));
}

}  // namespace
}  // namespace colvec
