#include "dataset/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "dataset/dataset_fixture.h"
#include "dataset/home.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Catalog : public testing::Test {
 protected:
  Dataset add(const std::string& name) {
    return folder_.save(name, {{.name = "id", .is_primary_key = true},
                               {.name = "text", .embedding = EmbeddingStep{.model = "m"}}});
  }
  std::vector<std::string> names() { return list_datasets(home_).value(); }
  Dataset read(const std::string& name) { return read_dataset(home_, name).value(); }
  static void put(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }

  DatasetFolder folder_;
  const fs::path home_ = folder_.home();
};

TEST_F(Catalog, WhatIsSavedIsListedAndRead) {
  EXPECT_THAT(names(), IsEmpty());
  const Dataset saved = add("wares");
  EXPECT_EQ(saved.revision, 1u);
  EXPECT_EQ(read("wares"), saved);
  add("a");
  EXPECT_THAT(names(), ElementsAre("a", "wares"));
}

TEST_F(Catalog, NamesAreWhateverFitsOnALine) {
  for (const char* name : {"wares & more", "a/b", "..", ".hidden", "größe", "100%"}) {
    EXPECT_EQ(read(add(name).name).name, name);
    EXPECT_THAT(names(), ElementsAre(name));
    ASSERT_TRUE(remove_dataset(home_, name).has_value());
  }
}

TEST_F(Catalog, ADatasetIsNotMadeTwice) {
  const Dataset saved = add("wares");
  Dataset other = saved;
  other.revision = 0;
  other.remote = "/elsewhere";
  const Result<Dataset> again = save_dataset(home_, other);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_THAT(again.error().message, HasSubstr("there is a dataset of this name already"));
  EXPECT_EQ(read("wares"), saved);
}

TEST_F(Catalog, OnlyWhoHasSeenTheNewestRevisionMayReplaceIt) {
  const Dataset first = add("wares");
  Dataset mine = first, theirs = first;
  mine.remote = "/mine";
  theirs.remote = "/theirs";
  EXPECT_EQ(save_dataset(home_, mine)->revision, 2u);
  const Result<Dataset> late = save_dataset(home_, theirs);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_THAT(late.error().message, HasSubstr("was changed meanwhile: revision 2, not 1"));
  EXPECT_EQ(read("wares").remote, "/mine");
}

TEST_F(Catalog, WhatCannotBeReadAgainIsNotSaved) {
  const Dataset saved = add("wares");
  Dataset wrong = saved;
  wrong.columns.push_back({.name = "id"});
  const Result<Dataset> result = save_dataset(home_, wrong);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "dataset wares: column id: named twice");
  EXPECT_EQ(read("wares"), saved);
  wrong = saved;
  wrong.name = "two\nlines";
  EXPECT_FALSE(save_dataset(home_, wrong).has_value());
  EXPECT_THAT(names(), ElementsAre("wares"));
}

TEST_F(Catalog, ADatasetThatIsGoneLeavesNothingBehindWhenItIsSaved) {
  Dataset dataset = add("wares");
  ASSERT_TRUE(remove_dataset(home_, "wares").has_value());
  dataset.remote = "/mine";
  EXPECT_FALSE(save_dataset(home_, dataset).has_value());
  EXPECT_TRUE(fs::is_empty(datasets_folder(home_)));
  add("other");
  EXPECT_TRUE(rename_dataset(home_, "other", "wares").has_value());
}

TEST_F(Catalog, WhatIsNotThereIsNamedWithWhatIs) {
  EXPECT_EQ(read_dataset(home_, "x").error().message,
            home_.string() + ": no such dataset: x (there: none)");
  add("a");
  add("b");
  for (const Status& status :
       {rename_dataset(home_, "x", "y"), remove_dataset(home_, "x"), remove_dataset(home_, "")}) {
    EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
    EXPECT_THAT(status.error().message, HasSubstr("(there: a, b)"));
  }
  EXPECT_EQ(rename_column(home_, "a", "x", "y").error().message,
            "dataset a: no such column: x (there: id, text)");
}

TEST_F(Catalog, FoldersThatAreNoDatasetsAreNotListed) {
  add("a");
  fs::create_directories(datasets_folder(home_) / "empty");
  fs::create_directories(datasets_folder(home_) / ".removed-1");
  put(datasets_folder(home_) / ".removed-1" / "dataset.json", "{}");
  put(datasets_folder(home_) / "file", "");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(Catalog, ARemovalThatWasKilledIsBroughtToItsEndByTheNext) {
  add("a");
  const fs::path left = datasets_folder(home_) / ".removed-1";
  fs::create_directories(left / "embeddings");
  ASSERT_TRUE(remove_dataset(home_, "a"));
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(Catalog, TheFoldersNameCounts) {
  add("wares");
  fs::rename(dataset_folder(home_, "wares"), dataset_folder(home_, "goods"));
  EXPECT_EQ(read("goods").name, "goods");
}

TEST_F(Catalog, ADamagedFileIsRefusedByItsPath) {
  add("wares");
  const fs::path path = dataset_folder(home_, "wares") / "dataset.json";
  put(path, "{");
  EXPECT_EQ(read_dataset(home_, "wares").error().code, ErrorCode::kCorruption);
  EXPECT_THAT(read_dataset(home_, "wares").error().message, HasSubstr(path.string()));
  EXPECT_EQ(remove_dataset(home_, "wares").error().code, ErrorCode::kCorruption);
}

TEST_F(Catalog, ChangesOfSeveralWritersAllCount) {
  add("wares");
  constexpr int kWriters = 4, kChanges = 4;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w)
    writers.emplace_back([&] {
      for (int i = 0; i < kChanges; ++i)
        EXPECT_TRUE(change_dataset(home_, "wares", [](Dataset* dataset) -> Status {
          dataset->remote += "x";
          return {};
        }));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(read("wares").remote, std::string(kWriters * kChanges, 'x'));
  EXPECT_EQ(read("wares").revision, 1u + kWriters * kChanges);
}

TEST_F(Catalog, AChangeThatChangesNothingOrFailsIsNotSaved) {
  const Dataset saved = add("wares");
  EXPECT_EQ(change_dataset(home_, "wares", [](Dataset*) { return Status(); })->revision, 1u);
  const auto failed = change_dataset(home_, "wares", [](Dataset* dataset) -> Status {
    dataset->remote = "/mine";
    return fail(ErrorCode::kConflict, "no");
  });
  EXPECT_EQ(failed.error().message, "no");
  EXPECT_EQ(read("wares"), saved);
}

TEST_F(Catalog, ADatasetIsRenamedWithAllThatItHas) {
  add("wares");
  put(store_folder(home_, "wares", "text") / "vectors" / "file", "bytes");
  ASSERT_TRUE(rename_dataset(home_, "wares", "goods").has_value());
  EXPECT_THAT(names(), ElementsAre("goods"));
  EXPECT_EQ(read("goods").revision, 2u);
  EXPECT_TRUE(fs::exists(store_folder(home_, "goods", "text") / "vectors" / "file"));
}

TEST_F(Catalog, ATakenNameIsNotRenamedOver) {
  add("wares");
  const Dataset goods = add("goods");
  const Status renamed = rename_dataset(home_, "wares", "goods");
  ASSERT_FALSE(renamed.has_value());
  EXPECT_EQ(renamed.error().code, ErrorCode::kConflict);
  EXPECT_EQ(read("goods"), goods);
  EXPECT_EQ(rename_dataset(home_, "wares", "wares").error().code, ErrorCode::kConflict);
  EXPECT_EQ(rename_dataset(home_, "wares", "a\nb").error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(names(), ElementsAre("goods", "wares"));
}

// While the lock is held by another, who then changes the dataset.
TEST_F(Catalog, ARenameTakesAlongWhatWasChangedWhileItWaited) {
  add("wares");
  std::thread renaming;
  ASSERT_TRUE(change_dataset(home_, "wares", [&](Dataset* dataset) -> Status {
    renaming = std::thread([&] { EXPECT_TRUE(rename_dataset(home_, "wares", "goods")); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    dataset->remote = "/mine";
    return {};
  }));
  renaming.join();
  EXPECT_EQ(read("goods").remote, "/mine");
}

TEST_F(Catalog, ARemovedDatasetIsGoneWithItsVectors) {
  add("wares");
  put(store_folder(home_, "wares", "text") / "vectors" / "file", "bytes");
  ASSERT_TRUE(remove_dataset(home_, "wares").has_value());
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(datasets_folder(home_)));
}

TEST_F(Catalog, ARenamedColumnIsRenamedWhereItIsNamed) {
  Dataset dataset = add("wares");
  dataset.columns[1].embedding->text_column = "text";
  dataset.columns[1].embedding->primary_key_column = {"id", "text"};
  dataset = save_dataset(home_, dataset).value();
  put(store_folder(home_, "wares", "text") / "vectors" / "file", "bytes");
  const Dataset renamed = rename_column(home_, "wares", "text", "body").value();
  EXPECT_EQ(renamed, read("wares"));
  EXPECT_EQ(renamed.columns[1].name, "body");
  EXPECT_EQ(renamed.columns[1].embedding->text_column, "body");
  EXPECT_THAT(renamed.columns[1].embedding->primary_key_column, ElementsAre("id", "body"));
  EXPECT_TRUE(fs::exists(store_folder(home_, "wares", "body") / "vectors" / "file"));
  EXPECT_FALSE(fs::exists(store_folder(home_, "wares", "text")));
}

TEST_F(Catalog, AColumnIsNotRenamedToOneThatIsThere) {
  const Dataset saved = add("wares");
  EXPECT_EQ(rename_column(home_, "wares", "text", "id").error().code, ErrorCode::kConflict);
  EXPECT_EQ(read("wares"), saved);
}

TEST_F(Catalog, AColumnIsNotRenamedToWhatCannotBeReadAgain) {
  const Dataset saved = add("wares");
  for (const std::string& name : {std::string(), std::string("a\0b", 3)}) {
    const Result<Dataset> renamed = rename_column(home_, "wares", "text", name);
    ASSERT_FALSE(renamed.has_value());
    EXPECT_EQ(renamed.error().code, ErrorCode::kInvalidArgument);
    ASSERT_TRUE(read_dataset(home_, "wares").has_value());
    EXPECT_EQ(read("wares"), saved);
  }
}

// As after a kill between the two steps of a rename.
TEST_F(Catalog, ARenameOfAColumnGoesOnWhereItWasStopped) {
  add("wares");
  put(store_folder(home_, "wares", "body") / "vectors" / "file", "bytes");
  ASSERT_TRUE(rename_column(home_, "wares", "text", "body").has_value());
  EXPECT_EQ(read("wares").columns[1].name, "body");
  EXPECT_TRUE(fs::exists(store_folder(home_, "wares", "body") / "vectors" / "file"));
}

TEST_F(Catalog, NamesThatAreTooLongForAFolderAreRefused) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "ü";  // 200 bytes; %C3%BC each as a folder.
  const Result<Dataset> saved =
      save_dataset(home_, {.name = name, .source = {.path = "p.csv"}, .columns = {{.name = "id"}}});
  ASSERT_FALSE(saved.has_value());
  EXPECT_EQ(saved.error().code, ErrorCode::kInvalidArgument) << saved.error().message;
  const Result<Dataset> column =
      save_dataset(home_, {.name = "wares",
                           .source = {.path = "p.csv"},
                           .columns = {{.name = "id", .is_primary_key = true},
                                       {.name = name, .embedding = EmbeddingStep{.model = "m"}}}});
  ASSERT_FALSE(column.has_value());
  EXPECT_THAT(column.error().message, AllOf(HasSubstr("column " + name), HasSubstr("too long")));
  EXPECT_TRUE(add(std::string(200, 'x')).revision == 1);
}

}  // namespace
}  // namespace colvec
