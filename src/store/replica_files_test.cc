#include "store/replica_files.h"

#include <gtest/gtest.h>

#include <atomic>

#include "base/hash.h"
#include "store/replica_fixture.h"
#include "store/store_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class ReplicaFiles : public testing::Test {
 protected:
  ReplicaFiles() : remote_(folder_remote(place_.path() / "remote")), faulty_(*remote_) {}

  static AddFile named(const std::string& path, const std::string& bytes) {
    AddFile file;
    file.path = path;
    file.size = bytes.size();
    file.tags["xxh3_128"] = xxh3_hex(std::as_bytes(std::span(bytes)));
    return file;
  }
  MoverOptions options() {
    return {.folder = place_.path() / "t",
            .prefix = "t/",
            .parallel = 4,
            .on_moved = [this](std::int64_t bytes) { moved_ += bytes; }};
  }
  fs::path here(const std::string& path) const { return place_.path() / "t" / path; }
  fs::path there(const std::string& path) const { return place_.path() / "remote" / "t" / path; }

  StoreFolder place_;
  std::unique_ptr<ObjectStore> remote_;
  FaultyObjectStore faulty_;
  std::atomic<std::int64_t> moved_ = 0;
};

TEST_F(ReplicaFiles, GoUpAndComeDown) {
  const std::string large(2 << 20, 'x');
  put_file(here("p=1/a"), "bytes of a");
  put_file(here("b"), large);
  const std::vector<AddFile> files = {named("p=1/a", "bytes of a"), named("b", large)};
  const auto up = make_uploader(local_file_system(), faulty_, options());
  EXPECT_TRUE(up->has_files({"p=1/a", "b"}).value());
  EXPECT_FALSE(up->has_files({"p=1/a", "none"}).value());
  ASSERT_TRUE(up->move(files));
  EXPECT_EQ(contents_of(there("p=1/a")), "bytes of a");
  EXPECT_EQ(moved_, static_cast<std::int64_t>(large.size() + 10));

  fs::remove_all(place_.path() / "t");
  moved_ = 0;
  const auto down = make_downloader(local_file_system(), faulty_, options());
  EXPECT_TRUE(down->has_files({"p=1/a", "b"}).value());
  EXPECT_FALSE(down->has_files({"none", "b"}).value());
  ASSERT_TRUE(down->move(files));
  EXPECT_EQ(contents_of(here("p=1/a")), "bytes of a");
  EXPECT_EQ(contents_of(here("b")), large);
  EXPECT_EQ(moved_, static_cast<std::int64_t>(large.size() + 10));
  EXPECT_TRUE(fs::is_empty(here("_tmp")));
}

TEST_F(ReplicaFiles, WhatIsThereIsNotSentAgain) {
  const std::string large(2 << 20, 'x');
  put_file(here("small"), "s");
  put_file(here("large"), large);
  const std::vector<AddFile> files = {named("small", "s"), named("large", large)};
  const auto up = make_uploader(local_file_system(), faulty_, options());
  ASSERT_TRUE(up->move(files));
  const std::size_t steps = faulty_.steps();
  ASSERT_TRUE(up->move(files));
  EXPECT_EQ(faulty_.steps(), steps);
  // Another run asks for the large one, and sends the small one: both cost as much.
  ASSERT_TRUE(make_uploader(local_file_system(), faulty_, options())->move(files));
  EXPECT_EQ(faulty_.steps(), steps + 1);
}

TEST_F(ReplicaFiles, WhatAnInterruptedPullHasLeftIsNotFetchedAgain) {
  put_file(here("a"), "bytes");
  put_file(there("a"), "BYTES");
  ASSERT_TRUE(
      make_downloader(local_file_system(), faulty_, options())->move({named("a", "bytes")}));
  EXPECT_EQ(contents_of(here("a")), "bytes");
  // One that is damaged is.
  put_file(here("a"), "XXXXX");
  put_file(there("a"), "bytes");
  ASSERT_TRUE(
      make_downloader(local_file_system(), faulty_, options())->move({named("a", "bytes")}));
  EXPECT_EQ(contents_of(here("a")), "bytes");
}

TEST_F(ReplicaFiles, DamageIsNotMoved) {
  put_file(here("a"), "BYTES");
  EXPECT_EQ(make_uploader(local_file_system(), faulty_, options())
                ->move({named("a", "bytes")})
                .error()
                .code,
            ErrorCode::kCorruption);
  EXPECT_FALSE(fs::exists(there("a")));
  fs::remove(here("a"));
  put_file(there("a"), "BYTES");
  EXPECT_EQ(make_downloader(local_file_system(), faulty_, options())
                ->move({named("a", "bytes")})
                .error()
                .code,
            ErrorCode::kCorruption);
  EXPECT_FALSE(fs::exists(here("a")));
  EXPECT_TRUE(fs::is_empty(here("_tmp")));
}

TEST_F(ReplicaFiles, AFileThatIsNotThereIsNotFound) {
  const AddFile file = named("none", "bytes");
  EXPECT_EQ(make_uploader(local_file_system(), faulty_, options())->move({file}).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(make_downloader(local_file_system(), faulty_, options())->move({file}).error().code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
