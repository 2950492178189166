#include "duck/transaction.h"

#include <gtest/gtest.h>

namespace colvec {
namespace {

TEST(Transaction, DoesAllOrNothing) {
  Database database = Database::open({}).value();
  Connection connection = database.connect().value();
  ASSERT_TRUE(in_transaction(connection, "CREATE TABLE t(i INTEGER); INSERT INTO t VALUES (1);"));
  const Status failed =
      in_transaction(connection, "INSERT INTO t VALUES (2); INSERT INTO no_such_table VALUES (3);");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(connection.query("SELECT sum(i) FROM t")->text(0, 0), "1");
  // None is left open.
  EXPECT_TRUE(in_transaction(connection, "INSERT INTO t VALUES (4);"));
  EXPECT_EQ(connection.query("SELECT sum(i) FROM t")->text(0, 0), "5");
}

}  // namespace
}  // namespace colvec
