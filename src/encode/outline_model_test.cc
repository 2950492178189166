#include <gtest/gtest.h>

#include "colvec/model_tools.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// The settings alone say what the opened model says.
void expect_outline(const std::string& model) {
  const Result<ModelOutline> outline = outline_model(model);
  ASSERT_TRUE(outline.has_value()) << outline.error().message;
  const ModelDescription description = describe_model(model).value();
  EXPECT_EQ(outline->family, description.family.empty() ? "static" : description.family) << model;
  EXPECT_EQ(outline->dimension, description.encoder.dimension) << model;
  const bool is_table = description.encoder.kind == "static";
  if (!is_table) {
    EXPECT_EQ(outline->tokens_max, description.encoder.tokens_max) << model;
  }
}

TEST(OutlineModel, SaysWhatTheOpenedModelSays) {
  expect_outline(own_testdata("models/tiny-bert/model").string());
}

TEST(OutlineModel, OfEveryFamilyToo) {
  const fs::path folders = shared_testdata("families");
  COLVEC_NEEDS(folders);
  for (const fs::directory_entry& entry : fs::directory_iterator(folders))
    if (fs::exists(entry.path() / "model" / "config.json") && fs::exists(entry.path() / "golden"))
      expect_outline((entry.path() / "model").string());
}

TEST(OutlineModel, NamesWhatItDoesNotKnow) {
  const ScratchFolder scratch;
  scratch.write("config.json", R"({"model_type": "quantumbert"})");
  EXPECT_EQ(outline_model(scratch.path().string()).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(outline_model("builtin:lexical").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
