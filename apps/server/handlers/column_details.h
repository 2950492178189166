// Everything about one column as JSON: what is asked for, what is there, what the last run did.
//
// Thread-safety: thread-safe. Errors: kNotFound: no such dataset or column. A store or source that
// cannot be read is part of the answer.
#pragma once

#include <string>
#include <vector>

#include "app.h"
#include "colvec/json_writer.h"
#include "colvec/store.h"

namespace colvec::server {

// {"revision", "column", "status", "last_run", "store", "tokens", "history", "store_error"}
Result<std::string> column_details(App& app, const std::string& dataset, const std::string& column);

// Name, type, flags, embedding step, and the vectors that are handed out and being filled in.
void write_column(const DatasetColumn& column, JsonWriter* json);

// The elements of a list.
void write_history(const std::vector<StoreVersion>& history, JsonWriter* json);

}  // namespace colvec::server
