// The table to embed: attaches it, checks its columns, and shows it to the rest of the job as the
// temporary view `source` with the columns k0, k1, ... (the id columns) and t (the text).
//
// Thread-safety: thread-compatible.
// Errors: kNotFound for files, tables and columns (with those that are there); kInvalidArgument for
// types, NULL and duplicate ids (with examples); kIo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"

namespace colvec {

struct Input {
  std::vector<std::string> id_types;  // SQL types of the id columns.
  bool text_is_blob = false;          // BLOB text may hold invalid UTF-8, which is repaired.
  std::uint64_t rows = 0;
};

// Attaches the input read-only and makes the view. One in a bucket is staged first, beside the
// output (<output>.sources), until `cancel`, which may be null. Afterwards the database opens no
// other file: the user's `where` expression cannot read anything else. But for the store of the
// config, where there is one.
Result<Input> open_input(Connection& connection, const TableJobConfig& config,
                         const CancelToken* cancel = nullptr);

// Counts the rows; refuses NULL ids, and duplicate ids or keeps the first of each, by the config.
Status check_ids(Connection& connection, const TableJobConfig& config, Input* input);

// "a.k0, a.k1" for a table alias `a`; "k0, k1" without one.
std::string key_list(std::size_t count, std::string_view alias = "");
// "a.k0 = b.k0 AND a.k1 = b.k1".
std::string keys_equal(std::size_t count, std::string_view a, std::string_view b);

}  // namespace colvec
