#include "store/remote_stores.h"

#include <gtest/gtest.h>

#include "store/replica_fixture.h"

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
