#include "job/column_refresh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/embedding_step.h"
#include "dataset/source_rows.h"
#include "job/dataset_columns.h"
#include "job/refresh_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// The column `text` of a dataset, step by step as a refresh does it.
class ColumnRefreshTest : public testing::Test {
 protected:
  ColumnRefreshTest() {
    write("(1, 'a'), (2, 'b'), (3, 'b')");
    home_.save({.model = "m"});
  }
  void write(const std::string& values) { home_.write(RefreshHome::values(values)); }
  // What the saved dataset says of `column`, with the rows of the source read.
  ColumnSetup set_up(const std::string& column = "text") {
    const Dataset dataset = home_.saved();
    const SourceTable source =
        open_dataset_source(connection_, dataset.source.path, dataset.source).value();
    const ColumnSetup setup =
        set_up_columns(home_.home(), dataset, source, {column}).value().front();
    EXPECT_TRUE(read_source_rows(connection_, source, std::vector<std::string>{"id", "text"},
                                 std::vector<HashedText>{{.column = setup.columns.text}}));
    return setup;
  }
  std::unique_ptr<ColumnRefresh> open(ColumnSetup setup) {
    auto refresh = ColumnRefresh::open(std::move(setup), home_.options());
    EXPECT_TRUE(refresh.has_value()) << (refresh ? "" : refresh.error().message);
    return refresh ? std::move(*refresh) : nullptr;
  }
  void fill(ColumnRefresh& refresh) {
    EXPECT_TRUE(refresh.look_up(database_, connection_, false));
    EXPECT_TRUE(refresh.embed(database_, connection_, nullptr, 30, [](const auto&, auto) {}));
    EXPECT_TRUE(refresh.append_keys());
  }
  ColumnVectors active() {
    return {.fingerprint = home_.encoder.info_.fingerprint,
            .base = home_.encoder.info_.fingerprint,
            .precision = Precision::kF32,
            .dimension = 4,
            .base_dimension = 4,
            .settings = vector_settings({.model = "m"})};
  }

  RefreshHome home_;
  Database database_ = Database::open({.threads = 2}).value();
  Connection connection_ = database_.connect().value();
};

TEST_F(ColumnRefreshTest, FillsInWhatIsMissingAndThenNothingIs) {
  const auto first = open(set_up());
  fill(*first);
  EXPECT_EQ(first->run().texts_embedded, 2u);
  EXPECT_EQ(first->run().vectors_added, 2u);
  EXPECT_EQ(first->run().keys_added, 3u);
  EXPECT_THAT(first->run().did,
              ElementsAre(HasSubstr("3 new rows"), "2 texts have no vector yet, 0 have one",
                          "2 texts embedded"));
  const ProcessedVectors handed_out = first->processed(connection_).value();
  EXPECT_EQ(handed_out.name, "text_embedding");
  EXPECT_EQ(handed_out.dimension, 4u);
  EXPECT_EQ(handed_out.texts, 2u);
  EXPECT_EQ(handed_out.function, "");
  home_.encoder.forget();
  const auto second = open(set_up());
  fill(*second);
  EXPECT_THAT(second->run().did, IsEmpty());
  EXPECT_THAT(home_.encoder.encoded(), IsEmpty());
}

TEST_F(ColumnRefreshTest, ADryRunMakesNoStore) {
  const ColumnSetup setup = set_up();
  const auto refresh = open(setup);
  ASSERT_TRUE(refresh->look_up(database_, connection_, true));
  EXPECT_EQ(refresh->run().texts_missing, 2u);
  EXPECT_FALSE(fs::exists(setup.store));
}

TEST_F(ColumnRefreshTest, AnotherModelInTheFolderIsAConflictUnlessAccepted) {
  ColumnSetup setup = set_up();
  setup.active = active();
  home_.encoder.info_.fingerprint = std::string(64, 'b');
  RefreshOptions options = home_.options();
  const auto refused = ColumnRefresh::open(setup, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, StartsWith("column text: embedding: model: fake: holds"));
  options.accept_changed_models = true;
  const auto accepted = ColumnRefresh::open(setup, options);
  ASSERT_TRUE(accepted.has_value()) << accepted.error().message;
  EXPECT_THAT((*accepted)->run().did, ElementsAre(HasSubstr("come from another model now")));
  // With other settings another model is what was asked for.
  setup.step.prompt = "query: ";
  EXPECT_TRUE(ColumnRefresh::open(setup, home_.options()));
}

TEST_F(ColumnRefreshTest, WhatAutoWasOnceItStays) {
  ColumnSetup setup = set_up();
  open(setup);
  EXPECT_EQ(home_.opened.back().second.precision, Precision::kAuto);
  setup.target = active();
  setup.target->precision = Precision::kBf16;
  setup.target->settings = vector_settings({.model = "other"});
  open(setup);
  EXPECT_EQ(home_.opened.back().second.precision, Precision::kAuto);
  setup.target->settings = active().settings;
  open(setup);
  EXPECT_EQ(home_.opened.back().second.precision, Precision::kBf16);
  setup.step.precision = Precision::kInt8;
  open(setup);
  EXPECT_EQ(home_.opened.back().second.precision, Precision::kInt8);
}

TEST_F(ColumnRefreshTest, VectorsOfASiblingAreCopiedIfTheyAreWhole) {
  fill(*open(set_up()));
  ColumnSetup other = set_up();
  other.column = "other";
  const fs::path sibling = other.store;
  other.store = sibling.parent_path() / "other";
  home_.encoder.forget();
  const auto copying = open(other);
  fill(*copying);
  EXPECT_EQ(copying->run().texts_copied, 2u);
  EXPECT_THAT(copying->run().did, Contains(HasSubstr("2 vectors copied from text")));
  EXPECT_THAT(home_.encoder.encoded(), IsEmpty());
  // A damaged sibling is passed over.
  fs::remove_all(other.store);
  for (const auto& entry : fs::recursive_directory_iterator(sibling / "vectors"))
    if (entry.path().extension() == ".parquet") fs::resize_file(entry.path(), 5);
  const auto embedding = open(other);
  fill(*embedding);
  EXPECT_EQ(embedding->run().texts_copied, 0u);
  EXPECT_EQ(embedding->run().texts_embedded, 2u);
}

TEST_F(ColumnRefreshTest, OverABaseOnlyNewTextsAreEmbeddedAndToldApart) {
  fill(*open(set_up()));
  write("(1, 'a'), (4, 'new')");
  ColumnSetup setup = set_up();
  setup.base_store = setup.store;
  setup.base_version = 1;
  setup.store = home_.path() / "work";
  setup.columns.source_key = setup.columns.key = {};
  setup.siblings.clear();
  setup.active = active();
  const auto over = ColumnRefresh::over(setup);
  home_.opened.clear();
  home_.encoder.forget();
  ASSERT_TRUE(over->look_up(database_, connection_, false));
  EXPECT_EQ(over->run().texts_missing, 1u);
  EXPECT_THAT(home_.opened, IsEmpty());
  ASSERT_TRUE(over->open_model(home_.options()));
  ASSERT_TRUE(over->embed(database_, connection_, nullptr, 30, [](const auto&, auto) {}));
  ASSERT_TRUE(over->append_keys());
  EXPECT_THAT(home_.encoder.encoded(), ElementsAre("new"));
  const ProcessedVectors handed_out = over->processed(connection_).value();
  EXPECT_TRUE(handed_out.says_where_from);
  const Rows rows =
      connection_.query("SELECT is_base FROM " + handed_out.vectors + " ORDER BY 1").value();
  ASSERT_EQ(rows.size(), 3u);  // a and b of the base.
  EXPECT_EQ(rows.text(0, 0), "false");
  EXPECT_EQ(rows.text(1, 0), "true");

  home_.encoder.info_.fingerprint = std::string(64, 'b');
  EXPECT_EQ(ColumnRefresh::over(setup)->open_model(home_.options()).error().code,
            ErrorCode::kConflict);
}

}  // namespace
}  // namespace colvec
