#include "store/verify.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/column_store_fixture.h"
#include "store/compact.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

// A store with something of everything: two models, a compaction, files of earlier versions, a
// checkpoint of the keys.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() : path_(folder_.path() / "s") {
    const auto store = open_products(disk(), folder_.database(), path_);
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(store->append(products({i * 10, 10})));
    EXPECT_TRUE(store->append(products({0, 40}, second_set())));
    EXPECT_TRUE(compact(*store));
    EXPECT_TRUE(store->append(products({40, 10})));
    EXPECT_TRUE(store->activate(first_set(), fingerprint_of('a')));
  }

  void make_checkpoint() {
    const auto store = open_products(disk(), folder_.database(), path_);
    for (int i = 0; *store->keys().snapshot().version < 101; ++i)
      ASSERT_TRUE(i % 2 == 0 ? store->activate(second_set(), fingerprint_of('b'))
                             : store->activate(first_set(), fingerprint_of('a')));
    ASSERT_TRUE(store->activate(first_set(), fingerprint_of('a')));
  }

  StoreVerified verified() {
    // One of its own each time: DuckDB may keep what it has just read of a file.
    Database database = Database::open({.temp_directory = folder_.path() / "spill"}).value();
    Result<StoreVerified> found = verify_store(disk(), database, path_);
    EXPECT_TRUE(found.has_value());
    return found ? std::move(*found) : StoreVerified();
  }
  std::vector<std::string> problems() { return verified().problems; }

  std::vector<fs::path> all_files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }

  StoreFolder folder_;
  fs::path path_;
};

TEST_F(VerifyTest, FindsNothingWrongWithAGoodStore) {
  make_checkpoint();
  const StoreVerified found = verified();
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
  EXPECT_EQ(found.files, 5u);
  EXPECT_EQ(found.vectors, 90u);
  EXPECT_EQ(found.keys, 50u);
}

TEST_F(VerifyTest, NeedsAStore) {
  const auto found = verify_store(disk(), folder_.database(), folder_.path() / "other");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
}

// Of the many entries of the keys that are alike, a few will do.
bool is_one_of_many(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.parent_path().parent_path().filename() == "keys" &&
         name > "00000000000000000005.json" && name < "00000000000000000099.json";
}

TEST_F(VerifyTest, NamesEveryFileThatIsDamaged) {
  make_checkpoint();
  std::size_t checked = 0;
  for (const fs::path& path : all_files()) {
    if (is_one_of_many(path)) continue;
    const std::string bytes = contents_of(path);
    std::vector<std::string> damages = {bytes.substr(0, bytes.size() / 2)};
    // Some bytes of a checkpoint decide nothing.
    if (!path.string().ends_with(".checkpoint.parquet")) {
      damages.push_back(bytes);
      damages.back()[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    }
    if (kSanitized) damages = {damages[checked % damages.size()]};  // In turn.
    for (const std::string& damaged : damages) {
      put_file(path, damaged);
      EXPECT_THAT(problems(), Contains(HasSubstr(path.string()))) << damaged.size();
      ++checked;
    }
    put_file(path, bytes);
    if (HasFailure()) break;
  }
  EXPECT_GT(checked, kSanitized ? 25u : 50u);
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(VerifyTest, NamesEveryFileThatIsMissing) {
  make_checkpoint();
  const auto store = open_products(disk(), folder_.database(), path_);
  std::vector<fs::path> needed = live_files(store->vectors());
  for (const fs::path& path : live_files(store->keys())) needed.push_back(path);
  for (const char* name :
       {"vectors/_delta_log/00000000000000000000.json",
        "vectors/_delta_log/00000000000000000003.json",
        "vectors/_delta_log/00000000000000000007.json", "keys/_delta_log/00000000000000000000.json",
        "keys/_delta_log/00000000000000000100.json"})
    needed.push_back(path_ / name);
  for (const VectorSet& set : {first_set(), second_set()})
    needed.push_back(path_ / "models" / (set.model + ".json"));
  for (const fs::path& path : needed) {
    const std::string bytes = contents_of(path);
    ASSERT_TRUE(fs::remove(path)) << path;
    EXPECT_THAT(problems(), Contains(StartsWith(path.string()))) << path;
    put_file(path, bytes);
  }
  // A checkpoint is missed by the file that points to it.
  fs::remove(path_ / "keys" / "_delta_log" / "00000000000000000100.checkpoint.parquet");
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("_last_checkpoint: names version 100")));
}

TEST_F(VerifyTest, NoticesThatFilesWereSwapped) {
  make_checkpoint();
  const std::vector<fs::path> files = all_files();
  for (std::size_t i = 0; i + 1 < files.size(); i += kSanitized ? 2 : 1) {
    if (is_one_of_many(files[i]) || is_one_of_many(files[i + 1])) continue;
    const std::string one = contents_of(files[i]);
    const std::string two = contents_of(files[i + 1]);
    put_file(files[i], two);
    put_file(files[i + 1], one);
    EXPECT_THAT(problems(), Contains(::testing::AnyOf(HasSubstr(files[i].string()),
                                                      HasSubstr(files[i + 1].string()))))
        << files[i];
    put_file(files[i], one);
    put_file(files[i + 1], two);
  }
  EXPECT_THAT(problems(), IsEmpty());
}

// The commit ids and times of what is left fit.
TEST_F(VerifyTest, NoticesAnEntryUnderTheNameOfALostOne) {
  const fs::path log = path_ / "vectors" / "_delta_log";
  std::vector<fs::path> entries;
  for (const fs::path& path : all_files())
    if (path.parent_path() == log && path.extension() == ".json") entries.push_back(path);
  std::sort(entries.begin(), entries.end());
  ASSERT_GE(entries.size(), 2u);
  fs::rename(entries.back(), entries[entries.size() - 2]);
  EXPECT_THAT(problems(), Contains(HasSubstr("is the entry of version")));
}

TEST_F(VerifyTest, DamageToOneFileHidesNoOther) {
  const auto store = open_products(disk(), folder_.database(), path_);
  std::vector<fs::path> damaged = {path_ / "keys" / "_delta_log" / "00000000000000000002.json",
                                   path_ / "models" / (second_set().model + ".json")};
  for (const fs::path& path : live_files(store->vectors())) damaged.push_back(path);
  for (const fs::path& path : damaged) put_file(path, "no such thing");
  const StoreVerified found = verified();
  for (const fs::path& path : damaged)
    EXPECT_THAT(found.problems, Contains(HasSubstr(path.string())));
  EXPECT_EQ(found.keys, 50u);  // What that entry had added was compacted since.
  EXPECT_THAT(found.problems, Contains(HasSubstr("has no vector of any model: 50")));
}

TEST_F(VerifyTest, NotesFilesThatNobodyNames) {
  put_file(path_ / "vectors" / "_tmp" / "part-x.parquet", "half");
  put_file(path_ / "vectors" / "model=x" / "part-x.parquet", "whole");
  put_file(path_ / "keys" / "_delta_log" / ".x.tmp", "draft");
  const StoreVerified found = verified();
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(found.notes,
              ::testing::UnorderedElementsAre(
                  HasSubstr("vectors/_tmp/part-x.parquet: no version names this file"),
                  HasSubstr("vectors/model=x/part-x.parquet: no version names this file"),
                  HasSubstr("keys/_delta_log/.x.tmp: a draft that was never published")));
}

TEST_F(VerifyTest, NoticesKeysWithoutVectors) {
  const auto store = open_products(disk(), folder_.database(), path_);
  StoreRows rows = products({100, 3});
  rows.vectors = "";
  ASSERT_TRUE(store->append(rows));
  EXPECT_THAT(problems(),
              ElementsAre(HasSubstr("keys whose text has no vector of any model: 3 in the table"),
                          HasSubstr("has no vector of the active model " + first_set().model +
                                    " f32: 3 in the table")));
  // With vectors of another model they still lack those of the active one.
  rows = products({100, 3}, second_set());
  ASSERT_TRUE(store->append(rows));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("has no vector of the active model")));
}

TEST_F(VerifyTest, NoticesAFormatOfTheFuture) {
  const auto store = open_products(disk(), folder_.database(), path_);
  ASSERT_TRUE(
      store->vectors().commit({.operation = "TEST"}, [](const auto& snapshot, auto* commit) {
        commit->meta_data = snapshot.meta_data;
        commit->meta_data->configuration["colvec.formatVersion"] = "2";
        return Result<bool>(true);
      }));
  EXPECT_THAT(problems(), ElementsAre(HasSubstr("format version 2; we know 1")));
}

TEST_F(VerifyTest, ComparesModelsWithTheirVectors) {
  const fs::path path = path_ / "models" / (first_set().model + ".json");
  put_file(
      path,
      to_json({.fingerprint = fingerprint_of('a'), .name = "x", .made_of = "", .dimension = 3}));
  EXPECT_THAT(problems(), Contains(HasSubstr("has vectors of dimension 2, its model has 3")));
  put_file(
      path,
      to_json({.fingerprint = fingerprint_of('c'), .name = "x", .made_of = "", .dimension = 2}));
  EXPECT_THAT(problems(), ElementsAre(StartsWith(path.string() + ": is of fingerprint ccc")));
}

}  // namespace
}  // namespace colvec
