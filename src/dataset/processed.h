// Writes the table with its vectors: the columns and the order of the source, and beside them
// <column>_embedding.
//
// It is written in slices of rows, a file each, whose vectors fit into a fifth of the memory limit:
// memory is bounded, whatever the number of rows (vector_slices.h).
//
// The folder is replaced at once, when all of it is written and synced.
//
// Thread-safety: thread-compatible. Errors: those of Connection; kIo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"
#include "duck/source_table.h"

namespace colvec {

// The vectors of one column.
struct ProcessedVectors {
  std::string name;        // "description_embedding".
  std::size_t index = 0;   // Of its hashes in source_rows.
  std::string vectors{};   // SQL that can follow FROM: text_hash, embedding, truncated.
  std::string function{};  // An SQL function that makes the vector from `embedding`; "": it stays.
  std::size_t dimension = 0;
  bool skip_truncated = false;  // Whether truncated texts get NULL.
  bool explode = false;
  bool says_where_from = false;  // Adds <name>_from: "store" or "model"; `vectors` has is_base.
  std::uint64_t texts = 0;       // Distinct ones in source_rows.
};

struct ProcessedTable {
  std::vector<SourceColumn> columns{};  // All of source_rows, in order.
  std::vector<ProcessedVectors> vectors{};
  std::uint64_t rows = 0;
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // The limit of the database.
};

struct ProcessedWritten {
  std::uint64_t bytes = 0;
  std::size_t files = 0;
  std::vector<std::string> notes;  // Columns that Parquet cannot hold as they are.
};

// kInvalidArgument: the source has a column with the name of one to be added. Where a dimension is
// 0, not known yet, each number of an exploded vector counts.
Status check_processed_names(const std::vector<SourceColumn>& columns,
                             const std::vector<ProcessedVectors>& vectors);

// Writes part-00000.parquet, ... to `folder`, in the place of what is there. Temporary files lie
// beside it.
Result<ProcessedWritten> write_processed_folder(Connection& connection, const ProcessedTable& table,
                                                const std::filesystem::path& folder);

// Writes one Parquet file, in the place of what is there.
Result<ProcessedWritten> write_processed_file(Connection& connection, const ProcessedTable& table,
                                              const std::filesystem::path& file);

}  // namespace colvec
