// DuckDB's C API as an extension has it: each function is called through the struct of pointers
// that the host hands over when it loads the extension. The host's own library is never linked.
#pragma once

#include <duckdb_extension.h>

DUCKDB_EXTENSION_EXTERN
