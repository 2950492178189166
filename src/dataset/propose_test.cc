// What a source looks like, as a dataset that could be added.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "colvec/dataset.h"
#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Propose : public testing::Test {
 protected:
  DatasetProposal propose(const std::string& select, const std::string& name = "products") {
    const Result<DatasetProposal> proposal = propose_dataset(name, {.path = folder_.write(select)});
    EXPECT_TRUE(proposal.has_value()) << (proposal ? "" : proposal.error().message);
    return proposal ? *proposal : DatasetProposal{};
  }
  static std::vector<std::string> keys(const DatasetProposal& proposal) {
    std::vector<std::string> names;
    for (const DatasetColumn& column : proposal.dataset.columns)
      if (column.is_primary_key) names.push_back(column.name);
    return names;
  }

  DatasetFolder folder_;
};

TEST_F(Propose, TheKeyIsAUniqueColumnThatIsNamedLikeOne) {
  struct Case {
    const char* select;
    const char* key;  // "" for none.
  };
  for (const auto& [select, key] : std::vector<Case>{
           {"SELECT i AS a_id, i AS id FROM range(9) r(i)", "id"},
           {"SELECT i AS other_id, i AS product_id FROM range(9) r(i)", "product_id"},
           {"SELECT i AS code, i AS \"Products_ID\" FROM range(9) r(i)", "Products_ID"},
           {"SELECT i AS n, 'x' || i AS sku FROM range(9) r(i)", "sku"},
           {"SELECT i // 2 AS id, i AS shop_key FROM range(9) r(i)", "shop_key"},
           {"SELECT CASE WHEN i > 0 THEN i END AS id FROM range(9) r(i)", ""},
           {"SELECT i AS n FROM range(9) r(i)", ""},
           {"SELECT i::DOUBLE AS id FROM range(9) r(i)", ""},
           {"SELECT [i] AS id FROM range(9) r(i)", ""},
       }) {
    const DatasetProposal proposal = propose(select);
    if (*key == '\0') {
      EXPECT_THAT(keys(proposal), IsEmpty()) << select;
      EXPECT_THAT(proposal.notes, Contains(HasSubstr("flag the primary key yourself"))) << select;
    } else {
      EXPECT_THAT(keys(proposal), ElementsAre(key)) << select;
      EXPECT_THAT(proposal.notes,
                  Contains(HasSubstr(std::string(key) + ": proposed as the primary")));
    }
  }
}

TEST_F(Propose, WhatTheCallerKnowsIsNotProposed) {
  const Result<DatasetProposal> proposal = propose_dataset(
      "products", {.path = folder_.write("SELECT 1 AS id, DATE '2024-01-01' AS day")},
      {.key = false, .date = false});
  ASSERT_TRUE(proposal.has_value()) << proposal.error().message;
  EXPECT_THAT(keys(*proposal), IsEmpty());
  EXPECT_FALSE(proposal->dataset.columns[1].is_date_column);
  EXPECT_THAT(proposal->notes, IsEmpty());
}

TEST_F(Propose, TheFirstDateIsTheDateColumn) {
  const DatasetProposal proposal = propose(
      "SELECT 1 AS id, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS at, DATE '2024-01-01' AS day");
  EXPECT_TRUE(proposal.dataset.find("at")->is_date_column);
  EXPECT_FALSE(proposal.dataset.find("day")->is_date_column);
}

TEST_F(Propose, ColumnsWithSentencesArePointedOut) {
  const DatasetProposal proposal = propose(
      "SELECT i AS id, 'some words of text ' || i AS body, 'three words here' AS same, 'w' || i AS"
      " word, CASE WHEN i % 2 = 0 THEN NULL ELSE 'a text with gaps ' || i END AS \"a \"\"gap\","
      " NULL::VARCHAR AS nothing, '' AS empty FROM range(50) r(i)");
  EXPECT_THAT(proposal.text_like, ElementsAre("body", "a \"gap"));
  EXPECT_THAT(proposal.notes, Contains(HasSubstr("body: looks like text (5 words on average)")));
}

TEST_F(Propose, RowsTypesAndTheFirstRowsAreTold) {
  const DatasetProposal proposal = propose(
      "SELECT i::INTEGER AS id, CASE WHEN i = 1 THEN NULL ELSE i * 1.5 END AS price FROM range(50)"
      " r(i)");
  EXPECT_EQ(proposal.rows, 50u);
  EXPECT_EQ(proposal.dataset.columns[0].type, "INTEGER");
  ASSERT_EQ(proposal.preview.size(), 20u);
  EXPECT_THAT(proposal.preview[1], ElementsAre("1", std::nullopt));
  EXPECT_THAT(proposal.preview[2], ElementsAre("2", "3.0"));
  const Json json = Json::parse(to_json(proposal), "json").value();
  EXPECT_EQ(json.unsigned_number("rows").value(), 50u);
  EXPECT_EQ(json.member("preview")->size(), 20u);
  EXPECT_TRUE(json.member("preview")->element(1).element(1).is_null());
  EXPECT_EQ(json.member("dataset")->string("name").value(), "products");
}

TEST_F(Propose, WhatIsProposedCanBeSaved) {
  const DatasetProposal proposal = propose("SELECT 1 AS id, 'x' AS text");
  EXPECT_TRUE(save_dataset(folder_.home(), proposal.dataset).has_value());
}

TEST_F(Propose, ASourceWithoutRowsIsASourceToo) {
  const DatasetProposal proposal = propose("SELECT 1 AS id, 'a b c d' AS text WHERE false");
  EXPECT_EQ(proposal.rows, 0u);
  EXPECT_THAT(proposal.preview, IsEmpty());
  EXPECT_THAT(proposal.text_like, IsEmpty());
}

TEST_F(Propose, NothingIsWritten) {
  const std::string select = "SELECT 1 AS id, 'x' AS text";
  const auto files = [&] {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      count += entry.is_regular_file();
    return count;
  };
  folder_.write(select);
  const std::size_t before = files();
  propose(select);
  EXPECT_EQ(files(), before);
}

TEST_F(Propose, ASourceThatIsNotThereIsNamed) {
  const Result<DatasetProposal> proposal = propose_dataset("x", {.path = "/none/at/all.csv"});
  ASSERT_FALSE(proposal.has_value());
  EXPECT_EQ(proposal.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(proposal.error().message, HasSubstr("source.path: no such file"));
}

TEST_F(Propose, ACancelBreaksOffASourceThatHangs) {
  const std::filesystem::path path = folder_.path() / "slow.duckdb";
  folder_.rows("ATTACH '" + path.string() + "' AS slow");
  folder_.rows(
      "CREATE VIEW slow.t AS SELECT count(*) AS id FROM range(100000000) a(i),"
      " range(1000000) b(j) WHERE hash(i, j) % 7 = 3");
  folder_.rows("DETACH slow");
  CancelToken cancel;
  const auto requested = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancel.request();
  });
  const Result<DatasetProposal> proposal =
      propose_dataset("slow", {.path = path, .table = "t"}, {.cancel = &cancel});
  ASSERT_FALSE(proposal);
  EXPECT_EQ(proposal.error().code, ErrorCode::kCancelled) << proposal.error().message;
}

}  // namespace
}  // namespace colvec
