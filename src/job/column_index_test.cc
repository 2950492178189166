#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <thread>

#include "colvec/search.h"
#include "job/refresh_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Two numbers a text, as the text says: "0.5 0.25 and more".
class SaidEncoder final : public Encoder {
 public:
  const EncoderInfo& info() const override { return info_; }
  Status encode(std::span<const std::string_view> texts, VectorRows out, std::span<TextReport>,
                EncodeTimes*) override {
    if (on_encode) on_encode(texts[0]);
    for (std::size_t i = 0; i < texts.size(); ++i)
      std::sscanf(std::string(texts[i]).c_str(), "%f %f", &out.row(i)[0], &out.row(i)[1]);
    return {};
  }

  std::function<void(std::string_view)> on_encode{};  // Called with the first text.

 private:
  EncoderInfo info_{.model = "said",
                    .dimension = 2,
                    .fingerprint = std::string(64, 'c'),
                    .made_of = "{}",
                    .precision = Precision::kF32};
};

class ColumnIndexTest : public testing::Test {
 protected:
  // Refreshes the dataset of these rows.
  void make(const std::string& select) {
    home_.write(select);
    home_.save({.model = "said", .normalize = false});
    RefreshOptions options = home_.options();
    options.open_encoder = said();
    const auto run = refresh_dataset(home_.home(), "wares", options);
    ASSERT_TRUE(run.has_value()) << run.error().message;
  }
  OpenEncoder said() {
    return [this](const std::string&, const EncoderOptions&) -> Result<std::unique_ptr<Encoder>> {
      return borrowed(encoder_);
    };
  }
  SearchOptions options(std::size_t k = 10, const std::string& where = "") {
    SearchOptions options;
    options.k = k;
    options.where = where;
    options.threads = 2;
    options.open_encoder = said();
    return options;
  }
  std::unique_ptr<ColumnIndex> load() {
    auto index = ColumnIndex::load(home_.home(), "wares", "text", options());
    EXPECT_TRUE(index.has_value()) << (index ? "" : index.error().message);
    return index ? std::move(*index) : nullptr;
  }
  // "<id> <score>" of the hits in the index, which must be those of a search over the files.
  std::vector<std::string> found(ColumnIndex& index, const std::string& text,
                                 const SearchOptions& options) {
    const auto result = index.search(text, options);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    const auto scanned = search_dataset(home_.home(), "wares", "text", text, options);
    EXPECT_TRUE(scanned.has_value()) << (scanned ? "" : scanned.error().message);
    if (!result || !scanned) return {};
    EXPECT_EQ(to_json(*result), to_json(*scanned));
    std::vector<std::string> lines;
    for (const SearchHit& hit : result->hits)
      lines.push_back(fmt::format("{} {}", hit.values.front().value(), hit.score));
    return lines;
  }

  RefreshHome home_;
  SaidEncoder encoder_;
};

TEST_F(ColumnIndexTest, TheNearestRowsComeFirstByTheInnerProduct) {
  make(RefreshHome::values("(1, '1 0'), (2, '0 1'), (3, NULL), (4, '0.5 0.5'), (5, '-1 0')"));
  const auto index = load();
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->rows(), 4u);
  EXPECT_EQ(index->distinct_vectors(), 4u);
  EXPECT_EQ(index->dimension(), 2u);
  EXPECT_THAT(found(*index, "2 1", options()), ElementsAre("1 2", "4 1.5", "2 1", "5 -2"));
  EXPECT_THAT(found(*index, "2 1", options(2)), ElementsAre("1 2", "4 1.5"));
  EXPECT_THAT(found(*index, "2 1", options(0)), IsEmpty());
  const std::vector<float> wanted = {0, 1};
  EXPECT_THAT(index->nearest(wanted, 2),
              ElementsAre(testing::Pair(1u, 1.0f), testing::Pair(3u, 0.5f)));
}

TEST_F(ColumnIndexTest, EqualVectorsShareOneAndEachRowIsFound) {
  make("SELECT i AS id, (i % 3) || ' 0 and ' || (i % 6) AS text FROM range(12) r(i)");
  const auto index = load();
  EXPECT_EQ(index->rows(), 12u);
  EXPECT_EQ(index->distinct_vectors(), 3u);
  EXPECT_THAT(found(*index, "1 0", options(6)),
              ElementsAre("2 2", "5 2", "8 2", "11 2", "1 1", "4 1"));
}

// Other vectors may have the same score.
TEST_F(ColumnIndexTest, EqualScoresAreInTheOrderOfTheRows) {
  make(
      RefreshHome::values("(0, '1 5'), (1, '1 6'), (2, '1 5'), (3, '2 0'), (4, '1 7'),"
                          " (5, '1 6')"));
  const auto index = load();
  EXPECT_THAT(found(*index, "1 0", options()),
              ElementsAre("3 2", "0 1", "1 1", "2 1", "4 1", "5 1"));
  EXPECT_THAT(found(*index, "1 0", options(3)), ElementsAre("3 2", "0 1", "1 1"));
  // Of the vector of row 0 only row 2 is left.
  EXPECT_THAT(found(*index, "1 0", options(2, "id NOT IN (0, 3)")), ElementsAre("1 1", "2 1"));
  EXPECT_THAT(found(*index, "1 0", options(1, "id NOT IN (0, 3)")), ElementsAre("1 1"));
}

TEST_F(ColumnIndexTest, AConditionChoosesRows) {
  make("SELECT i AS id, (i % 50) || ' 0' AS text, i % 4 AS kind FROM range(9000) r(i)");
  const auto index = load();
  const SearchOptions some = options(3, "kind = 2 AND id > 100");
  EXPECT_THAT(found(*index, "1 0", some), ElementsAre("198 48", "298 48", "398 48"));
  EXPECT_EQ(index->search("1 0", some)->rows, 2225u);
  EXPECT_THAT(found(*index, "1 0", options(3, "false")), IsEmpty());
  for (const char* wrong : {"1; DROP TABLE x", "(SELECT 1) = 1", "nope = 1", "error('x')"}) {
    const auto result = index->search("1 0", options(3, wrong));
    ASSERT_FALSE(result) << wrong;
    EXPECT_THAT(result.error().message, testing::StartsWith("where: ")) << wrong;
  }
}

TEST_F(ColumnIndexTest, ManyVectorsAreSearchedInBlocks) {
  make("SELECT i AS id, sin(i) || ' ' || cos(i) AS text FROM range(20000) r(i)");
  const auto index = load();
  EXPECT_EQ(index->distinct_vectors(), 20'000u);
  EXPECT_EQ(found(*index, "0.6 0.8", options(50)).size(), 50u);
}

TEST_F(ColumnIndexTest, WhatARefreshHasReplacedIsLoadedAgain) {
  make(RefreshHome::values("(1, '1 0'), (2, '0 1')"));
  const auto index = load();
  make(RefreshHome::values("(1, '0 1'), (2, '1 0')"));
  for (const char* where : {"", "id = 1"}) {
    const auto result = index->search("1 0", options(1, where));
    ASSERT_FALSE(result) << to_json(*result);
    EXPECT_EQ(result.error().code, ErrorCode::kConflict);
    EXPECT_EQ(result.error().message,
              "dataset wares: a refresh has replaced the table: load it again");
  }
  EXPECT_THAT(found(*load(), "1 0", options(1)), ElementsAre("2 1"));
}

TEST_F(ColumnIndexTest, ASearchBeginsAgainOnceWhereTheTableIsReplaced) {
  make(RefreshHome::values("(1, '1 0')"));
  int queries = 0, replacements = 1, id = 10;
  encoder_.on_encode = [&](std::string_view text) {
    if (text != "2 1" || ++queries > replacements) return;
    make(RefreshHome::values("(" + std::to_string(id++) + ", '1 0')"));
  };
  const auto result = search_dataset(home_.home(), "wares", "text", "2 1", options());
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->hits.front().values.front(), "10");
  EXPECT_EQ(queries, 2);
  queries = 0;
  replacements = 9;
  const auto never = search_dataset(home_.home(), "wares", "text", "2 1", options());
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::kConflict);
  EXPECT_EQ(queries, 2);
}

// Two tables whose rows are the other way round take turns in one place.
TEST_F(ColumnIndexTest, NoSearchMixesTheScoresOfOneTableWithTheRowsOfAnother) {
  const std::filesystem::path table =
      processed_folder(home_.home(), "wares") / "part-00000.parquet";
  for (const char* order : {"i", "999 - i"}) {
    make(std::string("SELECT ") + order + " AS id, (" + order +
         ") || ' 0' AS text FROM range(1000) r(i)");
    std::filesystem::copy_file(table, home_.path() / order);
  }
  std::atomic<bool> is_over = false;
  std::thread swapper([&] {
    for (int turn = 0; !is_over; ++turn) {
      std::filesystem::copy_file(home_.path() / (turn % 2 == 0 ? "i" : "999 - i"),
                                 home_.path() / "next");
      std::filesystem::rename(home_.path() / "next", table);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  for (int i = 0; i < 20; ++i) {
    const auto result = search_dataset(home_.home(), "wares", "text", "1 0", options(1));
    if (result)
      EXPECT_EQ(result->hits.front().values.front(), "999");
    else
      EXPECT_EQ(result.error().code, ErrorCode::kConflict) << result.error().message;
  }
  is_over = true;
  swapper.join();
}

TEST_F(ColumnIndexTest, WithoutVectorsThereIsNone) {
  home_.write(RefreshHome::values("(1, '1 0')"));
  home_.save({.model = "said"});
  EXPECT_EQ(ColumnIndex::load(home_.home(), "wares", "text", options()).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(ColumnIndex::load(home_.home(), "wares", "none", options()).error().code,
            ErrorCode::kNotFound);
  make(RefreshHome::values("(1, NULL)"));
  const auto index = load();
  EXPECT_EQ(index->rows(), 0u);
  EXPECT_THAT(found(*index, "1 0", options()), IsEmpty());
}

}  // namespace
}  // namespace colvec
