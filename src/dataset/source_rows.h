// The rows of a source as a refresh and a status need them: read once, numbered, and each text as
// its hash.
//
// They are the table `source_rows` of the database in memory (it spills), which every connection of
// it sees:
//
//   colvec_n     BIGINT, the number of the row in the source, from 0
//   ...          columns of the source, under their own names
//   colvec_h0... UUID, the text hash of each text to be embedded; NULL where there is no vector to
//   be
//
// Thread-safety: thread-compatible; one source_rows a database. Errors: those of Connection;
// kInvalidArgument for keys that are NULL or equal, with examples.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "dataset/source_columns.h"
#include "duck/source_table.h"

namespace colvec {

// A text column that is embedded.
struct HashedText {
  std::string column;  // As the source spells it.
  bool takes_empty = false;
};

struct SourceDigest {
  std::uint64_t rows = 0;
  std::string digest;  // Changes with any value of any column, and with the order of the rows.
};

// One scan. The digest is that of this version of DuckDB: another version may give another.
Result<SourceDigest> digest_source(Connection& connection, const SourceTable& source);

// The digest of what source_rows was made from. REQUIRES: it has all columns of the source.
Result<std::string> digest_source_rows(Connection& connection, const SourceTable& source);

// Makes the table. `columns` are those to keep, as the source spells them.
Status read_source_rows(Connection& connection, const SourceTable& source,
                        std::span<const std::string> columns, std::span<const HashedText> texts);

// The name of the column with the hashes of text `index`.
std::string hash_column(std::size_t index);

// kInvalidArgument, with up to three examples: rows of source_rows whose key has a NULL, or is that
// of another row. `setting` names what chose these columns.
Status check_keys(Connection& connection, const std::vector<KeyColumn>& source_key,
                  std::string_view setting);

// "id = 17, shop = x" of row `row` of a result that begins with the key columns.
std::string show_key(const Rows& rows, std::size_t row, const std::vector<KeyColumn>& key);
// "s."id", s."shop"": the key columns of source_rows, for SELECT.
std::string source_key_list(const std::vector<KeyColumn>& source_key, std::string_view alias);

}  // namespace colvec
