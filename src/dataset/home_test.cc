#include "dataset/home.h"

#include <gtest/gtest.h>

#include "colvec/dataset.h"

namespace colvec {
namespace {

TEST(Home, EverythingOfADatasetLiesBelowItsFolder) {
  EXPECT_EQ(datasets_folder("/home"), "/home/datasets");
  EXPECT_EQ(dataset_folder("/home", "wares"), "/home/datasets/wares");
  EXPECT_EQ(embeddings_folder("/home", "wares"), "/home/datasets/wares/embeddings");
  EXPECT_EQ(store_folder("/home", "wares", "text"), "/home/datasets/wares/embeddings/text");
  EXPECT_EQ(runs_folder("/home", "wares"), "/home/datasets/wares/runs");
  EXPECT_EQ(processed_folder("/home", "wares"), "/home/datasets/wares/processed");
}

TEST(Home, NamesCannotLeaveTheirFolder) {
  for (const char* name : {"..", ".", "", "a/b", "/etc", "../x", ".hidden"}) {
    const std::filesystem::path folder = dataset_folder("/home", name);
    EXPECT_EQ(folder.parent_path(), "/home/datasets") << name;
    EXPECT_FALSE(folder.filename().string().starts_with('.')) << name;
    EXPECT_EQ(store_folder("/home", "d", name).parent_path(), embeddings_folder("/home", "d"))
        << name;
  }
}

TEST(Home, ARelativeSourceIsBelowTheHome) {
  Dataset dataset;
  dataset.source.path = "data/in.csv";
  EXPECT_EQ(source_path("/home", dataset), "/home/data/in.csv");
  dataset.source.path = "/data/in.csv";
  EXPECT_EQ(source_path("/home", dataset), "/data/in.csv");
  dataset.source.path = "s3://bucket/in.csv";
  EXPECT_EQ(source_path("/home", dataset), "s3://bucket/in.csv");
}

}  // namespace
}  // namespace colvec
