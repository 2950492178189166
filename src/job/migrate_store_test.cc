#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "colvec/cancel.h"
#include "colvec/store.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MigrateStoreTest : public testing::Test {
 protected:
  MigrateStoreTest() {
    std::ofstream(folder_.path() / "in.jsonl")
        << "{\"id\":1,\"t\":\"one\",\"v\":[1,0]}\n{\"id\":2,\"t\":\"two\",\"v\":[0,1]}\n"
           "{\"id\":3,\"t\":\"one\",\"v\":[1,0]}\n";
  }

  void import(bool store_text = true) {
    const StoreImport given{.input = folder_.path() / "in.jsonl",
                            .key_columns = {"id"},
                            .text_column = "t",
                            .vector_column = "v",
                            .fingerprint = kOld,
                            .store_text = store_text};
    const auto imported = import_to_store(store(), given, {});
    ASSERT_TRUE(imported.has_value()) << imported.error().message;
  }
  std::filesystem::path store() const { return folder_.path() / "store"; }
  std::string active() {
    const auto opened = Store::open(store(), {});
    const auto info = (*opened)->info();
    for (const StoredModel& model : info->models)
      if (model.active) return model.model + " " + std::to_string(model.vectors);
    return "none";
  }

  const std::string kOld = std::string(64, 'a');
  JobFolder folder_;
  FakeEncoder encoder_;
};

TEST_F(MigrateStoreTest, FillsTheNewModelInAndSwitchesOver) {
  import();
  EXPECT_EQ(active(), "faaaaaaaaaaaaaaaa 2");
  std::vector<std::uint64_t> progress;
  const auto migrated =
      migrate_store(store(), encoder_, {}, nullptr, [&](std::uint64_t done, std::uint64_t total) {
        progress = {done, total};
      });
  ASSERT_TRUE(migrated.has_value()) << migrated.error().message;
  EXPECT_EQ(migrated->texts, 2u);
  EXPECT_EQ(migrated->texts_embedded, 2u);
  EXPECT_TRUE(migrated->switched);
  EXPECT_THAT(progress, ElementsAre(2u, 2u));
  EXPECT_EQ(active(), "f" + encoder_.info().fingerprint.substr(0, 16) + " 2");

  // And back: nothing is embedded.
  encoder_.forget();
  encoder_.info_.fingerprint = kOld;
  const auto back = migrate_store(store(), encoder_, {}, nullptr, {});
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_TRUE(back->switched);
  EXPECT_EQ(active(), "faaaaaaaaaaaaaaaa 2");
}

TEST_F(MigrateStoreTest, CancelledItSwitchesNothing) {
  import();
  CancelToken cancel;
  cancel.request();
  const auto migrated = migrate_store(store(), encoder_, {}, &cancel, {});
  ASSERT_TRUE(migrated.has_value());
  EXPECT_TRUE(migrated->cancelled);
  EXPECT_FALSE(migrated->switched);
  EXPECT_EQ(active(), "faaaaaaaaaaaaaaaa 2");
}

TEST_F(MigrateStoreTest, NeedsTheTexts) {
  import(false);
  const auto migrated = migrate_store(store(), encoder_, {}, nullptr, {});
  ASSERT_FALSE(migrated.has_value());
  EXPECT_EQ(migrated.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(migrated.error().message, HasSubstr("is not kept"));
}

TEST_F(MigrateStoreTest, DoesNotSwitchOverWhereAVectorIsBad) {
  std::ofstream(folder_.path() / "in.jsonl") << "{\"id\":1,\"t\":\"nan here\",\"v\":[1,0]}\n";
  import();
  const auto migrated = migrate_store(store(), encoder_, {}, nullptr, {});
  ASSERT_FALSE(migrated.has_value());
  EXPECT_THAT(migrated.error().message, HasSubstr("1 texts have no vector"));
  EXPECT_EQ(active(), "faaaaaaaaaaaaaaaa 1");
}

}  // namespace
}  // namespace colvec
