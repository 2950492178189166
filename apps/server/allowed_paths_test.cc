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
  for (const std::string& name : {std::string("builtin:lexical"), std::string("org/name")})
    EXPECT_EQ(paths_.resolve_model(name), name);
  EXPECT_EQ(paths_.resolve_model(at("data/sub")), at("data/sub"));
  EXPECT_TRUE(paths_.resolve_model(at("data/no model yet")));
  fs::create_directories(folder_ / "home/models/mine");
  EXPECT_EQ(paths_.resolve_model("models/mine"), at("home/models/mine"));
  EXPECT_FALSE(paths_.resolve_model("/etc"));
  // By its name below the home, by the link behind it elsewhere.
  fs::create_directory_symlink(folder_ / "data/sub", folder_ / "home/models/link");
  EXPECT_FALSE(paths_.resolve_model("models/link/../../secret"));
  EXPECT_FALSE(paths_.resolve_model(at("data/out")));
}

TEST_F(AllowedPathsTest, TakesNoModelOfTheFolderThatTheServerWorksIn) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_FALSE(paths_.resolve_model("secret"));
  EXPECT_TRUE(paths_.resolve_model("data/sub"));  // Below a root.
  fs::current_path(before);
}

TEST_F(AllowedPathsTest, ChecksTheFolderThatARemoteMeans) {
  const auto is_allowed = [&](const std::string& remote) {
    return paths_.check_remote({.name = "wares", .remote = remote}).has_value();
  };
  for (const std::string& remote :
       {std::string(), std::string("s3://bucket/prefix"), std::string("backup"), at("data/remote"),
        "file://" + at("data/a%20b"), at("data/%2E%2E")})
    EXPECT_TRUE(is_allowed(remote)) << remote;
  for (const std::string& remote :
       {std::string("/etc"), std::string("../secret"), at("data/out"),
        "file://" + at("data/%2E%2E/secret"), "file://" + at("data/..%2Fsecret"),
        "file://" + at("data%2F%2e%2e%2Fsecret"), "file://" + at("data/out")})
    EXPECT_FALSE(is_allowed(remote)) << remote;
  // A link in the place of the dataset itself.
  fs::create_directories(folder_ / "data/remote/datasets");
  fs::create_symlink(folder_ / "secret", folder_ / "data/remote/datasets/wares");
  EXPECT_FALSE(is_allowed(at("data/remote")));
}

TEST_F(AllowedPathsTest, RefusesARootThatIsNotThere) {
  EXPECT_EQ(AllowedPaths::open(folder_ / "home", {folder_ / "none"}).error().code,
            ErrorCode::kNotFound);
  EXPECT_TRUE(AllowedPaths::open(folder_ / "no home yet", {}));
}

}  // namespace
}  // namespace colvec::server
