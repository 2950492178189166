#include "duck/transaction.h"

namespace colvec {

Status in_transaction(Connection& connection, const std::string& sql) {
  Status done = connection.execute("BEGIN; " + sql + " COMMIT");
  if (!done) static_cast<void>(connection.execute("ROLLBACK"));
  return done;
}

}  // namespace colvec
