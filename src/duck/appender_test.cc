#include "duck/appender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

class AppenderTest : public testing::Test {
 protected:
  Appender open(const std::string& table) {
    return Appender::open(folder_.connection(), "db", "main", table).value();
  }
  DuckFolder folder_;
};

// Every type that an id column may have: values of one column, with a NULL among them.
TEST_F(AppenderTest, CopiesValuesOfEveryType) {
  struct Case {
    const char* name;
    std::string values;
  };
  const std::string number = "CASE WHEN i % 10 < 9 THEN i END";
  for (const Case& c : {
           Case{"boolean", "i % 2 = 0"},
           Case{"tinyint", "(i % 100)::TINYINT"},
           Case{"integer", number + "::INTEGER"},
           Case{"ubigint", "(18446744073709551615 - i)::UBIGINT"},
           Case{"hugeint", "170141183460469231731687303715884105727::HUGEINT - i::HUGEINT"},
           Case{"decimal", "(i / 100)::DECIMAL(18, 3)"},
           Case{"wide decimal", "(i / 100)::DECIMAL(38, 10)"},
           Case{"double", "i / 7"},
           Case{"varchar",
                "CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN 'short' || i"
                " ELSE repeat('long ', 20) || i END"},
           Case{"blob", "unhex(printf('%08x', i)) || '\\xFF'::BLOB"},
           Case{"date", "DATE '2000-01-01' + i::INTEGER"},
           Case{"timestamptz", "TIMESTAMPTZ '2000-01-01 00:00:00+00' + to_seconds(i)"},
           Case{"uuid", "md5(i::VARCHAR)::UUID"},
           Case{"enum", "(CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' END)::ENUM('a', 'b')"},
           Case{"list", "[i, NULL, i * 2]"},
           Case{"list of texts", "CASE WHEN i % 4 > 0 THEN ['x' || i, repeat('long ', 9)] END"},
           Case{"array", "[i, i + 1]::INTEGER[2]"},
           Case{"struct", "{'a': i, 'b': CASE WHEN i % 2 = 0 THEN 'x' || i END}"},
           Case{"map", "MAP {'k' || i: i}"},
       }) {
    folder_.rows("CREATE OR REPLACE TABLE db.source AS SELECT i, " + c.values +
                 " AS v FROM range(5000) r(i)");
    folder_.rows("CREATE OR REPLACE TABLE db.target AS FROM db.source LIMIT 0");
    Connection reader = folder_.database().connect().value();
    Stream rows = reader.stream("FROM db.source").value();
    Appender appender = open("target");
    while (const std::optional<DataChunk> chunk = rows.next().value()) {
      // Odd rows only: the selection counts.
      std::vector<std::uint32_t> odd;
      for (std::uint32_t r = 1; r < chunk->rows(); r += 2) odd.push_back(r);
      appender.copy(0, *chunk, 0, odd);
      appender.copy(1, *chunk, 1, odd);
      ASSERT_TRUE(appender.append(odd.size())) << c.name;
    }
    ASSERT_TRUE(appender.flush()) << c.name;
    EXPECT_THAT(
        folder_.rows("SELECT (SELECT count(*) FROM db.target), count(*) FROM (FROM db.source"
                     " WHERE i % 2 = 1 EXCEPT ALL FROM db.target)"),
        ElementsAre("2500|0"))
        << c.name;
  }
}

TEST_F(AppenderTest, WritesVectorsAsArraysAndListsOverManyChunks) {
  for (const char* type : {"FLOAT[3]", "FLOAT[]"}) {
    folder_.rows(std::string("CREATE OR REPLACE TABLE db.v (i INTEGER, text VARCHAR, v ") + type +
                 ")");
    folder_.rows("CREATE OR REPLACE TABLE db.ids AS SELECT i::INTEGER AS i FROM range(10000) r(i)");
    Connection reader = folder_.database().connect().value();
    Stream rows = reader.stream("FROM db.ids").value();
    Appender appender = open("v");
    float next = 0;
    while (const std::optional<DataChunk> chunk = rows.next().value()) {
      std::vector<std::uint32_t> all(chunk->rows());
      std::iota(all.begin(), all.end(), 0u);
      appender.copy(0, *chunk, 0, all);
      for (std::size_t r = 0; r < chunk->rows(); ++r, next += 1) {
        appender.set_text(1, r, std::string(r % 30, 'x'));
        if (static_cast<int>(next) % 7 == 3) {
          appender.set_null(2, r);
        } else {
          const float values[] = {next, next + 0.5f, -next};
          appender.set_vector(2, r, values);
        }
      }
      ASSERT_TRUE(appender.append(chunk->rows()));
    }
    ASSERT_TRUE(appender.flush());
    EXPECT_THAT(folder_.rows("SELECT count(*), count(v), count(*) FILTER (v IS NOT NULL AND"
                             " (v[1] <> i OR v[2] <> i + 0.5 OR v[3] <> -i OR len(v) <> 3)),"
                             " typeof(any_value(v)) FROM db.v"),
                ElementsAre(std::string("10000|8571|0|") + type));
  }
}

TEST_F(AppenderTest, ANullOfOneChunkIsNotOneOfTheNext) {
  folder_.rows("CREATE TABLE db.t (a VARCHAR, b BOOLEAN)");
  Appender appender = open("t");
  appender.set_null(0, 0);
  appender.set_null(1, 0);
  ASSERT_TRUE(appender.append(1));
  appender.set_text(0, 0, std::string("nul \0 inside", 12));
  appender.set_boolean(1, 0, true);
  ASSERT_TRUE(appender.append(1));
  ASSERT_TRUE(appender.flush());
  EXPECT_THAT(folder_.rows("SELECT length(a), b FROM db.t ORDER BY ALL NULLS FIRST"),
              ElementsAre("NULL|NULL", "12|true"));
}

TEST_F(AppenderTest, RowsBelongToTheTransactionOfTheConnection) {
  folder_.rows("CREATE TABLE db.t (a VARCHAR)");
  for (const bool commits : {false, true}) {
    ASSERT_TRUE(folder_.connection().execute("BEGIN"));
    {
      Appender appender = open("t");
      appender.set_text(0, 0, "a");
      ASSERT_TRUE(appender.append(1));
      if (commits) {
        ASSERT_TRUE(appender.flush());
      }
    }
    ASSERT_TRUE(folder_.connection().execute(commits ? "COMMIT" : "ROLLBACK"));
    EXPECT_THAT(folder_.rows("SELECT count(*) FROM db.t"), ElementsAre(commits ? "1" : "0"));
  }
}

TEST_F(AppenderTest, ReportsWhatTheTableRefuses) {
  EXPECT_EQ(Appender::open(folder_.connection(), "db", "main", "nope").error().code,
            ErrorCode::kNotFound);
  folder_.rows("CREATE TABLE db.t (a VARCHAR PRIMARY KEY)");
  Appender appender = open("t");
  for (int i = 0; i < 2; ++i) {
    appender.set_text(0, 0, "twice");
    ASSERT_TRUE(appender.append(1));
  }
  const Status flushed = appender.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace colvec
