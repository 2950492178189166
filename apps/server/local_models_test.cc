#include "local_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace colvec::server {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class LocalModelsTest : public testing::Test {
 protected:
  LocalModelsTest() {
    fs::remove_all(folder_);
    write("a/model/config.json");
    write("a/model/model.safetensors");
    write("static/modules.json");
    write("static/0_StaticEmbedding/model.safetensors");
    write("settings only/config.json");
    write("datasets/products/config.json");
    write("datasets/products/model.safetensors");
  }
  ~LocalModelsTest() override { fs::remove_all(folder_); }

  void write(const std::string& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "{}";
  }

  const fs::path folder_ = fs::canonical(fs::temp_directory_path()) /
                           ("local_models_test." + std::to_string(::getpid()));
};

TEST_F(LocalModelsTest, FindsFoldersWithSettingsAndWeights) {
  LocalModels models({folder_});
  std::vector<std::string> names;
  for (const LocalModel& model : models.list()) names.push_back(model.name);
  EXPECT_THAT(names, ElementsAre("builtin:lexical", (folder_ / "a/model").string(),
                                 (folder_ / "static").string()));
}

TEST_F(LocalModelsTest, DescribesWhatCanBeOpenedAndSaysWhyElse) {
  LocalModels models({folder_});
  const std::vector<LocalModel> list = models.list();
  ASSERT_TRUE(list[0].description);
  EXPECT_EQ(list[0].description->encoder.dimension, 384u);
  EXPECT_FALSE(list[1].description);
  EXPECT_THAT(list[1].problem, HasSubstr("config.json"));
  EXPECT_EQ(list[1].label, "a/model");
  EXPECT_THAT(to_json(list[0]), HasSubstr(R"("dimension":384)"));
  EXPECT_THAT(to_json(list[1]), HasSubstr(R"("problem":")"));
}

TEST_F(LocalModelsTest, LooksAgainAfterAChange) {
  LocalModels models({folder_});
  const std::string before = models.list()[1].problem;
  std::ofstream(folder_ / "a/model/config.json") << R"({"model_type": "unheard of"})";
  EXPECT_NE(models.list()[1].problem, before);
  fs::remove_all(folder_ / "a");
  EXPECT_EQ(models.list().size(), 2u);
}

}  // namespace
}  // namespace colvec::server
