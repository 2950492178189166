#include "store/replica_models.h"

#include <gtest/gtest.h>

#include "store/replica_fixture.h"
#include "store/store_fixture.h"
#include "store/store_model.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class ReplicaModels : public testing::Test {
 protected:
  ReplicaModels() : remote_(folder_remote(place_.path() / "remote")) {}

  ModelsPlace place() {
    return {.files = local_file_system(),
            .folder = place_.path() / "home",
            .mirror = place_.path() / "mirror",
            .remote = *remote_};
  }
  static std::string model(char digit, char last) {
    std::string fingerprint(64, digit);
    fingerprint.back() = last;
    return to_json({.fingerprint = fingerprint, .name = "test", .made_of = "", .dimension = 2});
  }
  static std::string name_of(char digit) { return "f" + std::string(16, digit) + ".json"; }
  fs::path path(const char* side, char digit) const {
    return place_.path() / side / "models" / name_of(digit);
  }

  StoreFolder place_;
  std::unique_ptr<ObjectStore> remote_;
};

TEST_F(ReplicaModels, TheDirectionsOfAProjectionComeWithIt) {
  const std::string npy = "f" + std::string(16, 'a') + ".npy";
  put_file(path("home", 'a'), model('a', 'a'));
  put_file(place_.path() / "home" / "models" / npy, "directions");
  put_file(place_.path() / "home" / "models" / "fnothex.npy", "something else");
  EXPECT_EQ(push_models(place(), false).value(), 2u);
  EXPECT_EQ(contents_of(place_.path() / "remote" / "models" / npy), "directions");
  fs::remove_all(place_.path() / "home");
  EXPECT_EQ(pull_models(place(), false).value(), 2u);
  EXPECT_EQ(contents_of(place_.path() / "home" / "models" / npy), "directions");
  EXPECT_EQ(push_models(place(), false).value() + pull_models(place(), false).value(), 0u);
}

TEST_F(ReplicaModels, EachSideGetsWhatItLacks) {
  put_file(path("home", 'a'), model('a', 'a'));
  put_file(path("remote", 'b'), model('b', 'b'));
  EXPECT_EQ(push_models(place(), true).value(), 1u);
  EXPECT_FALSE(fs::exists(path("remote", 'a')));
  EXPECT_EQ(push_models(place(), false).value(), 1u);
  EXPECT_EQ(contents_of(path("remote", 'a')), model('a', 'a'));
  EXPECT_EQ(pull_models(place(), true).value(), 1u);
  EXPECT_EQ(pull_models(place(), false).value(), 1u);
  EXPECT_EQ(contents_of(path("home", 'b')), model('b', 'b'));
  EXPECT_EQ(push_models(place(), false).value() + pull_models(place(), false).value(), 0u);
}

TEST_F(ReplicaModels, TheSameDigitsOfAnotherFingerprintAreAConflict) {
  put_file(path("home", 'a'), model('a', 'a'));
  put_file(path("remote", 'a'), model('a', 'b'));
  EXPECT_EQ(push_models(place(), false).error().code, ErrorCode::kConflict);
  EXPECT_EQ(pull_models(place(), false).error().code, ErrorCode::kConflict);
}

TEST_F(ReplicaModels, TakesOnlyWhatIsAModel) {
  put_file(path("remote", 'a'), "{}");
  EXPECT_EQ(pull_models(place(), false).error().code, ErrorCode::kCorruption);
  EXPECT_FALSE(fs::exists(path("home", 'a')));
  fs::remove(path("remote", 'a'));
  put_file(place_.path() / "remote" / "models" / "other.json", "{}");
  put_file(place_.path() / "home" / "models" / "notes.txt", "x");
  EXPECT_EQ(pull_models(place(), false).value() + push_models(place(), false).value(), 0u);
}

}  // namespace
}  // namespace colvec
