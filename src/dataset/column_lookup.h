// Looks the rows of a source up in a column's store: which texts have no vector, which keys are
// new, which have another text now.
//
// All comparisons are joins of source_rows (source_rows.h) with the files that the logs of the
// store name; they run in DuckDB, which spills.
//
// Thread-safety: thread-compatible. Errors: those of Connection; kCorruption for a damaged file of
// the store, by its path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/refresh.h"
#include "dataset/source_columns.h"
#include "store/column_store.h"

namespace colvec {

// One embedding column of source_rows.
struct LookupColumn {
  std::size_t index = 0;  // Of its hashes, hash_column(index), and of its tables below.
  StepColumns columns{};
  Policy on_null = Policy::kSkip;
  Policy on_empty = Policy::kSkip;
  Policy on_truncate = Policy::kKeep;
  Policy on_bad_vector = Policy::kError;
};

// The relations that a lookup compares with: SQL that can follow FROM.
struct StoredRows {
  std::string vectors;  // text_hash, embedding, token_count, truncated; of one set.
  std::string keys;     // The key columns as stored, text_hash.
};
// Those of a view of the store; empty relations where `store` is null, or has no keys yet, or keys
// of other columns.
StoredRows stored_rows(ColumnStore* store, const StoreView& view, const VectorSet& set,
                       const std::vector<KeyColumn>& key);

struct LookupCounts {
  std::uint64_t rows = 0;
  std::uint64_t rows_with_text = 0;
  std::uint64_t distinct_texts = 0;
  std::uint64_t rows_missing = 0;
  std::uint64_t texts_missing = 0;
  std::uint64_t rows_new = 0;
  std::uint64_t rows_changed = 0;
  std::uint64_t keys_removed = 0;
  std::uint64_t missing_changed = 0;  // Rows that are both: missing, and known with another text.
};

// Makes the tables missing_<index> (h UUID, n BIGINT: the first row with that text) and
// new_pairs_<index> (n BIGINT, is_changed BOOLEAN: rows whose key is not known with this text), and
// counts.
Result<LookupCounts> look_up(Connection& connection, const LookupColumn& column,
                             const StoredRows& stored);
std::string missing_table(std::size_t index);
std::string new_pairs_table(std::size_t index);

// The rows of a column that have an issue, by kind, with a few examples, and how many of them met a
// policy `error`. `stored` is what is there after embedding.
struct FoundIssues {
  std::map<std::string, std::uint64_t> issues;
  std::vector<RowExample> examples;
  std::uint64_t policy_errors = 0;
};
Result<FoundIssues> find_issues(Connection& connection, const LookupColumn& column,
                                const StoredRows& stored);

// The key of a row of source_rows (alias `s`) as the store has it: SQL for SELECT, under the stored
// names.
std::string stored_key_list(const StepColumns& columns);

}  // namespace colvec
