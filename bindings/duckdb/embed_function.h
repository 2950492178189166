// embed(model, text) and embed(model, text, options) -> FLOAT[].
#pragma once

#include "api.h"

namespace colvec::sql {

bool register_embed(duckdb_connection connection);

}  // namespace colvec::sql
