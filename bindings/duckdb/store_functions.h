// What reads stores: the table functions colvec_store(path) and colvec_search(path, query, k), and
// tables by the name 'colvec:PATH'.
#pragma once

#include "api.h"

namespace colvec::sql {

bool register_store_functions(duckdb_connection connection);

// FROM 'colvec:PATH' becomes a query over the live files, into which the planner pushes columns and
// conditions as into any scan of Parquet.
void add_store_scan(duckdb_database database);

}  // namespace colvec::sql
