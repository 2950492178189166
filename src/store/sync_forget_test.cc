// Rows that are taken out of a store here, by forgetting or restoring, and its replicas.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/replica_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class SyncForget : public ReplicaTest {};

TEST_F(SyncForget, WhatIsForgottenGoesFromAllReplicas) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  a.forget("id % 2 = 0");
  b.append({20, 5});
  pushed(b);
  // Somebody may need the texts there: first one must know what came meanwhile.
  EXPECT_EQ(pushed(a).notes.size(), 1u);
  EXPECT_EQ(remote_home().contents().keys.size(), 15u);
  EXPECT_EQ(remote_home().contents().vectors.size(), 25u);
  pulled(a);
  EXPECT_EQ(pushed(a).notes.size(), 0u);
  EXPECT_EQ(remote_home().contents().vectors.size(), 15u);
  pulled(b);
  EXPECT_EQ(a.contents(), b.contents());
  EXPECT_EQ(a.contents(), remote_home().contents());
  for (const Home& one : {a, b, remote_home()}) expect_sound(one);
}

// One home forgets a text, the other gives it to another key, for which it is there.
TEST_F(SyncForget, ATextThatIsForgottenHereAndGivenToAKeyThereKeepsItsVector) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({.first = 0, .count = 4, .texts = 4});
  pushed(a);
  pulled(b);
  a.forget("id = 1");                              // Text 1 has no key any more.
  b.append({.first = 4, .count = 4, .texts = 4});  // Key 5 has text 1.
  EXPECT_EQ(b.contents().vectors.size(), 4u);
  // It does not matter who comes first.
  for (const bool is_a_first : {true, false}) {
    SCOPED_TRACE(is_a_first);
    const fs::path copy = place_.path() / (is_a_first ? "one" : "two");
    fs::create_directories(copy);
    for (const char* name : {"a", "b", "remote"})
      fs::copy(place_.path() / name, copy / name, fs::copy_options::recursive);
    const auto remote = folder_remote(copy / "remote");
    const Home one(copy / (is_a_first ? "a" : "b"));
    const Home two(copy / (is_a_first ? "b" : "a"));
    ASSERT_TRUE(push(one.folder(), *remote));
    const auto unasked = push(two.folder(), *remote);
    if (is_a_first) {
      ASSERT_FALSE(unasked.has_value());
      EXPECT_EQ(unasked.error().code, ErrorCode::kConflict);
      EXPECT_THAT(unasked.error().message, HasSubstr("pull first"));
    }
    for (const Home& home : {two, one, two}) {
      const auto down = pull(home.folder(), *remote);
      ASSERT_TRUE(down.has_value()) << down.error().message;
      EXPECT_EQ(home.problems(), "");
      const auto up = push(home.folder(), *remote);
      ASSERT_TRUE(up.has_value()) << up.error().message;
      EXPECT_EQ(Home(copy / "remote").problems(), "");
    }
    ASSERT_TRUE(pull(one.folder(), *remote));
    EXPECT_EQ(one.contents().keys.size(), 7u);
    EXPECT_EQ(one.contents().vectors.size(), 4u);
    EXPECT_EQ(one.contents().keys, two.contents().keys);
    EXPECT_EQ(one.contents().vectors.size(), two.contents().vectors.size());
    expect_sound(one);
    expect_sound(two);
  }
}

TEST_F(SyncForget, WhatIsForgottenThereDuringAPushIsSeenBeforeTheKeysThatNeedIt) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({.first = 0, .count = 4, .texts = 5});
  pushed(a);
  pulled(b);
  a.append({.first = 5, .count = 5, .texts = 5});  // Key 6 has text 1, as key 1; text 4 is new.
  b.forget("id = 1");
  FaultyObjectStore slow(*remote_);
  slow.meanwhile([&] { pushed(b); });
  const auto refused = push(a.folder(), slow);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("pull first"));
  EXPECT_EQ(remote_home().contents().keys.size(), 3u);
  expect_sound(remote_home());
  pulled(a);
  pushed(a);
  EXPECT_EQ(remote_home().contents().keys.size(), 8u);
  EXPECT_EQ(remote_home().contents().vectors.size(), 5u);
  expect_sound(remote_home());
}

TEST_F(SyncForget, KeysThatComeToWhereTheirTextWasForgottenBringItsVector) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({.first = 0, .count = 4, .texts = 4});
  pushed(a);
  pulled(b);
  b.append({.first = 4, .count = 4, .texts = 4});
  pushed(b);
  a.forget("id = 1");
  a.compact();
  a.vacuum();
  EXPECT_EQ(a.contents().vectors.size(), 3u);
  pulled(a);
  EXPECT_EQ(a.contents().keys.size(), 7u);
  EXPECT_EQ(a.contents().vectors.size(), 4u);
  expect_sound(a);
  pushed(a);
  expect_sound(remote_home());
  EXPECT_EQ(remote_home().contents().vectors.size(), 4u);
}

TEST_F(SyncForget, WhatIsForgottenBeforeItWasPushedIsNeverSent) {
  const Home a = home("a");
  a.append({0, 5});
  pushed(a);
  a.append({5, 5});
  a.forget("id >= 8");
  pushed(a);
  EXPECT_EQ(remote_home().contents(), a.contents());
  EXPECT_EQ(remote_home().contents().keys.size(), 8u);
  // Not even in a file that is not live any more.
  EXPECT_EQ(remote_home().notes(), "");
  const Home b = home("b");
  pulled(b);
  EXPECT_EQ(b.contents(), a.contents());
}

TEST_F(SyncForget, ForgettingReachesReplicasThroughACompaction) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  a.compact();
  a.forget("id < 3");
  pushed(a);
  EXPECT_EQ(remote_home().contents().keys.size(), 17u);
  pulled(b);
  EXPECT_EQ(b.contents(), a.contents());
  for (const Home& one : {a, b, remote_home()}) expect_sound(one);
}

TEST_F(SyncForget, WhatCannotBeTakenOutThereIsAConflict) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  // The other has put the same files together, so that nobody can take rows out of them.
  b.compact();
  a.forget("id < 3");
  pushed(a);
  const auto refused = pull(b.folder(), *remote_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("put together"));
  EXPECT_EQ(b.contents().keys.size(), 20u);
  // It has nothing of its own: it can take what is there.
  pulled(b, {.exact = true});
  EXPECT_EQ(b.contents(), a.contents());
  EXPECT_EQ(pulled(b).commits, 0u);
  expect_sound(b);
}

TEST_F(SyncForget, RestoreReachesReplicas) {
  const Home a = home("a");
  const Home b = home("b");
  for (std::uint64_t i = 0; i < 3; ++i) a.append({i * 5, 5});
  pushed(a);
  pulled(b);
  a.restore(1);
  EXPECT_EQ(a.contents().keys.size(), 5u);
  pushed(a);
  pulled(b);
  EXPECT_EQ(b.contents(), a.contents());
  for (const Home& one : {a, b, remote_home()}) expect_sound(one);
}

}  // namespace
}  // namespace colvec
