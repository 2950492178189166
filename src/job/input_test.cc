#include "job/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "job/job_fixture.h"
#include "job/open_job.h"

namespace colvec {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class InputTest : public testing::Test {
 protected:
  InputTest() : database_(open_database_for(config_).value()) {
    connection_.emplace(database_.connect().value());
  }
  // A connection that nothing is locked for yet.
  void reopen() {
    connection_.reset();
    database_ = open_database_for(config_).value();
    connection_.emplace(database_.connect().value());
  }
  Result<Input> open() {
    COLVEC_ASSIGN(Input input, open_input(*connection_, config_));
    COLVEC_TRY(check_ids(*connection_, config_, &input));
    return input;
  }
  std::vector<std::string> source() {
    const Rows rows = connection_->query("SELECT k0, t FROM __colvec_source ORDER BY ALL").value();
    std::vector<std::string> lines;
    for (std::size_t r = 0; r < rows.size(); ++r)
      lines.push_back(rows.text(r, 0) + "|" + rows.at(r, 1).value_or("NULL"));
    return lines;
  }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  Database database_;
  std::optional<Connection> connection_;
};

TEST_F(InputTest, ShowsIdsAndTextsWithTheTypesOfTheIds) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT 2::HUGEINT AS id, 'x' AS text, 'b'::ENUM('a', 'b')"
              " AS e");
  config_.id_column = {"ID", "e"};
  const Input input = open().value();
  EXPECT_THAT(input.id_types, ElementsAre("HUGEINT", "ENUM('a', 'b')"));
  EXPECT_FALSE(input.text_is_blob);
  EXPECT_EQ(input.rows, 1u);
  EXPECT_THAT(source(), ElementsAre("2|x"));
}

TEST_F(InputTest, ReadsViewsJsonEnumsAndBlobs) {
  folder_.run("input",
              "CREATE TABLE base AS SELECT 1 AS id, '{\"a\": 1}'::JSON AS j,"
              " 'a'::ENUM('a') AS e, 'b'::BLOB AS b; CREATE VIEW t AS FROM base");
  for (const char* column : {"j", "e", "b"}) {
    config_.text_column = column;
    reopen();
    const Result<Input> input = open();
    ASSERT_TRUE(input.has_value()) << column << input.error().message;
    EXPECT_EQ(input->text_is_blob, *column == 'b');
  }
}

TEST_F(InputTest, ShowsThreeIdsOfAnyTypeThatAreThereTwice) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT md5((i % 5)::VARCHAR)::UUID AS id, [i % 5] AS l,"
              " 'x' AS text FROM range(10) r(i)");
  // md5 of 4, 1 and 2: the first in their order.
  EXPECT_THAT(open().error().message,
              AllOf(HasSubstr("id = a87ff679-a2f3-e71d-9181-a67b7542122c (2 rows); "),
                    HasSubstr("id = c81e728d-9d4c-2f63-6f06-7f89cc14862c (2 rows) (")));
}

TEST_F(InputTest, CountsPartsOfIdsTogether) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i // 2 AS id, [i % 2] AS l, 'x' AS text"
              " FROM range(10) r(i)");
  config_.id_column = {"id", "l"};
  EXPECT_EQ(open().value().rows, 10u);
}

TEST_F(InputTest, DuplicatesOfPartsAreShownWithTheirNames) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT 7 AS id, [i % 2] AS l, 'x' AS text"
              " FROM range(4) r(i)");
  config_.id_column = {"id", "l"};
  EXPECT_THAT(open().error().message, HasSubstr("id = 7, l = [0] (2 rows); id = 7, l = [1]"));
}

TEST_F(InputTest, ANullInAnyPartOfAnIdIsRefused) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i AS id, CASE WHEN i > 2 THEN i END AS n, 'x' AS"
              " text FROM range(10) r(i)");
  config_.id_column = {"id", "n"};
  EXPECT_THAT(open().error().message, HasSubstr("3 rows have NULL ids"));
}

TEST_F(InputTest, KeepsTheFirstRowOfEachIdWhereToldTo) {
  folder_.run("input",
              "CREATE TABLE t AS SELECT i % 3 AS id, 'text ' || i AS text"
              " FROM range(3000) r(i)");
  config_.on_duplicate_id = OnDuplicateId::kKeepFirst;
  EXPECT_EQ(open().value().rows, 3u);
  EXPECT_THAT(source(), ElementsAre("0|text 0", "1|text 1", "2|text 2"));
}

TEST_F(InputTest, NothingElseCanBeReadOrSetAfterwards) {
  folder_.run("input", "CREATE TABLE t AS SELECT 1 AS id, 'x' AS text");
  std::ofstream(folder_.path() / "secret.csv") << "a\n1\n";
  ASSERT_TRUE(open());
  const std::string secret = quote_literal((folder_.path() / "secret.csv").string());
  for (const std::string& sql :
       {"FROM read_csv(" + secret + ")", "FROM " + secret, "FROM read_text(" + secret + ")",
        "COPY (SELECT 1) TO " + secret, std::string("SET enable_external_access = true"),
        std::string("SET memory_limit = '100GB'"), "ATTACH " + secret + " AS other",
        std::string("LOAD httpfs"), std::string("SELECT * FROM glob('/etc/*')")})
    EXPECT_FALSE(connection_->execute(sql)) << sql;
}

TEST_F(InputTest, WhereFailsClearlyOnWhatIsNotThere) {
  folder_.run("input", "CREATE TABLE t AS SELECT 1 AS id, 'x' AS text");
  config_.where = "nope = 1";
  EXPECT_THAT(open().error().message, AllOf(HasSubstr("where: "), HasSubstr("nope")));
}

TEST_F(InputTest, FilesAreReadByTheirEnding) {
  std::ofstream(folder_.path() / "a.csv") << "id,text\n1,one\n2,\n";
  std::ofstream(folder_.path() / "b.csv") << "id,text\n2,two\n3,three\n";
  std::ofstream(folder_.path() / "a.tsv") << "id\ttext\n1\tone\n";
  std::ofstream(folder_.path() / "it's.jsonl") << "{\"id\": 1, \"text\": \"one\"}\n";
  std::ofstream(folder_.path() / "b.ndjson") << "{\"id\": 3, \"text\": \"two\\nlines\"}\n";
  struct Case {
    const char* file;
    std::size_t rows;
  };
  for (const Case& c : {Case{"a.csv", 2}, Case{"a.tsv", 1}, Case{"it's.jsonl", 1},
                        Case{"b.ndjson", 1}, Case{"*.csv", 3}}) {
    config_.input_db_path = folder_.path() / c.file;
    config_.on_duplicate_id = OnDuplicateId::kKeepFirst;
    reopen();
    const Result<Input> input = open();
    ASSERT_TRUE(input.has_value()) << c.file << ": " << input.error().message;
    EXPECT_EQ(input->rows, c.rows) << c.file;
  }
  config_.input_db_path = folder_.path() / "absent*.csv";
  reopen();
  EXPECT_EQ(open_input(*connection_, config_).error().code, ErrorCode::kNotFound);
}

TEST_F(InputTest, AFileOfAnotherEndingNeedsATable) {
  std::ofstream(folder_.path() / "a.txt") << "text";
  config_.input_db_path = folder_.path() / "a.txt";
  config_.input_table = "";
  EXPECT_THAT(open().error().message, HasSubstr("input_table: must name a table of"));
  config_.input_table = "t";
  EXPECT_EQ(open().error().code, ErrorCode::kInvalidArgument);
  config_.input_db_path = folder_.path();
  EXPECT_THAT(open().error().message, HasSubstr("is a folder"));
}

TEST(KeyNames, AreListedAndCompared) {
  EXPECT_EQ(key_list(3), "k0, k1, k2");
  EXPECT_EQ(key_list(2, "a"), "a.k0, a.k1");
  EXPECT_EQ(keys_equal(2, "a", "b"), "a.k0 = b.k0 AND a.k1 = b.k1");
}

}  // namespace
}  // namespace colvec
