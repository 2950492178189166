#include "store/remote_stores.h"

#include <gtest/gtest.h>

#include "store/replica_fixture.h"
#include "store/vacuum.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

TEST(RemoteStores, FindsTheStoresOfAColumnADatasetAndAll) {
  StoreFolder place;
  const fs::path root = place.path() / "remote";
  const Home home(place.path() / "home");
  home.append({0, 3});
  for (const char* column : {"title", "description%20long"})
    ASSERT_TRUE(push(home.folder(),
                     *folder_remote(root / "datasets" / "products" / "embeddings" / column)));
  using Names = std::vector<std::string>;
  const auto found = [&](const fs::path& folder) {
    return find_remote_stores(*folder_remote(folder)).value();
  };
  const fs::path dataset = root / "datasets" / "products";
  EXPECT_EQ(found(dataset / "embeddings" / "title"), Names{""});
  EXPECT_EQ(found(dataset), (Names{"embeddings/description%20long", "embeddings/title"}));
  EXPECT_EQ(found(root), (Names{"datasets/products/embeddings/description%20long",
                                "datasets/products/embeddings/title"}));
  const auto none = find_remote_stores(*folder_remote(place.path() / "nothing"));
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

// Somewhere in a bucket, with nothing in it.
class EmptyPlace final : public ObjectStore {
 public:
  explicit EmptyPlace(std::string url) : url_(std::move(url)) {}
  const std::string& url() const override { return url_; }
  Result<Object> get(const std::string&, std::size_t) override { return nothing(); }
  Result<std::string> get_range(const std::string&, std::uint64_t, std::uint64_t) override {
    return nothing();
  }
  Status get_file(const std::string&, const fs::path&, const FileContent&,
                  const OnObjectBytes&) override {
    return nothing();
  }
  Result<ObjectInfo> head(const std::string&) override { return nothing(); }
  Result<ObjectPage> list(const std::string&, const std::string&) override { return nothing(); }
  Result<PutResult> put(const std::string&, std::string_view, const PutCondition&) override {
    return nothing();
  }
  Status put_file(const std::string&, const fs::path&, const FileContent&,
                  const OnObjectBytes&) override {
    return nothing();
  }
  Status remove(const std::string&) override { return nothing(); }
  Result<std::size_t> drop_unfinished(const std::string& prefix, std::int64_t before_ms) override {
    drops.emplace_back(prefix, before_ms);
    return 0;
  }

  std::vector<std::pair<std::string, std::int64_t>> drops;

 private:
  tl::unexpected<Error> nothing() const { return fail(ErrorCode::kNotFound, url_ + ": empty"); }
  std::string url_;
};

TEST(RemoteStores, UploadsAreDroppedBelowAPlaceInABucketOnly) {
  EmptyPlace place("s3://bucket/prefix");
  ASSERT_TRUE(drop_given_up_uploads(place).has_value());
  ASSERT_EQ(place.drops.size(), 1u);
  EXPECT_EQ(place.drops[0].first, "");
  EXPECT_NEAR(static_cast<double>(place.drops[0].second), static_cast<double>(hours_ago(7 * 24)),
              60'000);
  for (const char* url : {"s3://bucket", "/a/folder"}) {
    EmptyPlace other(url);
    ASSERT_TRUE(drop_given_up_uploads(other).has_value());
    EXPECT_TRUE(other.drops.empty()) << url;
  }
}

TEST(RemoteStores, AReplicaScratchGoesAwayWithItsObject) {
  fs::path path;
  {
    const ReplicaScratch scratch = ReplicaScratch::make().value();
    path = scratch.path();
    fs::create_directories(path / "inside");
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace colvec
