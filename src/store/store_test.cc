#include "colvec/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rows_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    small_.add({{1, "one"}, {2, "two"}});
    small_.add({{3, "three"}});
    small_.add({{1, "one"}, {2, "two"}, {3, "three"}}, 'b');
    store_ = std::move(*Store::open(small_.path(), {}));
  }

  SmallStore small_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, TellsWhatItHolds) {
  const auto info = store_->info();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->keys, 3u);
  EXPECT_EQ(info->files, 5u);
  EXPECT_EQ(info->keys_version, 2u);
  EXPECT_EQ(info->vectors_version, 3u);
  ASSERT_EQ(info->models.size(), 2u);
  EXPECT_EQ(info->models[0].name, "model a");
  EXPECT_EQ(info->models[0].vectors, 3u);
  EXPECT_EQ(info->models[0].files, 2u);
  EXPECT_EQ(info->models[1].files, 1u);
  EXPECT_FALSE(info->models[0].active);
}

TEST_F(StoreTest, ListsTheLiveFilesOfAnyVersion) {
  const auto files = store_->files({});
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(files->size(), 5u);
  for (const StoreFile& file : *files) {
    EXPECT_EQ(std::filesystem::file_size(file.path), file.bytes);
    EXPECT_GT(file.rows, 0u);
  }
  EXPECT_EQ(store_->files({.version = 1})->size(), 2u);
  EXPECT_EQ(store_->files({.version = 9}).error().code, ErrorCode::kNotFound);
}

TEST_F(StoreTest, GivesTheSqlOfAViewForAnyDuckDb) {
  const auto sql = store_->view_sql({}, "fb", "");
  ASSERT_TRUE(sql.has_value()) << sql.error().message;
  StoreFolder elsewhere;
  elsewhere.rows(*sql);
  EXPECT_THAT(elsewhere.rows("SELECT id, text_value FROM embeddings ORDER BY id"),
              ElementsAre("1|one", "2|two", "3|three"));
}

TEST_F(StoreTest, TellsItsHistory) {
  const auto history = store_->history();
  ASSERT_TRUE(history.has_value());
  std::vector<std::string> lines;
  for (const StoreVersion& v : *history)
    if (v.table == "keys")
      lines.push_back(std::to_string(v.version) + " " + v.operation + " " +
                      std::to_string(v.rows_added));
  EXPECT_THAT(lines, ElementsAre("0 CREATE TABLE 0", "1 WRITE 2", "2 WRITE 1"));
  EXPECT_EQ(history->size(), 7u);
}

TEST_F(StoreTest, RefusesToHandOutVectorsOfADamagedFileByName) {
  const auto files = store_->files({});
  std::filesystem::path damaged;
  for (const StoreFile& file : *files)
    if (file.table == "vectors" && file.path.string().find("model=fb") != std::string::npos)
      damaged = file.path;
  std::string bytes = contents_of(damaged);
  bytes[bytes.size() / 3] ^= 1;
  put_file(damaged, bytes);
  const auto bad = store_->query({.model = "fb", .on_line = [](std::string_view) {}});
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(bad.error().message, HasSubstr(damaged.string()));
  EXPECT_TRUE(store_->query({.model = "fa", .on_line = [](std::string_view) {}}).has_value());

  std::filesystem::remove(damaged);
  EXPECT_THAT(store_->query({.model = "fb", .on_line = [](std::string_view) {}}).error().message,
              HasSubstr(damaged.string() + ": missing"));
}

}  // namespace
}  // namespace colvec
