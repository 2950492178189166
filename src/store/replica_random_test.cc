// Three homes and a remote, and anything that may happen to them, in any order: no row is ever
// lost, none is read twice, no key is without its vector, and in the end all are equal.
//
// COLVEC_RANDOM_SEEDS="7 8 9" runs other seeds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include "store/replica_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class World {
 public:
  World(unsigned seed, bool forgets)
      : random_(seed), forgets_(forgets), remote_(folder_remote(place_.path() / "remote")) {
    for (const char* name : {"a", "b", "c"}) homes_.emplace_back(place_.path() / name);
    homes_[0].append({0, 3});
    for (std::uint64_t id = 0; id < 3; ++id) known_[0].insert(id);
    EXPECT_TRUE(push(homes_[0].folder(), *remote_));
    known_[3] = known_[0];
    for (std::size_t i = 1; i < 3; ++i) {
      EXPECT_TRUE(pull(homes_[i].folder(), *remote_));
      known_[i] = known_[0];
    }
  }

  void act() {
    const std::size_t i = below(homes_.size());
    const Home& home = homes_[i];
    const std::string where = home.folder().filename().string();
    switch (below(forgets_ ? 12 : 10)) {
      case 0:
      case 1:
      case 2: {
        const ProductRange range{.first = below(60), .count = 1 + below(6)};
        note(where + ": append " + std::to_string(range.first));
        home.append(range);
        for (std::uint64_t k = 0; k < range.count; ++k) known_[i].insert(range.first + k);
        return;
      }
      case 3:
        note(where + ": compact");
        return home.compact();
      case 4:
        note(where + ": vacuum");
        return home.vacuum();
      case 5: {
        note(where + ": push exact");
        const auto done = push(home.folder(), *remote_, {.options = {.exact = true}});
        if (done) known_[3].insert(known_[i].begin(), known_[i].end());
        EXPECT_TRUE(done || done.error().code == ErrorCode::kConflict) << done.error().message;
        return;
      }
      case 6: {
        note(where + ": pull exact");
        const auto done = pull(home.folder(), *remote_, {.options = {.exact = true}});
        if (done) known_[i].insert(known_[3].begin(), known_[3].end());
        EXPECT_TRUE(done || done.error().code == ErrorCode::kConflict) << done.error().message;
        return;
      }
      case 7:
        note("remote: vacuum");
        return Home(place_.path() / "remote").vacuum();
      case 8:
        return push_from(i);
      case 9:
        return pull_to(i);
      default: {
        const std::uint64_t rest = below(7);
        note(where + ": forget " + std::to_string(rest));
        home.forget("id % 7 = " + std::to_string(rest));
        forgotten_.insert(rest);
        return;
      }
    }
  }

  void push_from(std::size_t i) {
    note(homes_[i].folder().filename().string() + ": push");
    const auto done = push(homes_[i].folder(), *remote_);
    take(done, i, 3);
  }
  void pull_to(std::size_t i) {
    note(homes_[i].folder().filename().string() + ": pull");
    const auto done = pull(homes_[i].folder(), *remote_);
    take(done, 3, i);
  }
  void take(const Result<SyncedOneWay>& done, std::size_t from, std::size_t to) {
    const bool is_conflict = !done && done.error().code == ErrorCode::kConflict;
    has_conflict_ = has_conflict_ || is_conflict;
    if (!done) note("  " + done.error().message);
    EXPECT_TRUE(done || (forgets_ && is_conflict)) << done.error().message;
    if (done) known_[to].insert(known_[from].begin(), known_[from].end());
  }

  // What each replica must hold now.
  void check() {
    for (std::size_t i = 0; i < 4; ++i) {
      const Home home = i < 3 ? homes_[i] : Home(place_.path() / "remote");
      StoreContents expected;
      for (const std::uint64_t id : known_[i])
        expected.keys.push_back(std::to_string(id) + "|" + hash_of_text(id));
      std::sort(expected.keys.begin(), expected.keys.end());
      const StoreContents contents = home.contents();
      EXPECT_EQ(home.problems(), "") << home.folder();
      if (!forgets_) {
        EXPECT_EQ(contents.keys, expected.keys) << home.folder();
        EXPECT_EQ(contents.vectors.size(), expected.keys.size()) << home.folder();
        continue;
      }
      // What nobody has forgotten is there, and nothing twice.
      const std::set<std::string> keys(contents.keys.begin(), contents.keys.end());
      EXPECT_EQ(keys.size(), contents.keys.size()) << home.folder();
      for (const std::uint64_t id : known_[i]) {
        if (forgotten_.contains(id % 7)) continue;
        EXPECT_TRUE(keys.contains(std::to_string(id) + "|" + hash_of_text(id)))
            << home.folder() << ": " << id;
      }
    }
  }

  void finish() {
    for (int round = 0; round < 2; ++round)
      for (std::size_t i = 0; i < 3; ++i) {
        push_from(i);
        pull_to(i);
      }
    check();
    if (has_conflict_) return;
    // Nothing is left to do, whoever asks.
    for (const Home& home : homes_) {
      EXPECT_EQ(push(home.folder(), *remote_)->commits, 0u);
      EXPECT_EQ(pull(home.folder(), *remote_)->commits, 0u);
      EXPECT_EQ(home.contents(), homes_[0].contents());
      home.compact();
      EXPECT_EQ(home.contents(), homes_[0].contents());
      EXPECT_EQ(home.notes().find("more than once"), std::string::npos);
    }
  }

  const std::string& story() const { return story_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void note(const std::string& what) { story_ += what + "\n"; }

  StoreFolder place_;
  std::mt19937_64 random_;
  bool forgets_;
  bool has_conflict_ = false;
  std::set<std::uint64_t> forgotten_;  // Rests modulo 7.
  std::unique_ptr<ObjectStore> remote_;
  std::vector<Home> homes_;
  std::set<std::uint64_t> known_[4];  // The keys of the homes, and of the remote.
  std::string story_;
};

void live(bool forgets) {
  const char* chosen = std::getenv("COLVEC_RANDOM_SEEDS");
  std::istringstream seeds(chosen == nullptr ? "1" : chosen);
  for (unsigned seed = 0; seeds >> seed;) {
    World world(seed, forgets);
    for (int step = 0; step < 40; ++step) {
      world.act();
      world.check();
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << ":\n" << world.story();
    }
    world.finish();
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed << ":\n" << world.story();
  }
}

TEST(ReplicaRandom, NothingIsLostNorReadTwice) { live(false); }
TEST(ReplicaRandom, NothingButWhatIsForgotten) { live(true); }

}  // namespace
}  // namespace colvec
