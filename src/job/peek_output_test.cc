#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;

class PeekOutput : public testing::Test {
 protected:
  void make_output(const std::string& columns, const std::string& values) {
    folder_.run("output", "CREATE OR REPLACE TABLE vectors (" + columns +
                              "); INSERT INTO vectors VALUES " + values);
  }
  OutputPeek peek() {
    Result<OutputPeek> peek = peek_output(config_);
    EXPECT_TRUE(peek.has_value()) << (peek ? "" : peek.error().message);
    return peek ? *peek : OutputPeek{};
  }
  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
};

TEST_F(PeekOutput, ShowsTheFirstRowsAndTheNearestToTheFirst) {
  make_output("id INTEGER, text VARCHAR, embedding FLOAT[2]",
              "(1, 'none', NULL), (2, 'east', [1, 0]), (3, 'north', [0, 1]), (4, 'north-east',"
              " [1, 1]), (5, 'west', [-1, 0]), (6, 'x', [0, 2]), (7, 'far east', [9, 0])");
  const OutputPeek shown = peek();
  EXPECT_EQ(shown.rows, 7u);
  ASSERT_EQ(shown.first.size(), 5u);
  EXPECT_EQ(shown.query.id, "2");
  EXPECT_EQ(shown.query.text, "east");
  EXPECT_EQ(shown.query.vector, "[1.0, 0.0]");
  ASSERT_EQ(shown.nearest.size(), 5u);
  EXPECT_NEAR(shown.nearest[0].score, 1, 1e-6);
  EXPECT_NEAR(shown.nearest[1].score, 1, 1e-6);
  EXPECT_EQ(shown.nearest[2].text, "north-east");
  EXPECT_NEAR(shown.nearest[2].score, 0.70710678, 1e-6);
}

TEST_F(PeekOutput, TheQueryThatItShowsRunsInTheDatabase) {
  make_output("id INTEGER, text VARCHAR, embedding FLOAT[2]", "(1, 'a', [1, 0]), (2, 'b', [0, 1])");
  EXPECT_EQ(folder_.rows("output", peek().sql), (std::vector<std::string>{"1|a|1.0", "2|b|0.0"}));
}

TEST_F(PeekOutput, TakesListsCompositeIdsAndNamesThatMeetItsOwn) {
  config_.vector_type = VectorType::kList;
  config_.id_column = {"score", "q"};
  config_.text_column = "o {}";
  config_.vector_column = "v";
  folder_.run("output",
              "CREATE SCHEMA s; CREATE TABLE s.\"ta{}ble\" (score INTEGER, q UUID,"
              " \"o {}\" VARCHAR, v FLOAT[]); INSERT INTO s.\"ta{}ble\" VALUES"
              " (1, '00000000-0000-0000-0000-000000000001', 'a', [1, 2]),"
              " (2, '00000000-0000-0000-0000-000000000002', 'b', [2, 1])");
  config_.output_table = "s.\"ta{}ble\"";
  const OutputPeek shown = peek();
  EXPECT_EQ(shown.query.id, "1, 00000000-0000-0000-0000-000000000001");
  ASSERT_EQ(shown.nearest.size(), 2u);
  EXPECT_EQ(shown.nearest[0].text, "a");
  EXPECT_NEAR(shown.nearest[1].score, 0.8, 1e-6);
  EXPECT_EQ(folder_.rows("output", shown.sql).size(), 2u);
}

TEST_F(PeekOutput, AnOutputWithoutVectorsHasNoNeighbours) {
  make_output("id INTEGER, text VARCHAR, embedding FLOAT[2]", "(1, 'none', NULL)");
  EXPECT_EQ(peek().rows, 1u);
  EXPECT_TRUE(peek().first.empty());
  EXPECT_EQ(peek().sql, "");
}

TEST_F(PeekOutput, SaysWhatIsMissing) {
  EXPECT_EQ(peek_output(config_).error().code, ErrorCode::kNotFound);
  folder_.run("output", "CREATE TABLE other (i INTEGER)");
  EXPECT_THAT(peek_output(config_).error().message, HasSubstr("output_table: no such table"));
  make_output("id INTEGER, embedding FLOAT[2]", "(1, [1, 0])");
  EXPECT_FALSE(peek_output(config_).has_value());
}

}  // namespace
}  // namespace colvec
