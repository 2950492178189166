#include "encode/model_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "colvec/encoder.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(ModelPlace, IsAFolderOrThatOfANameInTheCache) {
  const ScratchFolder scratch;
  ::setenv("HF_HUB_CACHE", scratch.path().c_str(), 1);
  EXPECT_EQ(find_model_folder(scratch.path().string()).value(), scratch.path());
  const std::string commit(40, 'a');
  const fs::path repo = scratch.path() / "models--org--tiny";
  fs::create_directories(repo / "refs");
  fs::create_directories(repo / "snapshots");
  fs::copy(own_testdata("models/tiny-bert/model"), repo / "snapshots" / commit,
           fs::copy_options::recursive);
  std::ofstream(repo / "refs" / "main") << commit;
  EXPECT_EQ(find_model_folder("org/tiny").value(), repo / "snapshots" / commit);
  EXPECT_EQ(find_model_folder("org/tiny@" + commit).value(), repo / "snapshots" / commit);

  // It is opened by the name, and is the same model.
  const auto named = open_encoder("org/tiny", {}).value();
  EXPECT_EQ(named->info().model, "org/tiny");
  const auto folder = open_encoder((repo / "snapshots" / commit).string(), {}).value();
  EXPECT_EQ(named->info().fingerprint, folder->info().fingerprint);
}

TEST(ModelPlace, TheCoreIsWhereTheTransformerLies) {
  const ScratchFolder scratch;
  scratch.copy(own_testdata("models/tiny-bert/model"));
  EXPECT_EQ(core_folder(scratch.path().string()).value().lexically_normal() / "",
            scratch.path() / "");
  fs::create_directory(scratch.path() / "0_Transformer");
  fs::rename(scratch.path() / "config.json", scratch.path() / "0_Transformer" / "config.json");
  std::string modules = file_text(scratch.path() / "modules.json");
  modules.replace(modules.find("\"path\": \"\""), 10, "\"path\": \"0_Transformer\"");
  scratch.write("modules.json", modules);
  EXPECT_EQ(core_folder(scratch.path().string()).value(), scratch.path() / "0_Transformer");
}

TEST(ModelPlace, WhatIsNotThereSaysHowToGetIt) {
  const ScratchFolder scratch;
  ::setenv("HF_HUB_CACHE", scratch.path().c_str(), 1);
  const Error missing = find_model_folder("org/none@v1").error();
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message,
              HasSubstr("org/none@v1: fetch it with: colvec model pull org/none@v1"));
  EXPECT_THAT(find_model_folder("/nowhere/at/all").error().message,
              HasSubstr("no such model: /nowhere/at/all"));
}

}  // namespace
}  // namespace colvec
