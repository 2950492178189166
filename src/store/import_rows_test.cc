#include "store/import_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/open_store.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Gives (bytes of the text, 1).
class LengthEncoder final : public Encoder {
 public:
  LengthEncoder() { info_.dimension = 2; }
  const EncoderInfo& info() const override { return info_; }
  Status encode(std::span<const std::string_view> texts, VectorRows out, std::span<TextReport>,
                EncodeTimes*) override {
    if (on_call) on_call();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      out.row(i)[0] = static_cast<float>(texts[i].size());
      out.row(i)[1] = 1;
    }
    return {};
  }

  EncoderInfo info_;
  std::function<void()> on_call;
};

class ImportRowsTest : public testing::Test {
 protected:
  // Imports a JSON lines file with these lines.
  Result<StoreImported> import(const std::string& lines) {
    given_.input = folder_.path() / "in.jsonl";
    put_file(given_.input, lines);
    return import_to_store(store(), given_, {});
  }
  std::filesystem::path store() const { return folder_.path() / "store"; }
  std::string error_of(const std::string& lines) {
    const auto imported = import(lines);
    return imported ? "imported" : imported.error().message;
  }

  StoreFolder folder_;
  StoreImport given_{.key_columns = {"id"},
                     .text_column = "t",
                     .vector_column = "v",
                     .fingerprint = std::string(64, 'a')};
};

TEST_F(ImportRowsTest, TakesVectorsAndKeysInOnce) {
  const auto first = import(
      "{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n{\"id\":2,\"t\":\"four\",\"v\":[4,1]}\n"
      "{\"id\":3,\"t\":\"one\",\"v\":[3,1]}\n");
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->rows, 3u);
  EXPECT_EQ(first->vectors_added, 2u);
  EXPECT_EQ(first->keys_added, 3u);
  const auto second =
      import("{\"id\":2,\"t\":\"four\",\"v\":[4,1]}\n{\"id\":4,\"t\":\"five5\",\"v\":[5,1]}\n");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->vectors_added, 1u);
  EXPECT_EQ(second->keys_added, 1u);

  auto opened = Store::open(store(), {});
  ASSERT_TRUE(opened.has_value());
  const auto info = (*opened)->info();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->keys, 4u);
  EXPECT_THAT(info->key_columns, ElementsAre("id BIGINT"));
  ASSERT_EQ(info->models.size(), 1u);
  EXPECT_TRUE(info->models[0].active);
  EXPECT_EQ(info->models[0].dimension, 2u);
  EXPECT_EQ(info->models[0].vectors, 3u);
}

TEST_F(ImportRowsTest, TakesTablesAndFilesAlike) {
  const std::string shop = (folder_.path() / "shop.duckdb").string();
  folder_.rows("ATTACH " + quote_literal(shop) + " AS shop");
  const std::string rows =
      "SELECT i AS id, 'text ' || (i % 40) AS t, [i % 40, 1]::FLOAT[2] AS v FROM range(50) r(i)";
  folder_.rows("CREATE TABLE shop.rows AS " + rows);
  folder_.rows("CREATE VIEW shop.seen AS " + rows);
  for (const std::string ending : {"parquet", "jsonl"})
    folder_.rows("COPY shop.rows TO " +
                 quote_literal((folder_.path() / ("rows." + ending)).string()));
  folder_.rows("DETACH shop");
  for (const auto& [file, table] :
       {std::pair{"shop.duckdb", "rows"}, std::pair{"shop.duckdb", "seen"},
        std::pair{"rows.parquet", ""}, std::pair{"rows.jsonl", ""}}) {
    SCOPED_TRACE(file + std::string(" ") + table);
    given_.input = folder_.path() / file;
    given_.table = table;
    std::filesystem::remove_all(store());
    COLVEC_ASSERT_ASSIGN(const StoreImported imported, import_to_store(store(), given_, {}));
    EXPECT_EQ(imported.rows, 50u);
    EXPECT_EQ(imported.vectors_added, 40u);
    EXPECT_EQ(imported.keys_added, 50u);
    EXPECT_THAT(
        folder_.rows("SELECT count(*), sum(embedding[1])::BIGINT, count(DISTINCT text_value) "
                     "FROM " +
                     quote_literal((store() / "vectors/*/*/*.parquet").string())),
        ElementsAre("40|780|40"));
  }
}

TEST_F(ImportRowsTest, ComparesASampleWithTheModel) {
  LengthEncoder encoder;
  given_.check_with = &encoder;
  const auto imported = import("{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n");
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  EXPECT_NEAR(imported->cosine_min, 1, 1e-9);
  EXPECT_THAT(error_of("{\"id\":2,\"t\":\"two\",\"v\":[1,3]}\n"),
              HasSubstr("not the vectors of this model"));
  EXPECT_THAT(error_of("{\"id\":2,\"t\":\"two\",\"v\":[3,1,0]}\n"), HasSubstr("of 3 numbers"));
}

TEST_F(ImportRowsTest, SpillsBesideAStoreInAFolderThatIsNotThereYet) {
  const std::filesystem::path made = folder_.path() / "new" / "place" / "store";
  given_.input = folder_.path() / "in.jsonl";
  put_file(given_.input, "{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n");
  bool can_spill = false;
  LengthEncoder encoder;
  encoder.on_call = [&] { can_spill = std::filesystem::exists(made.string() + ".tmp"); };
  given_.check_with = &encoder;
  const auto imported = import_to_store(made, given_, {});
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  EXPECT_TRUE(can_spill);
  EXPECT_FALSE(std::filesystem::exists(made.string() + ".tmp"));
}

TEST_F(ImportRowsTest, RefusesWhatCannotBeKept) {
  const std::string good = "{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n";
  EXPECT_THAT(error_of(good + "{\"id\":null,\"t\":\"x\",\"v\":[3,1]}\n"),
              HasSubstr("1 of 2 rows have NULL in a key column"));
  EXPECT_THAT(error_of(good + "{\"id\":2,\"t\":null,\"v\":[3,1]}\n"), HasSubstr("no text"));
  EXPECT_THAT(error_of(good + "{\"id\":2,\"t\":\"x\",\"v\":null}\n"), HasSubstr("no vector"));
  EXPECT_THAT(error_of(good + "{\"id\":2,\"t\":\"x\",\"v\":[1]}\n"), HasSubstr("1 to 2 numbers"));
  EXPECT_THAT(error_of(good + "{\"id\":2,\"t\":\"x\",\"v\":[1e39,1]}\n"), HasSubstr("in.jsonl"));
  EXPECT_THAT(error_of("{\"id\":1.5,\"t\":\"x\",\"v\":[1]}\n"), HasSubstr("DOUBLE"));
  // Nothing came in.
  auto opened = Store::open(store(), {});
  if (opened) {
    EXPECT_EQ((*opened)->info()->keys, 0u);
  }
}

TEST_F(ImportRowsTest, SaysWhichColumnIsMissing) {
  given_.vector_column = "w";
  EXPECT_THAT(error_of("{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n"),
              HasSubstr(": w (there: id, t, v)"));
}

TEST_F(ImportRowsTest, RefusesOtherKeyColumnsThanTheStores) {
  ASSERT_TRUE(import("{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n").has_value());
  given_.key_columns = {"t"};
  const auto imported = import("{\"id\":1,\"t\":\"one\",\"v\":[3,1]}\n");
  ASSERT_FALSE(imported.has_value());
  EXPECT_EQ(imported.error().code, ErrorCode::kConflict);
  EXPECT_THAT(imported.error().message, HasSubstr("id BIGINT, not t VARCHAR"));
}

TEST_F(ImportRowsTest, ReadsADuckDbTableAndKeepsNoTextsWhereAsked) {
  const auto database = folder_.path() / "in.duckdb";
  folder_.rows("ATTACH " + quote_literal(database.string()) + " AS d");
  folder_.rows("CREATE TABLE d.src AS SELECT 1 AS id, 'one' AS t, [3, 1]::FLOAT[2] AS v");
  folder_.rows("DETACH d");
  given_.input = database;
  given_.table = "src";
  given_.store_text = false;
  const auto imported = import_to_store(store(), given_, {});
  ASSERT_TRUE(imported.has_value()) << imported.error().message;
  auto opened = open_store(store(), {}, nullptr);
  ASSERT_TRUE(opened.has_value());
  EXPECT_FALSE(opened->store->definition().store_text);
  const auto view = opened->store->view();
  const auto set = opened->store->default_set(*view);
  const auto rows = opened->store->connection().query("SELECT text_value IS NULL, embedding FROM " +
                                                      opened->store->vectors_sql(*view, *set));
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->text(0, 0), "true");
  EXPECT_EQ(rows->text(0, 1), "[3.0, 1.0]");
}

}  // namespace
}  // namespace colvec
