// The tables that a job writes, all in the output database (docs/formats/output.md):
//
//   <output_table>           id columns, text, vector
//   <output_table>_issues    id columns, kind, text_hash, detail, policy
//   <output_table>_meta      one row: what the vectors were made with
//   <output_table>_staging   new vectors of changed rows, until they are swapped in; seldom there
//   <output_table>_rebuild*  the same again while another model's vectors replace the old ones
//
// Thread-safety: thread-compatible.
#pragma once

#include <string>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "duck/table_name.h"
#include "job/input.h"

namespace colvec {

// Rows that DuckDB compresses and writes as one piece, its default being 122,880. With vectors of
// 384 numbers it is 31 MB, which a commit fills several times over (docs/decisions/003).
inline constexpr std::size_t kRowGroupRows = 20'480;

struct Output {
  TableName table;
  TableName issues;
  TableName meta;
  TableName staging;
  TableName replaced;       // The table that a rebuild takes the place of; unused otherwise.
  std::string vector_type;  // "FLOAT[384]" or "FLOAT[]".
  bool exists = false;      // Whether the tables are there, made with this model.
  bool is_rebuild = false;  // `table` is the new one; finish by swapping it for `replaced`.
  bool has_rows = false;    // Whether `table` or `issues` held rows when it was opened.
  bool has_staging = false;
  std::string isa_before;  // The instruction set of the first run; "" for a new table.
};

// Attaches the output database, creating the file where there is none; call before open_input().
// kInvalidArgument: it is the input itself. kIo: cannot be written, or another process holds it.
Status attach_output(Connection& connection, const TableJobConfig& config);

// Looks for the tables; writes nothing. An existing table must have exactly the expected columns
// (kInvalidArgument, shows both) and have been made with the same fingerprint, dimension and
// precision (kConflict, shows both), unless the config says to rebuild.
Result<Output> find_output(Connection& connection, const TableJobConfig& config, const Input& input,
                           const EncoderInfo& encoder);

// Makes the tables, with the row that says what the vectors are made with, where find_output()
// found none.
Status create_output(Connection& connection, const TableJobConfig& config, const Input& input,
                     const EncoderInfo& encoder, Output* output);

// The columns of the tables with quoted names and their types, for CREATE TABLE.
std::string id_definitions(const TableJobConfig& config, const Input& input);

// "g."id" = n.k0 AND ...": the id columns of an output table, as `g`, against the names that
// queries use, in `alias`.
std::string ids_equal(const TableJobConfig& config, std::string_view alias);
// ""id" AS k0, ": each id column under the name that queries use, with a comma behind.
std::string ids_as_keys(const TableJobConfig& config);

// Makes the temporary views that the queries use: `written` (k0..., t, v, r = rowid), `issues`
// (k0..., kind, text_hash, detail, policy) and, where there is one, `staged` (k0..., t, v).
Status make_output_views(Connection& connection, const TableJobConfig& config,
                         const Output& output);

}  // namespace colvec
