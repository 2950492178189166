// Stores and their remote as whole things; sync_forget_test.cc has what takes rows out, and
// replica_plan_test.cc the cases of the plan.
#include "store/sync_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/replica_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class SyncStore : public ReplicaTest {
 protected:
  static std::vector<fs::path> data_files(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".parquet") paths.push_back(entry.path());
    return paths;
  }
};

TEST_F(SyncStore, AnEmptyHomeGetsAllThatWasPushed) {
  const Home a = home("a");
  for (std::uint64_t i = 0; i < 5; ++i) a.append({i * 10, 10, 7});
  a.activate('a');
  const SyncedOneWay up = pushed(a);
  EXPECT_EQ(up.commits, a.entries());
  EXPECT_EQ(up.files, a.files() + 2);  // And the models.
  EXPECT_EQ(remote_home().contents(), a.contents());
  expect_sound(remote_home());

  const Home b = home("b");
  const SyncedOneWay down = pulled(b);
  EXPECT_EQ(down.commits, up.commits);
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(b.active(), a.active());
  EXPECT_EQ(b.notes(), "");
  expect_sound(b);
  // What it has need not be embedded again.
  b.append({0, 50, 7});
  EXPECT_EQ(b.contents(), a.contents());
}

TEST_F(SyncStore, ASecondTimeNothingMoves) {
  const Home a = home("a");
  a.append({0, 10});
  pushed(a);
  FaultyObjectStore counting(*remote_);
  const SyncedOneWay again = push(a.folder(), counting).value();
  EXPECT_EQ(again.commits + again.files + again.bytes, 0u);
  EXPECT_EQ(counting.steps(), 0u);
  EXPECT_EQ(pulled(a).commits, 0u);
}

TEST_F(SyncStore, BothAheadEachGetsWhatItLacks) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 10});
  pushed(a);
  pulled(b);
  a.append({10, 10});
  b.append({20, 10});
  b.append({30, 10});
  pushed(a);
  EXPECT_EQ(pushed(b).commits, 4u);
  EXPECT_EQ(pulled(b).commits, 2u);
  EXPECT_EQ(pulled(a).commits, 4u);
  EXPECT_EQ(a.contents(), b.contents());
  EXPECT_EQ(a.contents(), remote_home().contents());
  EXPECT_EQ(a.contents().keys.size(), 40u);
  for (const Home& one : {a, b, remote_home()}) expect_sound(one);
}

TEST_F(SyncStore, RowsThatBothMadeAreReadOnce) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  pushed(a);
  pulled(b);
  a.append({5, 10});
  b.append({8, 10});
  pushed(a);
  pushed(b);
  pulled(a);
  pulled(b);
  for (const Home& one : {a, b, remote_home()}) {
    const StoreContents contents = one.contents();
    EXPECT_EQ(contents.keys.size(), 18u);
    EXPECT_EQ(contents.vectors.size(), 18u);
    expect_sound(one);
    EXPECT_THAT(one.notes(), HasSubstr("more than once"));
  }
  EXPECT_EQ(a.contents(), b.contents());
  // The next compaction drops them, and they do not come back.
  a.compact();
  EXPECT_EQ(a.notes().find("more than once"), std::string::npos);
  EXPECT_EQ(pushed(a).commits + pulled(a).commits, 0u);
  EXPECT_EQ(a.contents(), b.contents());
}

TEST_F(SyncStore, ACompactionStaysWhereItWasMade) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  a.compact();
  EXPECT_EQ(pushed(a).commits, 0u);
  EXPECT_EQ(remote_home().files(), 8u);
  // What comes after it is sent as ever.
  a.append({20, 5});
  EXPECT_EQ(pushed(a).commits, 2u);
  pulled(b);
  EXPECT_EQ(a.contents(), b.contents());
  EXPECT_EQ(b.notes(), "");
}

TEST_F(SyncStore, WhatWasPutTogetherBeforeItWasPushedGoesAsItWas) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 20; ++i) a.append({i * 5, 5});
  pushed(a);
  a.append({100, 5});
  a.compact();
  const SyncedOneWay up = pushed(a);
  EXPECT_EQ(up.commits, 2u);
  EXPECT_EQ(up.files, 2u);
  pulled(b);
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(b.notes(), "");
  EXPECT_EQ(remote_home().notes(), "");
}

TEST_F(SyncStore, ALateReplicaTakesTheLiveFiles) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  for (std::uint64_t i = 4; i < 8; ++i) a.append({i * 5, 5});
  a.compact();
  a.vacuum();
  // The files of four commits are gone: what took their place goes, and takes the place there, too.
  const SyncedOneWay up = pushed(a);
  EXPECT_EQ(up.commits, 2u);
  EXPECT_EQ(remote_home().files(), 2u);
  EXPECT_EQ(remote_home().contents(), a.contents());
  expect_sound(remote_home());
  EXPECT_EQ(pulled(b).commits, 2u);
  EXPECT_EQ(b.files(), 2u);
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(b.notes().find("more than once"), std::string::npos);
  EXPECT_EQ(pushed(a).commits + pushed(b).commits + pulled(a).commits + pulled(b).commits, 0u);
}

TEST_F(SyncStore, ANewReplicaTakesTheLiveFilesOnly) {
  const Home a = home("a");
  for (std::uint64_t i = 0; i < 6; ++i) a.append({i * 5, 5});
  a.compact();
  const SyncedOneWay up = pushed(a);
  EXPECT_EQ(up.files, 4u);    // One of each table, and the models.
  EXPECT_EQ(up.commits, 4u);  // The tables are made, then filled.
  EXPECT_EQ(remote_home().contents(), a.contents());
  // The commits are there in that form: they are not sent again by one who has them as they were.
  EXPECT_EQ(pushed(a).commits, 0u);
}

TEST_F(SyncStore, TwoCompactionsOfTheSameCommitsDoNoHarm) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  b.compact();
  b.vacuum();
  a.append({20, 5});
  a.compact();
  a.vacuum();
  pushed(a);
  pulled(b);
  for (const Home& one : {a, b, remote_home()}) {
    EXPECT_EQ(one.contents().keys.size(), 25u);
    EXPECT_EQ(one.contents().vectors.size(), 25u);
    expect_sound(one);
  }
  b.compact();
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(pushed(b).commits + pulled(a).commits, 0u);
}

TEST_F(SyncStore, TheRemoteIsCompactedThroughAHome) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  b.append({20, 5});
  a.compact();
  // Without the commits of the others it would undo them.
  pushed(b);
  const auto refused = push(a.folder(), *remote_, {.options = {.exact = true}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  pulled(a);
  a.compact();
  EXPECT_EQ(pushed(a, {.exact = true}).commits, 2u);
  EXPECT_EQ(remote_home().files(), 2u);
  EXPECT_EQ(remote_home().contents(), a.contents());
  EXPECT_EQ(pushed(a, {.exact = true}).commits, 0u);
  // Other replicas are not touched by it.
  EXPECT_EQ(pulled(b).commits, 0u);
  EXPECT_EQ(b.files(), 10u);
  // But may take it over.
  EXPECT_EQ(pulled(b, {.exact = true}).commits, 2u);
  EXPECT_EQ(b.files(), 2u);
  EXPECT_EQ(b.contents(), a.contents());
}

TEST_F(SyncStore, TheLaterActiveModelCounts) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  a.append({0, 5}, second_set());
  a.activate('a');
  pushed(a);
  pulled(b);
  b.activate('b');
  a.append({5, 5});
  pushed(a);
  pushed(b);
  pulled(a);
  EXPECT_EQ(a.active(), second_set().model);
  // An older setting that comes later changes nothing.
  a.activate('a');
  b.activate('a');
  b.activate('b');
  pushed(b);
  pulled(a);
  pushed(a);
  pulled(b);
  EXPECT_EQ(a.active(), b.active());
  EXPECT_EQ(a.active(), remote_home().active());
}

TEST_F(SyncStore, OtherTablesAreRefused) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  b.append({0, 5});
  pushed(a);
  for (const auto& done : {push(b.folder(), *remote_), pull(b.folder(), *remote_)}) {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::kConflict);
    EXPECT_THAT(done.error().message, HasSubstr("begins with a pull"));
  }
}

TEST_F(SyncStore, OfTwoFirstPushesOneSucceeds) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  b.append({0, 5});
  FaultyObjectStore racing(*remote_);
  racing.meanwhile([&] { pushed(b); });
  const auto done = push(a.folder(), racing);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::kConflict);
  EXPECT_EQ(remote_home().contents(), b.contents());
}

TEST_F(SyncStore, NothingIsNoStore) {
  const Home a = home("a");
  EXPECT_EQ(push(a.folder(), *remote_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(pull(a.folder(), *remote_).error().code, ErrorCode::kNotFound);
}

TEST_F(SyncStore, WhoLosesAVersionTakesTheNext) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  pushed(a);
  pulled(b);
  a.append({5, 5});
  b.append({7, 5});
  FaultyObjectStore racing(*remote_);
  racing.meanwhile([&] { pushed(b); });
  const auto done = push(a.folder(), racing);
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->commits, 2u);
  EXPECT_EQ(remote_home().contents().keys.size(), 12u);
  expect_sound(remote_home());
}

TEST_F(SyncStore, ADryRunSaysWhatWouldMoveAndMovesNothing) {
  const Home a = home("a");
  a.append({0, 5});
  FaultyObjectStore counting(*remote_);
  const SyncedOneWay up = push(a.folder(), counting, {.options = {.dry_run = true}}).value();
  EXPECT_EQ(counting.steps(), 0u);
  EXPECT_EQ(up.commits, 4u);
  EXPECT_EQ(up.paths.size(), 2u);
  pushed(a);
  const Home b = home("b");
  const SyncedOneWay down = pulled(b, {.dry_run = true});
  EXPECT_EQ(down.commits, 4u);
  EXPECT_EQ(down.paths.size(), 2u);
  EXPECT_FALSE(fs::exists(b.folder() / "vectors"));
}

TEST_F(SyncStore, ADamagedFileIsNotPushed) {
  const Home a = home("a");
  a.append({0, 5});
  for (const fs::path& path : data_files(a.folder() / "vectors")) {
    std::string bytes = contents_of(path);
    bytes[bytes.size() / 2] ^= 1;
    put_file(path, bytes);
  }
  const auto done = push(a.folder(), *remote_);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::kCorruption);
  EXPECT_FALSE(fs::exists(place_.path() / "remote" / "vectors" / "_delta_log" / entry_name(1)));
}

TEST_F(SyncStore, WhatIsLostThereIsPushedAgainToRepairIt) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  const std::vector<fs::path> files = data_files(remote_home().folder());
  ASSERT_EQ(files.size(), 2u);
  fs::remove(files[0]);
  fs::resize_file(files[1], 10);
  EXPECT_EQ(pushed(a).files, 0u);
  EXPECT_NE(remote_home().problems(), "");
  EXPECT_EQ(pushed(a, {.dry_run = true, .repair = true}).paths.size(), 2u);
  EXPECT_FALSE(fs::exists(files[0]));
  const SyncedOneWay up = pushed(a, {.repair = true});
  EXPECT_EQ(up.files, 2u);
  EXPECT_EQ(up.commits, 0u);
  expect_sound(remote_home());
  EXPECT_EQ(pushed(a, {.repair = true}).files, 0u);
}

TEST_F(SyncStore, EntriesThatAreLostThereArePushedAgainToRepairIt) {
  const Home a = home("a");
  for (std::uint64_t i = 0; i < 3; ++i) a.append({i * 5, 5});
  pushed(a);
  std::vector<fs::path> entries;
  for (const char* table : {"vectors", "keys"})
    entries.push_back(remote_home().folder() / table / "_delta_log" / "00000000000000000001.json");
  std::vector<std::string> bytes;
  for (const fs::path& entry : entries) {
    bytes.push_back(contents_of(entry));
    fs::remove(entry);
  }
  const Home b = home("b");
  EXPECT_EQ(pull(b.folder(), *remote_).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(pushed(a).files, 0u);
  EXPECT_EQ(pushed(a, {.dry_run = true, .repair = true}).paths,
            (std::vector<std::string>{"vectors/_delta_log/00000000000000000001.json",
                                      "keys/_delta_log/00000000000000000001.json"}));
  EXPECT_FALSE(fs::exists(entries[0]));
  const SyncedOneWay up = pushed(a, {.repair = true});
  EXPECT_EQ(up.files, 2u);
  EXPECT_EQ(up.commits, 0u);
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(contents_of(entries[i]), bytes[i]);
  expect_sound(remote_home());
  pulled(b);
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(pushed(a, {.repair = true}).files, 0u);
}

TEST_F(SyncStore, WhatIsDamagedHereIsPulledAgainToRepairIt) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  const std::vector<fs::path> files = data_files(a.folder());
  fs::remove(files[0]);
  std::string bytes = contents_of(files[1]);
  bytes[bytes.size() / 2] ^= 1;
  put_file(files[1], bytes);
  EXPECT_EQ(pulled(a).files, 0u);
  EXPECT_EQ(pulled(a, {.repair = true}).files, 2u);
  expect_sound(a);
  EXPECT_EQ(pulled(a, {.repair = true}).files, 0u);
}

TEST_F(SyncStore, WhatIsLostOnBothSidesKeepsNothingElseFromRepair) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  const std::vector<fs::path> files = data_files(remote_home().folder());
  ASSERT_EQ(files.size(), 2u);
  for (const fs::path& gone : files) {
    SCOPED_TRACE(gone);
    const std::string path = fs::relative(gone, remote_home().folder()).string();
    const std::string kept = contents_of(a.folder() / path);
    for (const fs::path& file : files) fs::remove(file);
    fs::remove(a.folder() / path);
    FaultyObjectStore counting(*remote_);
    const auto done = push(a.folder(), counting, {.options = {.repair = true}});
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(done.error().message, EndsWith("neither side has it: " + path));
    EXPECT_EQ(data_files(remote_home().folder()).size(), 1u);
    EXPECT_EQ(counting.steps(), 1u);
    put_file(a.folder() / path, kept);
  }
  EXPECT_EQ(pushed(a, {.repair = true}).files, 1u);
  expect_sound(remote_home());
}

TEST_F(SyncStore, LookingForWhatIsLostCanBeCancelled) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  CancelToken cancel;
  cancel.request();
  const StoreSyncOptions options{.repair = true, .cancel = &cancel};
  for (const auto& done : {push(a.folder(), *remote_, {.options = options}),
                           pull(a.folder(), *remote_, {.options = options})}) {
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::kCancelled);
  }
}

TEST_F(SyncStore, ARemoteThatWasMadeAnewIsNotTakenForTheOldOne) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  fs::remove_all(place_.path() / "remote");
  EXPECT_EQ(pushed(a).commits, 4u);
  EXPECT_EQ(remote_home().contents(), a.contents());
}

TEST_F(SyncStore, ACompactionIsBroughtThereAlthoughOthersPushMeanwhile) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  const Home scratch = home("scratch");
  pulled(scratch);
  scratch.compact();
  b.append({20, 5});
  FaultyObjectStore overtaken(*remote_);
  overtaken.meanwhile([&] { pushed(b); });
  const auto done = push(scratch.folder(), overtaken, {.options = {.compactions = true}});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(done->commits, 2u);
  EXPECT_EQ(remote_home().files(), 4u);  // Of each table what was put together, and what b brought.
  EXPECT_EQ(remote_home().contents(), b.contents());
  expect_sound(remote_home());
  pulled(a);
  EXPECT_EQ(a.contents(), b.contents());
  EXPECT_EQ(push(scratch.folder(), *remote_, {.options = {.compactions = true}})->commits, 0u);
}

TEST_F(SyncStore, ACompactionThereBringsNothingToHomesThatHaveAllCommits) {
  const Home a = home("a");
  std::uint64_t first = 0;
  for (const char* round : {"first", "second", "third"}) {
    SCOPED_TRACE(round);
    for (int i = 0; i < 4; ++i, first += 5) a.append({first, 5});
    pushed(a);
    const Home scratch = home(std::string("scratch of the ") + round);
    pulled(scratch);
    scratch.compact();
    EXPECT_EQ(pushed(scratch, {.compactions = true}).commits, 2u);
    EXPECT_EQ(remote_home().files(), 2u);
    EXPECT_EQ(pulled(a).commits, 0u);
    EXPECT_EQ(pushed(a).commits, 0u);
  }
  EXPECT_EQ(remote_home().contents(), a.contents());
  expect_sound(remote_home());
}

}  // namespace
}  // namespace colvec
