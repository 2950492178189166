#include "store/shared_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"

namespace colvec {
namespace {

using testing::SizeIs;

StoreModel model() {
  return {.fingerprint = fingerprint_of('a'), .name = "test", .made_of = "", .dimension = 4};
}

// A worker with a database of its own.
class Worker {
 public:
  Worker(const std::string& place, const std::filesystem::path& replica, HashRange range = {})
      : database_(Database::open({}).value()) {
    auto opened = SharedStore::open(database_, place, model(),
                                    {.replica = replica, .range = std::move(range)});
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    shared_ = std::move(*opened);
  }

  SharedStore& shared() { return *shared_; }
  void append(const ProductRange& range) {
    const auto appended = shared_->store().append(products(range));
    EXPECT_TRUE(appended.has_value()) << appended.error().message;
    const Status published = shared_->publish();
    EXPECT_TRUE(published.has_value()) << published.error().message;
  }

 private:
  Database database_;
  std::unique_ptr<SharedStore> shared_;
};

class SharedStoreTest : public testing::Test {
 protected:
  std::string there() const { return "file://" + (place_.path() / "there").string(); }
  std::filesystem::path replica(int number) const {
    return place_.path() / ("replica" + std::to_string(number));
  }
  // Vectors at the place, of all who look.
  std::vector<std::string> vectors_there() {
    Database database = Database::open({}).value();
    auto store = ColumnStore::open(local_file_system(), database, place_.path() / "there").value();
    return contents_of(*store).vectors;
  }

  StoreFolder place_;
};

constexpr ProductRange range_of(std::uint64_t first, std::uint64_t count) {
  return {.first = first, .count = count, .with_keys = false};
}

TEST_F(SharedStoreTest, AFolderIsTheStoreItself) {
  Worker one((place_.path() / "store").string(), "");
  one.append(range_of(0, 3));
  EXPECT_EQ(one.shared().folder(), place_.path() / "store");
  Worker other((place_.path() / "store").string(), "");
  EXPECT_EQ(other.shared().store().view().value().vectors.rows(), 3u);
}

TEST_F(SharedStoreTest, WhatIsPublishedIsThere) {
  Worker one(there(), replica(1));
  one.append(range_of(0, 3));
  one.append(range_of(3, 2));
  EXPECT_THAT(vectors_there(), SizeIs(5));
}

TEST_F(SharedStoreTest, WorkersMeetInOneStore) {
  Worker one(there(), replica(1));
  Worker other(there(), replica(2));
  other.append(range_of(10, 2));
  one.append(range_of(0, 3));
  EXPECT_THAT(vectors_there(), SizeIs(5));
}

TEST_F(SharedStoreTest, AReplicaOfAnotherStoreIsRefusedAndStays) {
  Worker("file://" + (place_.path() / "elsewhere").string(), replica(1)).append(range_of(0, 3));
  Worker(there(), replica(2)).append(range_of(0, 3));
  Database database = Database::open({}).value();
  const auto opened = SharedStore::open(database, there(), model(), {.replica = replica(1)});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
  auto store = ColumnStore::open(local_file_system(), database, replica(1)).value();
  EXPECT_THAT(contents_of(*store).vectors, SizeIs(3));
}

TEST_F(SharedStoreTest, EachHasOnlyTheFilesOfItsRange) {
  {
    Worker one(there(), replica(1));
    one.append(range_of(0, 1));
    one.append(range_of(1, 1));
  }
  // The hash of "text 0" alone, and what comes behind both.
  const std::string hash = hash_of_text(0);
  Worker first(there(), replica(2), {.begin = hash, .end = hash + "0"});
  EXPECT_THAT(live_files(first.shared().store().vectors()), SizeIs(2)) << "the log is whole";
  std::size_t here = 0;
  for (const auto& file : live_files(first.shared().store().vectors()))
    here += std::filesystem::exists(file);
  EXPECT_EQ(here, 1u);
  // What it does not have here is neither read nor missed.
  const StoreView view = first.shared().store().view().value();
  EXPECT_TRUE(first.shared().store().check_files(view, first_set(), true).has_value());
  EXPECT_THAT(
      place_.rows("SELECT text_hash FROM " + first.shared().store().vectors_sql(view, first_set())),
      testing::ElementsAre(hash));
  first.append({.first = 0, .count = 1, .with_keys = false});
  EXPECT_THAT(vectors_there(), SizeIs(2)) << "what is there is not appended again";
}

TEST_F(SharedStoreTest, FilesOfDifferentRangesAreNotMarkedAsDoubles) {
  const auto marked = [&] {
    std::size_t count = 0;
    Database database = Database::open({}).value();
    auto store = ColumnStore::open(local_file_system(), database, place_.path() / "there").value();
    const StoreView view = store->view().value();
    for (const auto& [path, file] : view.vectors.files) count += file.tags.contains("mayDouble");
    return count;
  };
  Worker one(there(), replica(1));
  Worker other(there(), replica(2));
  one.append(range_of(0, 1));
  other.append(range_of(1, 1));
  EXPECT_EQ(marked(), 0u);
  // One text by two workers that did not know of each other.
  Worker third(there(), replica(3));
  one.append(range_of(7, 1));
  third.append(range_of(7, 1));
  EXPECT_EQ(marked(), 1u);
  EXPECT_THAT(vectors_there(), SizeIs(3));
}

TEST_F(SharedStoreTest, ACompactionIsDoneThereToo) {
  Worker one(there(), replica(1));
  for (std::uint64_t i = 0; i < 4; ++i) one.append(range_of(i, 1));
  const auto compacted = one.shared().compact();
  ASSERT_TRUE(compacted.has_value()) << compacted.error().message;
  EXPECT_EQ(compacted->files_after, 1u);
  one.append(range_of(4, 1));
  Database database = Database::open({}).value();
  auto store = ColumnStore::open(local_file_system(), database, place_.path() / "there").value();
  EXPECT_THAT(live_files(store->vectors()), SizeIs(2));
  EXPECT_THAT(contents_of(*store).vectors, SizeIs(5));
}

}  // namespace
}  // namespace colvec
