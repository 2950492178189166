#include "store/keep_vectors.h"

#include "store/data_file.h"
#include "store/distinct_rows.h"
#include "store/store_tables.h"

namespace colvec {
namespace {

using Files = std::vector<const AddFile*>;

Files in_set(const std::vector<AddFile>& files, const VectorSet& set) {
  Files found;
  for (const AddFile& file : files)
    if (is_in_scope(file, set.partition())) found.push_back(&file);
  return found;
}

Files pointers_to(const std::vector<AddFile>& files) {
  Files pointers;
  for (const AddFile& file : files) pointers.push_back(&file);
  return pointers;
}

// The rows of one set to be kept, sorted.
std::string kept_sql(ColumnStore& store, const VectorSet& set, const std::vector<AddFile>& keys,
                     const std::vector<AddFile>& staying, const std::vector<AddFile>& sources) {
  std::string columns;
  for (const DeltaColumn& column : vectors_columns())
    columns += (columns.empty() ? "" : ", ") + column.name;
  const std::filesystem::path& folder = store.vectors().folder();
  std::string sql =
      "SELECT DISTINCT ON (text_hash) " + columns + " FROM " +
      read_files_sql(folder, in_set(sources, set)) + " SEMI JOIN (SELECT text_hash FROM " +
      read_files_sql(store.keys().folder(), pointers_to(keys)) + ") k USING (text_hash)";
  const Files others = in_set(staying, set);
  if (!others.empty())
    sql += " ANTI JOIN (SELECT text_hash FROM " + read_files_sql(folder, others) +
           ") v USING (text_hash)";
  return sql + " ORDER BY text_hash";
}

}  // namespace

Result<std::uint64_t> keep_vectors(ColumnStore& store, const std::vector<AddFile>& keys,
                                   const std::vector<AddFile>& staying,
                                   const std::vector<AddFile>& sources) {
  if (keys.empty() || sources.empty()) return 0;
  StoreView view;
  for (const AddFile& file : sources) view.vectors.files.emplace(file.path, file);
  std::vector<AddFile> written;
  std::uint64_t rows = 0;
  for (const VectorSet& set : store.sets(view)) {
    COLVEC_ASSIGN(const StoreModel model, store.model(set.model));
    const DataFileFormat format{row_group_rows_for(model.dimension),
                                store.definition().plain_floats};
    COLVEC_ASSIGN(
        std::optional<AddFile> file,
        write_data_file(store.files(), store.connection(), store.vectors().folder(),
                        set.partition(), kept_sql(store, set, keys, staying, sources), format));
    if (!file) continue;
    rows += rows_of(*file).value_or(0);
    file->tags[kMayDouble] = "true";
    written.push_back(std::move(*file));
  }
  if (written.empty()) return 0;
  COLVEC_TRY(store.vectors().commit({.operation = "WRITE"},
                                    [&](const DeltaSnapshot&, DeltaCommit* commit) {
                                      commit->adds = written;
                                      return Result<bool>(true);
                                    }));
  return rows;
}

std::string unknown_erasure(const LogHistory& of, const LogHistory& by) {
  for (const LogEntry& entry : of.entries()) {
    for (const std::string& id : entry.erasures)
      if (!by.holds(id)) return id;
  }
  return "";
}

}  // namespace colvec
