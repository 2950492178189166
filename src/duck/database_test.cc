#include "duck/database.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Quoting, DoublesTheQuotesInside) {
  EXPECT_EQ(quote_identifier("a\"b; DROP"), "\"a\"\"b; DROP\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
  EXPECT_EQ(quote_identifier(""), "\"\"");
}

TEST(Connection, NamesAndStringsOfEveryKindComeBackAsTheyWere) {
  DuckFolder folder;
  for (const std::string name :
       {"plain", "with space", "quo\"te", "it's", "semi;colon", "straße", "--", "a.b", "\\"}) {
    const std::string table = "db." + quote_identifier(name);
    ASSERT_TRUE(folder.connection().execute("CREATE TABLE " + table + " AS SELECT " +
                                            quote_literal(name) + " AS " + quote_identifier(name)));
    EXPECT_THAT(folder.rows("SELECT " + quote_identifier(name) + " FROM " + table),
                ElementsAre(name));
  }
}

TEST(Connection, ValuesOfEveryTypeBecomeText) {
  DuckFolder folder;
  EXPECT_THAT(
      folder.rows("SELECT true, -5::TINYINT, 170141183460469231731687303715884105727::HUGEINT,"
                  " 1.50::DECIMAL(9, 2), DATE '2024-02-29', NULL, ''"),
      ElementsAre("true|-5|170141183460469231731687303715884105727|1.50|2024-02-29|NULL|"));
  EXPECT_THAT(folder.rows("SELECT '00000000-0000-0000-0000-00000000002a'::UUID, 'b'::ENUM('a', "
                          "'b'), [1.5, 2]::FLOAT[2], [1, NULL], {'a': 1}, INTERVAL 3 DAY,"
                          " TIMESTAMPTZ '2024-01-01 00:00:00+00' IS NULL -- a comment at the end"),
              ElementsAre("00000000-0000-0000-0000-00000000002a|b|[1.5, 2.0]|[1, NULL]|"
                          "{'a': 1}|3 days|false"));
}

TEST(Connection, NumbersAreWholeAndNullIsZero) {
  DuckFolder folder;
  const Rows rows = folder.connection().query("SELECT 18446744073709551615, NULL, 7").value();
  EXPECT_EQ(rows.number(0, 0), 18446744073709551615u);
  EXPECT_EQ(rows.number(0, 1), 0u);
  EXPECT_EQ(rows.text(0, 1), "");
  EXPECT_EQ(rows.columns(), 3u);
  EXPECT_TRUE(folder.connection().query("SELECT 1 WHERE false").value().empty());
}

TEST(Connection, ErrorsHaveTheCodesThatCallersTellApart) {
  DuckFolder folder;
  folder.rows("CREATE TABLE db.k (id INTEGER PRIMARY KEY); INSERT INTO db.k VALUES (1)");
  EXPECT_EQ(folder.error_of("SELECT * FROM db.nope").code, ErrorCode::kNotFound);
  EXPECT_EQ(folder.error_of("SELECT nope FROM db.k").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.error_of("SELEC 1").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.error_of("SELECT 'x'::INTEGER").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.error_of("INSERT INTO db.k VALUES (1)").code, ErrorCode::kConflict);
  EXPECT_EQ(folder.error_of("SELECT * FROM read_csv('/nowhere/x.csv')").code, ErrorCode::kIo);
  EXPECT_EQ(folder.error_of("SELECT nope FROM db.k").message.find('\n'), std::string::npos);
}

TEST(Connection, AFailedStatementStopsTheOnesBehindIt) {
  DuckFolder folder;
  const Status status = folder.connection().execute(
      "CREATE TABLE db.a (i INTEGER); SELECT error('here'); CREATE TABLE db.b (i INTEGER)");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("here"));
  EXPECT_THAT(folder.rows("SELECT table_name FROM duckdb_tables()"), ElementsAre("a"));
}

TEST(Connection, TransactionsAreItsOwn) {
  DuckFolder folder;
  folder.rows("CREATE TABLE db.t (i INTEGER)");
  Connection other = folder.database().connect().value();
  ASSERT_TRUE(other.execute("BEGIN; INSERT INTO db.t VALUES (1)"));
  EXPECT_THAT(folder.rows("SELECT count(*) FROM db.t"), ElementsAre("0"));
  ASSERT_TRUE(other.execute("COMMIT"));
  EXPECT_THAT(folder.rows("SELECT count(*) FROM db.t"), ElementsAre("1"));
}

TEST(Stream, GivesEveryRowOnceOverManyChunks) {
  DuckFolder folder;
  Stream rows =
      folder.connection().stream("SELECT i::VARCHAR FROM range(300000) r(i) ORDER BY i").value();
  std::size_t next = 0;
  while (std::optional<DataChunk> chunk = rows.next().value()) {
    ASSERT_LE(chunk->rows(), kChunkRowsMax);
    for (std::size_t r = 0; r < chunk->rows(); ++r)
      ASSERT_EQ(chunk->text(0, r), std::to_string(next++));
  }
  EXPECT_EQ(next, 300000u);
}

TEST(Stream, ReportsAnErrorInTheMiddle) {
  DuckFolder folder;
  Stream rows = folder.connection()
                    .stream(
                        "SELECT CAST(CASE i WHEN 3000000 THEN 'no number' ELSE '1' END AS INTEGER)"
                        " FROM range(4000000) r(i)")
                    .value();
  std::size_t count = 0;
  while (true) {
    Result<std::optional<DataChunk>> chunk = rows.next();
    if (!chunk) {
      EXPECT_EQ(chunk.error().code, ErrorCode::kInvalidArgument);
      EXPECT_THAT(chunk.error().message, HasSubstr("no number"));
      break;
    }
    ASSERT_TRUE(chunk->has_value()) << "the end, without an error, after " << count;
    count += (*chunk)->rows();
  }
  EXPECT_GT(count, 0u);
  EXPECT_LT(count, 4000000u);
}

TEST(Stream, RefusesWhatCannotBeginWithTheCodeOfTheError) {
  DuckFolder folder;
  EXPECT_EQ(folder.connection().stream("SELECT * FROM db.nope").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(folder.connection().stream("SELEC").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.connection().stream("SELECT nope").error().code, ErrorCode::kInvalidArgument);
}

TEST(Database, RefusesOptionsThatAreNone) {
  const Result<Database> database =
      Database::open({.memory_limit = "lots", .temp_directory = {}, .threads = 0});
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::kInvalidArgument);
}

TEST(Database, HoldsToItsMemoryLimitAndThreads) {
  Database database =
      Database::open({.memory_limit = "123MB", .temp_directory = {}, .threads = 1}).value();
  Connection connection = database.connect().value();
  const Rows rows =
      connection.query("SELECT current_setting('memory_limit'), current_setting('threads')")
          .value();
  EXPECT_EQ(rows.text(0, 0), "117.3 MiB");
  EXPECT_EQ(rows.text(0, 1), "1");
}

TEST(Attach, SaysWhatIsWrongWithTheFile) {
  DuckFolder folder;
  const auto code = [&](const std::filesystem::path& path, std::string_view options) {
    return attach(folder.connection(), path, "x", options).error().code;
  };
  EXPECT_EQ(code(folder.path() / "absent.duckdb", "READ_ONLY"), ErrorCode::kNotFound);
  EXPECT_EQ(code("/nowhere/absent.duckdb", ""), ErrorCode::kIo);
  std::ofstream(folder.path() / "text.duckdb") << std::string(10000, 'x');
  EXPECT_EQ(code(folder.path() / "text.duckdb", "TYPE duckdb"), ErrorCode::kInvalidArgument);
  std::ofstream(folder.path() / "short.duckdb") << "x";
  EXPECT_FALSE(attach(folder.connection(), folder.path() / "short.duckdb", "x", "TYPE duckdb"));
}

TEST(Attach, TakesPathsAndNamesOfEveryKind) {
  DuckFolder folder;
  const std::filesystem::path path = folder.path() / "it's a \"file\"; straße.duckdb";
  ASSERT_TRUE(attach(folder.connection(), path, "na\"me", ""));
  folder.rows("CREATE TABLE \"na\"\"me\".t AS SELECT 1 AS i");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(Attach, AFolderThatMayNotBeWrittenIsAnErrorOfTheDisk) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  DuckFolder folder;
  const std::filesystem::path closed = folder.path() / "closed";
  std::filesystem::create_directory(closed);
  std::filesystem::permissions(closed, std::filesystem::perms::owner_read);
  EXPECT_EQ(attach(folder.connection(), closed / "x.duckdb", "x", "").error().code, ErrorCode::kIo);
  std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
}

TEST(CheckExpression, TakesExpressions) {
  DuckFolder folder;
  for (const char* good : {"id < 3", "id < 3 -- the first", "a IN (SELECT 1) AND b = ')'", "true",
                           "1 /* ) */ = 1", "lower(\"a b\") LIKE '%x;%'", "CASE WHEN a THEN b END",
                           "a IS NULL OR (b AND c)", "(SELECT true)"})
    EXPECT_TRUE(check_expression(folder.connection(), good)) << good;
}

TEST(CheckExpression, RefusesSubqueriesWhereOnlyTheRowMayBeSeen) {
  DuckFolder folder;
  for (const char* good : {"id > 1", "t = '\"class\":\"SUBQUERY\"'", "length(t) IN (1, 2)"})
    EXPECT_TRUE(check_row_expression(folder.connection(), good)) << good;
  for (const char* bad : {"id IN (SELECT 1)", "EXISTS (FROM read_text('/etc/hostname'))",
                          "(SELECT count(*) FROM x) > 1", "id = 1; DROP TABLE x"})
    EXPECT_FALSE(check_row_expression(folder.connection(), bad)) << bad;
}

TEST(CheckExpression, RefusesEverythingElse) {
  DuckFolder folder;
  for (const char* bad : {"",
                          " ",
                          "-- nothing",
                          "1) UNION ALL SELECT (1",
                          "1), (2",
                          "1; DROP TABLE t",
                          "1); DROP TABLE t; SELECT (1",
                          "1) FROM t WHERE (true",
                          "true) OR (true",
                          "SELECT true",
                          "[1] || [2]) IN (1",
                          "a] || [b",
                          "1) LIMIT (1",
                          "1) ORDER BY (1",
                          "1) USING SAMPLE (10",
                          "1) GROUP BY (",
                          "1) QUALIFY (true",
                          "1) AS x, (2",
                          "(1",
                          "1)",
                          "'",
                          "\"",
                          "/* open",
                          "1 AS x",
                          "DROP TABLE t"}) {
    const Status status = check_expression(folder.connection(), bad);
    ASSERT_FALSE(status) << bad;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << bad;
  }
}

// Each has more rows than its memory takes; what was spilled must come back as it was.
TEST(Database, SpillsBesideAnotherThatSharesItsFolder) {
  const DuckFolder place;
  const DatabaseOptions options{
      .memory_limit = "40MB", .temp_directory = place.path() / "out.tmp", .threads = 1};
  std::vector<Database> databases;
  std::vector<Connection> connections;
  for (int i = 0; i < 2; ++i) databases.push_back(Database::open(options).value());
  for (Database& database : databases) connections.push_back(database.connect().value());
  for (std::size_t i = 0; i < connections.size(); ++i) {
    const Status filled = connections[i].execute(fmt::format(
        "CREATE TABLE t AS SELECT n, md5((n + {})::VARCHAR) AS text FROM range(3000000) r(n)",
        i * 1'000'000'000));
    ASSERT_TRUE(filled) << filled.error().message;
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    const auto wrong = connections[i].query(fmt::format(
        "SELECT count(*) FROM t WHERE text <> md5((n + {})::VARCHAR)", i * 1'000'000'000));
    ASSERT_TRUE(wrong) << wrong.error().message;
    EXPECT_EQ(wrong->text(0, 0), "0");
  }
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.temp_directory))
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 2u);
  connections.clear();
  databases.clear();
  EXPECT_FALSE(std::filesystem::exists(options.temp_directory));
}

}  // namespace
}  // namespace colvec
