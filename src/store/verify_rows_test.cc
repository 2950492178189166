#include "store/verify_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "store/data_file.h"
#include "store/store_fixture.h"
#include "store/store_tables.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const VectorSet kSet = {"f0000000000000000", "f32"};
const std::vector<KeyColumn> kKey = {{"id", "BIGINT"}};

class VerifyRowsTest : public ::testing::Test {
 protected:
  VerifyRowsTest() {
    vectors_ = {folder_.path() / "vectors", vectors_columns(), {}};
    keys_ = {folder_.path() / "keys", keys_columns(kKey), {}};
  }

  // Adds a file of `count` rows; `embedding` is SQL over the number n.
  void add_vectors(int first, int count, const std::string& embedding,
                   const std::string& hash = "md5(n::VARCHAR)") {
    add(&vectors_, kSet.partition(),
        "SELECT " + hash + " AS text_hash, 'text' AS text_value, (" + embedding +
            ")::FLOAT[] AS embedding, 1::INTEGER AS token_count, false AS truncated, 'x' AS"
            " engine_version, now() AS embedded_at FROM range(" +
            std::to_string(first) + ", " + std::to_string(first + count) + ") numbers(n)");
  }
  void add_keys(const PartitionValues& partition, const std::string& rows) {
    add(&keys_, partition,
        "SELECT id::BIGINT AS id, md5(n::VARCHAR) AS text_hash, now() AS seen_at FROM (" + rows +
            ")");
  }
  void add(VerifiedTable* table, const PartitionValues& partition, const std::string& select) {
    COLVEC_ASSERT_ASSIGN(std::optional<AddFile> file,
                         write_data_file(local_file_system(), folder_.connection(), table->folder,
                                         partition, select, {}));
    files_.push_back(std::move(*file));
    table->files.push_back(&files_.back());
  }

  // The problems of the vectors' files; each names the newest one.
  std::vector<std::string> vector_problems(std::size_t dimension = 0) {
    StoreVerified found;
    VerifiedTable table = vectors_;
    verify_vector_files(folder_.connection(), {{kSet, dimension}}, &table, &found);
    for (const std::string& problem : found.problems)
      EXPECT_THAT(problem, HasSubstr(files_.back().path));
    left_ = table.files.size();
    return found.problems;
  }
  std::vector<std::string> key_problems() {
    StoreVerified found;
    VerifiedTable table = keys_;
    verify_key_files(folder_.connection(), kKey, &table, &found);
    for (const std::string& problem : found.problems)
      EXPECT_THAT(problem, HasSubstr(files_.back().path));
    left_ = table.files.size();
    return found.problems;
  }

  StoreFolder folder_;
  std::deque<AddFile> files_;
  VerifiedTable vectors_;
  VerifiedTable keys_;
  std::size_t left_ = 0;  // Files that can be read.
};

TEST_F(VerifyRowsTest, GoodVectorsAreGood) {
  add_vectors(0, 500, "[cos(n), sin(n)]");
  add_vectors(500, 500, "[cos(n), sin(n)]");
  EXPECT_THAT(vector_problems(), IsEmpty());
  EXPECT_THAT(vector_problems(2), IsEmpty());
  EXPECT_EQ(left_, 2u);
}

TEST_F(VerifyRowsTest, NoticesNumbersThatAreNotFinite) {
  add_vectors(0, 10, "[cos(n), CASE WHEN n = 7 THEN 'inf' ELSE sin(n) END]");
  EXPECT_THAT(vector_problems(),
              ElementsAre(HasSubstr("1 vectors are missing or have numbers that are not finite")));
  EXPECT_EQ(left_, 1u);
}

TEST_F(VerifyRowsTest, HugeNumbersAreFinite) {
  add_vectors(0, 10, "[3e38, 3e38]");
  EXPECT_THAT(vector_problems(), IsEmpty());
}

TEST_F(VerifyRowsTest, NoticesNullsInVectors) {
  add_vectors(0, 10, "CASE WHEN n = 7 THEN NULL ELSE [1, 0] END");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("1 vectors are missing or have")));
  files_.clear();
  vectors_.files.clear();
  add_vectors(0, 10, "CASE WHEN n < 5 THEN [1, NULL] ELSE [1, 0] END");
  EXPECT_THAT(vector_problems(),
              ElementsAre(HasSubstr("5 vectors are missing or have numbers that are not finite")));
}

TEST_F(VerifyRowsTest, NoticesOtherDimensions) {
  add_vectors(0, 10, "[1, 0]");
  EXPECT_THAT(vector_problems(3), ElementsAre(HasSubstr("of dimension 2, its model has 3")));
  add_vectors(10, 10, "CASE WHEN n = 12 THEN [0.6, 0.8, 0] ELSE [1, 0] END");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("of dimension 3, its model has 2")));
}

TEST_F(VerifyRowsTest, NoticesLengthsThatAreExceptions) {
  add_vectors(0, 1000, "[cos(n), sin(n)]");
  add_vectors(1000, 3, "[n, n]");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("whose length is not 1")));
  // Where many are so, that is how the model is. A vector of nothing but zeros is of a text without
  // words.
  add_vectors(2000, 400, "[n, n]");
  EXPECT_THAT(vector_problems(), IsEmpty());
  vectors_.files.resize(1);
  add_vectors(3000, 3, "[0, 0]");
  EXPECT_THAT(vector_problems(), IsEmpty());
}

TEST_F(VerifyRowsTest, NoticesHashesThatAreNone) {
  add_vectors(0, 10, "[1, 0]", "CASE WHEN n = 3 THEN 'ABC' ELSE md5(n::VARCHAR) END");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("1 rows whose text_hash is not 32 hex")));
}

TEST_F(VerifyRowsTest, ComparesFilesWithTheirStatistics) {
  add_vectors(0, 10, "[1, 0]");
  const std::string stats = files_.back().stats;
  files_.back().stats = R"({"numRecords":11})";
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("its row count is 10, the log says 11")));
  files_.back().stats = R"({"minValues":{"text_hash":"00"},"maxValues":{"text_hash":"ff"}})";
  EXPECT_THAT(
      vector_problems(),
      ElementsAre(HasSubstr("its minValues of text_hash is 1679091c5a880faf6fb5e6087eb1b2dc,"
                            " the log says 00"),
                  HasSubstr("its maxValues of text_hash")));
  files_.back().stats = "{";
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("statistics")));
  files_.back().stats = "";
  EXPECT_THAT(vector_problems(), IsEmpty());
}

TEST_F(VerifyRowsTest, NoticesOtherColumns) {
  add_vectors(0, 10, "[1, 0]");
  add(&vectors_, kSet.partition(), "SELECT md5('a') AS text_hash, [1::DOUBLE] AS embedding");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("has columns text_hash VARCHAR, embedding"
                                                       " DOUBLE[]; declared: text_hash VARCHAR,")));
  EXPECT_EQ(left_, 1u);
}

TEST_F(VerifyRowsTest, AnUnreadableFileLeavesTheOthers) {
  add_vectors(0, 10, "[1, 0]");
  add_vectors(10, 10, "[1, 0]");
  put_file(vectors_.folder / files_.back().path, "PAR1 no PAR1");
  EXPECT_THAT(vector_problems(), ElementsAre(HasSubstr("cannot be read")));
  EXPECT_EQ(left_, 1u);
}

TEST_F(VerifyRowsTest, ChecksKeys) {
  const std::string bucket = bucket_sql(kKey);
  add_keys({{"pk_bucket", std::nullopt}}, "SELECT n AS id, n FROM range(100) numbers(n)");
  add_keys({{"pk_bucket", "3"}},
           "SELECT id, id AS n FROM (SELECT unnest(range(100)) AS id) WHERE " + bucket + " = 3");
  EXPECT_THAT(key_problems(), IsEmpty());
  EXPECT_EQ(left_, 2u);
  add_keys({{"pk_bucket", "3"}},
           "SELECT id, id AS n FROM (SELECT unnest(range(100)) AS id) WHERE " + bucket +
               " IN (3, 4) AND id > 50 LIMIT 20");
  EXPECT_THAT(key_problems(), ElementsAre(HasSubstr("keys that belong into another bucket")));
  keys_.files.pop_back();
  add_keys({{"pk_bucket", std::nullopt}},
           "SELECT CASE WHEN n > 2 THEN n END AS id, n FROM range(5) numbers(n)");
  EXPECT_THAT(key_problems(), ElementsAre(HasSubstr("3 rows with NULL in the key")));
}

TEST_F(VerifyRowsTest, NoticesDoubles) {
  Connection& connection = folder_.connection();
  StoreVerified found;
  add_vectors(0, 10, "[1, 0]");
  add_vectors(10, 10, "[1, 0]");
  add_keys({}, "SELECT n AS id, n FROM range(10) numbers(n)");
  add_keys({}, "SELECT n + 1 AS id, n FROM range(10) numbers(n)");
  verify_vector_doubles(connection, kSet, vectors_, &found);
  verify_vector_doubles(connection, {"f1", "f32"}, vectors_, &found);
  verify_key_doubles(connection, kKey, keys_, &found);
  EXPECT_THAT(found.problems, IsEmpty());
  add_vectors(5, 10, "[1, 0]");
  verify_vector_doubles(connection, kSet, vectors_, &found);
  EXPECT_THAT(found.problems,
              ElementsAre(HasSubstr("10 rows of the table are there more than once")));
  EXPECT_THAT(found.problems.front(), HasSubstr(", also in " + vectors_.folder.string()));
  found = {};
  add_keys({}, "SELECT n AS id, n FROM range(3, 5) numbers(n)");
  verify_key_doubles(connection, kKey, keys_, &found);
  EXPECT_THAT(found.problems,
              ElementsAre(HasSubstr("2 rows of the table are there more than once")));
}

TEST_F(VerifyRowsTest, NoticesKeysWithoutVectors) {
  Connection& connection = folder_.connection();
  StoreVerified found;
  add_vectors(0, 10, "[1, 0]");
  add_keys({}, "SELECT n AS id, n FROM range(10) numbers(n)");
  verify_key_vectors(connection, keys_, vectors_.folder, vectors_.files, "f1", &found);
  EXPECT_THAT(found.problems, IsEmpty());
  add_keys({}, "SELECT n AS id, n FROM range(5, 13) numbers(n)");
  verify_key_vectors(connection, keys_, vectors_.folder, vectors_.files, "f1", &found);
  EXPECT_THAT(found.problems, ElementsAre(HasSubstr("has no vector of f1: 3 in the table")));
  EXPECT_THAT(found.problems.front(), HasSubstr(files_.back().path));
  verify_key_vectors(connection, keys_, vectors_.folder, {}, "f2", &found);
  EXPECT_THAT(found.problems.back(), HasSubstr("has no vector of f2: 18 in the table"));
}

}  // namespace
}  // namespace colvec
