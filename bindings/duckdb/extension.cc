// The entry point: DuckDB calls colvec_init_c_api() when the extension is loaded.
#include "api.h"
#include "embed_function.h"
#include "store_functions.h"

#define DUCKDB_EXTENSION_NAME colvec

duckdb_ext_api_v1 duckdb_ext_api = {};

extern "C" DUCKDB_CAPI_ENTRY_VISIBILITY bool colvec_init_c_api(
    duckdb_extension_info info, struct duckdb_extension_access* access) {
  const void* const api = access->get_api(info, DUCKDB_EXTENSION_API_VERSION_STRING);
  if (api == nullptr) return false;  // DuckDB says that it is too old.
  duckdb_ext_api = *static_cast<const duckdb_ext_api_v1*>(api);

  duckdb_database* const database = access->get_database(info);
  duckdb_connection connection = nullptr;
  if (database == nullptr || duckdb_connect(*database, &connection) == DuckDBError) {
    access->set_error(info, "colvec: cannot connect to the database");
    return false;
  }
  const bool registered =
      colvec::sql::register_embed(connection) && colvec::sql::register_store_functions(connection);
  duckdb_disconnect(&connection);
  if (!registered) {
    access->set_error(info,
                      "colvec: cannot register its functions: are there others of their names?");
    return false;
  }
  colvec::sql::add_store_scan(*database);
  return true;
}
