// Statements that are done all or not at all.
//
// Thread-safety: that of the connection. Errors: those of Connection::execute().
#pragma once

#include <string>

#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

// Runs `sql`, whose statements each end with a semicolon, as one transaction; after a failure
// nothing of it is there. REQUIRES: none is open.
Status in_transaction(Connection& connection, const std::string& sql);

}  // namespace colvec
