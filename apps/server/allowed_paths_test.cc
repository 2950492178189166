#include "allowed_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

class AllowedPathsTest : public testing::Test {
 protected:
  AllowedPathsTest() {
    fs::remove_all(folder_);
    for (const char* name : {"home", "data/sub", "secret"}) fs::create_directories(folder_ / name);
    write("data/a.csv");
    write("data/sub/b.csv");
    write("secret/c.csv");
    fs::create_symlink("../secret", folder_ / "data/out");
    fs::create_symlink("sub/b.csv", folder_ / "data/in.csv");
    fs::create_symlink("../secret/c.csv", folder_ / "data/stolen.csv");
    paths_ = *AllowedPaths::open(folder_ / "home", {folder_ / "data"});
  }
  ~AllowedPathsTest() override { fs::remove_all(folder_); }

  void write(const std::string& name) { std::ofstream(folder_ / name) << "id,text\n1,a\n"; }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  ErrorCode code_of(const std::string& path) const {
    const Result<fs::path> resolved = paths_.resolve(path, true);
    return resolved ? ErrorCode::kCancelled : resolved.error().code;
  }

  const fs::path folder_ = fs::canonical(fs::temp_directory_path()) /
                           ("allowed_paths_test." + std::to_string(::getpid()));
  AllowedPaths paths_;
};

TEST_F(AllowedPathsTest, ResolvesWhatLiesBelowARoot) {
  EXPECT_EQ(paths_.resolve(at("data/a.csv"), true), folder_ / "data/a.csv");
  EXPECT_EQ(paths_.resolve(at("data/in.csv"), true), folder_ / "data/sub/b.csv");
  EXPECT_EQ(paths_.resolve(at("data/"), true), folder_ / "data");
  EXPECT_EQ(paths_.resolve(at("data/sub/../a.csv"), true), folder_ / "data/a.csv");
  EXPECT_EQ(paths_.resolve("models", false), folder_ / "home/models");
  EXPECT_EQ(code_of(at("data/none.csv")), ErrorCode::kNotFound);
}

TEST_F(AllowedPathsTest, SaysNothingOfWhatLiesElsewhere) {
  for (const std::string& path :
       {at("secret/c.csv"), at("secret/none.csv"), at("data/../secret/c.csv"), at("data/out/c.csv"),
        at("data/stolen.csv"), at("data-of-others/x.csv"), std::string("/etc/passwd"),
        std::string("../secret/c.csv"), std::string(""), std::string("/")})
    EXPECT_EQ(code_of(path), ErrorCode::kInvalidArgument) << path;
  EXPECT_EQ(code_of(at("data/a.csv") + std::string("\0x", 2)), ErrorCode::kInvalidArgument);
}

TEST_F(AllowedPathsTest, LooksAtEveryFileOfAGlob) {
  EXPECT_FALSE(paths_.resolve(DatasetSource{.path = at("data/*.csv")}));
  EXPECT_TRUE(paths_.resolve(DatasetSource{.path = at("data/sub/*.csv")}));
  EXPECT_FALSE(paths_.resolve(DatasetSource{.path = at("data/out/*.csv")}));
}

TEST_F(AllowedPathsTest, TakesModelsThatAreBuiltInOrBelowARoot) {
  EXPECT_TRUE(paths_.check_model("builtin:lexical"));
  EXPECT_TRUE(paths_.check_model(at("data/model")));
  EXPECT_TRUE(paths_.check_model("models/mine"));
  EXPECT_FALSE(paths_.check_model("/etc"));
  EXPECT_FALSE(paths_.check_model(at("data/out")));
}

TEST_F(AllowedPathsTest, RefusesARootThatIsNotThere) {
  EXPECT_EQ(AllowedPaths::open(folder_ / "home", {folder_ / "none"}).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(AllowedPaths::open(folder_ / "no home yet", {}));
}

}  // namespace
}  // namespace colvec::server
