#include "colvec/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/http.h"
#include "base/json.h"
#include "store/replica_fixture.h"
#include "test_server.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Sync : public testing::Test {
 protected:
  std::string remote() const { return (place_.path() / "remote").string(); }
  Home home(const std::string& name) const { return Home(place_.path() / name); }

  StoreFolder place_;
};

TEST_F(Sync, ARemoteIsNamedOnce) {
  const Home a = home("a");
  a.append({0, 5});
  EXPECT_EQ(push_store(a.folder(), {}).error().code, ErrorCode::kInvalidArgument);
  // Relative to where we are now, wherever we are later.
  const fs::path cwd = fs::current_path();
  fs::current_path(place_.path());
  const Synced pushed = push_store(a.folder(), {.remote = "remote"}).value();
  fs::current_path(cwd);
  EXPECT_EQ(pushed.remote, fs::canonical(place_.path() / "remote").string());
  EXPECT_EQ(pushed.pushed.commits, 4u);
  const Synced again = push_store(a.folder(), {}).value();
  EXPECT_EQ(again.remote, pushed.remote);
  EXPECT_EQ(again.pushed.commits, 0u);
  // The last one named is the one from then on.
  ASSERT_TRUE(push_store(a.folder(), {.remote = remote() + "2"}));
  EXPECT_EQ(push_store(a.folder(), {})->remote, remote() + "2");
}

TEST_F(Sync, BothWays) {
  const Home a = home("a");
  const Home b = home("b");
  a.append({0, 5});
  const Synced first = sync_store(a.folder(), {.remote = remote()}).value();
  EXPECT_EQ(first.pushed.commits, 4u);
  EXPECT_EQ(first.pulled.commits, 0u);
  EXPECT_EQ(sync_store(b.folder(), {.remote = remote()})->pulled.commits, 4u);
  a.append({5, 5});
  b.append({10, 5});
  ASSERT_TRUE(sync_store(a.folder(), {}));
  ASSERT_TRUE(sync_store(b.folder(), {}));
  ASSERT_TRUE(sync_store(a.folder(), {}));
  EXPECT_EQ(a.contents(), b.contents());
  EXPECT_EQ(a.contents().keys.size(), 15u);
  EXPECT_EQ(sync_store(place_.path() / "none", {.remote = remote() + "3"}).error().code,
            ErrorCode::kNotFound);
}

TEST_F(Sync, RefusesOptionsThatMakeNoSense) {
  const Home a = home("a");
  a.append({0, 5});
  const SyncOptions good{.remote = remote()};
  for (const char* bandwidth : {"lots", "-1MB", "0"}) {
    SyncOptions options = good;
    options.bandwidth = bandwidth;
    const auto done = push_store(a.folder(), options);
    ASSERT_FALSE(done.has_value()) << bandwidth;
    EXPECT_THAT(done.error().message, HasSubstr("--bandwidth"));
  }
  SyncOptions options = good;
  options.parallel = 0;
  EXPECT_EQ(push_store(a.folder(), options).error().code, ErrorCode::kInvalidArgument);
  options = good;
  options.exact = true;
  EXPECT_EQ(sync_store(a.folder(), options).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(remote()));
}

TEST_F(Sync, TellsHowFarItIs) {
  const Home a = home("a");
  a.append({0, 500});
  std::vector<std::string> phases;
  SyncProgress last;
  const auto done = push_store(a.folder(), {.remote = remote(), .on_progress = [&](const auto& p) {
                                              if (phases.empty() || phases.back() != p.phase)
                                                phases.emplace_back(p.phase);
                                              last = p;
                                            }});
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(phases, (std::vector<std::string>{"looking", "pushing"}));
  EXPECT_EQ(last.bytes_done, last.bytes_total);
  EXPECT_EQ(last.bytes_total, done->pushed.bytes);
  EXPECT_EQ(last.files_done, 2u);
}

TEST_F(Sync, KeepsToTheBandwidth) {
  const Home a = home("a");
  a.append({0, 3000});
  const auto begin = std::chrono::steady_clock::now();
  const Synced done = push_store(a.folder(), {.remote = remote(), .bandwidth = "100kB"}).value();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(seconds.count(), static_cast<double>(done.pushed.bytes) / 1e5 * 0.9);
}

TEST_F(Sync, WhatWasCancelledGoesOnLater) {
  const Home a = home("a");
  a.append({0, 5});
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(push_store(a.folder(), {.remote = remote(), .cancel = &cancel}).error().code,
            ErrorCode::kCancelled);
  ASSERT_TRUE(push_store(a.folder(), {.remote = remote()}));
  EXPECT_EQ(Home(remote()).contents(), a.contents());
}

TEST_F(Sync, ARemoteIsCheckedAndVacuumed) {
  const RemoteReport report = check_remote(remote(), {}).value();
  EXPECT_TRUE(report.has_many_writers);
  EXPECT_EQ(check_remote("http://host/", {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(vacuum_remote(remote(), 1, false, {}).error().code, ErrorCode::kNotFound);
  const Home a = home("a");
  a.append({0, 5});
  a.append({5, 5});
  ASSERT_TRUE(push_store(a.folder(), {.remote = remote()}));
  a.compact();
  ASSERT_TRUE(push_store(a.folder(), {.exact = true}));
  EXPECT_EQ(vacuum_remote(remote(), 0, false, {})->files, 4u);
}

// fake_s3.py, as the S3 of this process.
class FakeBucket {
 public:
  FakeBucket() : server_("fake_s3.py") {
    ::setenv("AWS_ACCESS_KEY_ID", "AKTEST", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "SKTEST", 1);
    ::setenv("AWS_ENDPOINT_URL", server_.url("").c_str(), 1);
  }
  ~FakeBucket() {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"})
      ::unsetenv(name);
  }
  FakeBucket(const FakeBucket&) = delete;
  FakeBucket& operator=(const FakeBucket&) = delete;

  bool is_up() const { return server_.is_up(); }
  // How many requests have asked for something.
  std::uint64_t gets() const {
    return Json::parse(control("GET", "")->body, "counts")->unsigned_or("GET", 0).value();
  }
  void fail_next(const std::string& how) const {
    ASSERT_EQ(control("POST", "?" + how)->status, 200);
  }

 private:
  HttpResult control(const std::string& method, const std::string& query) const {
    HttpClient client([](const std::string&) { return std::nullopt; });
    return client.send({.method = method, .url = server_.url("/_control" + query)});
  }
  TestServer server_;
};

// A first push that was given up has left no store, but parts of files.
TEST_F(Sync, AVacuumLooksForUploadsWhereNoStoreIs) {
  const FakeBucket s3;
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: no python3 to run fake_s3.py";
  const auto gets_of = [&](const std::string& remote, bool dry_run) {
    const std::uint64_t before = s3.gets();
    EXPECT_EQ(vacuum_remote(remote, 1, dry_run, {}).error().code, ErrorCode::kNotFound);
    return s3.gets() - before;
  };
  EXPECT_EQ(gets_of("s3://bucket/prefix", true), 1u);   // The list of objects.
  EXPECT_EQ(gets_of("s3://bucket/prefix", false), 2u);  // That of uploads, too.
  EXPECT_EQ(gets_of("s3://bucket", false), 1u);
}

TEST_F(Sync, ARemoteThatRefusesConditionsIsForASingleWriter) {
  const FakeBucket s3;
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: no python3 to run fake_s3.py";
  const Home a = home("a");
  a.append({0, 5});
  SyncOptions options{.remote = "s3://bucket/prefix"};
  const auto push_refused = [&] {
    for (const char* key : {"models/", "_colvec_check"})
      s3.fail_next("status=501&code=NotImplemented&method=PUT&contains=" + std::string(key));
    return push_store(a.folder(), options);
  };
  EXPECT_THAT(push_refused().error().message, HasSubstr("with --single-writer"));
  options.single_writer = true;
  const Result<Synced> pushed = push_refused();
  ASSERT_TRUE(pushed.has_value()) << pushed.error().message;
  EXPECT_EQ(pushed->pushed.commits, 4u);
}

TEST_F(Sync, ADamagedNoteOfTheRemoteIsNamed) {
  const Home a = home("a");
  a.append({0, 5});
  fs::create_directories(a.folder() / "_remote");
  ASSERT_TRUE(replace_file(a.folder() / "_remote" / "remote.json", "{"));
  const auto done = push_store(a.folder(), {});
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("remote.json"));
}

TEST_F(Sync, ADamagedMirrorIsReadAnew) {
  const Home a = home("a");
  a.append({0, 5});
  a.append({5, 5});
  ASSERT_TRUE(push_store(a.folder(), {.remote = remote()}));
  for (const auto& entry : fs::recursive_directory_iterator(a.folder() / "_remote"))
    if (entry.path().filename() == "00000000000000000001.json") put_file(entry.path(), "");
  a.append({10, 5});
  ASSERT_TRUE(push_store(a.folder(), {}));
  EXPECT_EQ(Home(remote()).contents(), a.contents());
}

TEST_F(Sync, ARemoteIsCompactedAndVacuumedWhereItLies) {
  const Home a = home("a");
  for (std::uint64_t i = 0; i < 4; ++i) a.append({i * 5, 5});
  const std::string place = remote() + "/datasets/products/embeddings/title";
  ASSERT_TRUE(push_store(a.folder(), {.remote = place}));
  const std::size_t before = Home(place).files();
  const StoreCompacted compacted = compact_remote(remote(), {}).value();
  EXPECT_EQ(compacted.files_before, before);
  EXPECT_EQ(compacted.files_after, 2u);
  EXPECT_EQ(Home(place).files(), 2u);
  EXPECT_EQ(Home(place).contents(), a.contents());
  const StoreVacuumed vacuumed = vacuum_remote(remote(), 0, false, {}).value();
  EXPECT_EQ(vacuumed.files, before);
  ASSERT_FALSE(vacuumed.paths.empty());
  EXPECT_TRUE(vacuumed.paths[0].string().starts_with("datasets/products/embeddings/title/"));
  // The home that made the files goes on.
  a.append({20, 5});
  ASSERT_TRUE(sync_store(a.folder(), {.remote = place}));
  EXPECT_EQ(Home(place).contents(), a.contents());
  EXPECT_EQ(Home(place).problems(), "");
  EXPECT_EQ(compact_remote(remote() + "2", {}).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
