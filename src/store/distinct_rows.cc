#include "store/distinct_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/data_file.h"

namespace colvec {

bool may_double(const AddFile& file) { return file.tags.contains(kMayDouble); }

bool any_may_double(const std::vector<const AddFile*>& files) {
  return std::any_of(files.begin(), files.end(),
                     [](const AddFile* file) { return may_double(*file); });
}

std::string distinct_vectors_sql(const std::filesystem::path& folder,
                                 const std::vector<const AddFile*>& files,
                                 const std::string& condition) {
  const std::string where = condition.empty() ? "" : " WHERE " + condition;
  std::vector<const AddFile*> marked;
  for (const AddFile* file : files)
    if (may_double(*file)) marked.push_back(file);
  if (marked.empty()) {
    const std::string all = read_files_sql(folder, files);
    return condition.empty() ? all : "(SELECT * FROM " + all + where + ")";
  }
  // Only the hashes are grouped, not the vectors; and only of files that may have doubles.
  const std::string all = read_named_files_sql(folder, files);
  return fmt::format(
      "(SELECT v.* EXCLUDE (colvec_file) FROM (SELECT * FROM {0}{1}) v LEFT JOIN"
      " (SELECT text_hash, min(colvec_file) AS colvec_kept FROM"
      " (SELECT text_hash, colvec_file FROM {0}{1}) SEMI JOIN"
      " (SELECT text_hash FROM {2}{1}) USING (text_hash)"
      " GROUP BY text_hash HAVING count(*) > 1) d USING (text_hash)"
      " WHERE d.colvec_kept IS NULL OR d.colvec_kept = v.colvec_file)",
      all, where, read_files_sql(folder, marked));
}

std::string distinct_keys_sql(const std::filesystem::path& folder,
                              const std::vector<const AddFile*>& files, const std::string& names) {
  const std::string all = read_files_sql(folder, files);
  if (!any_may_double(files)) return all;
  return fmt::format(
      "(SELECT {0}, text_hash, min(seen_at) AS seen_at FROM {1} GROUP BY {0}, text_hash)", names,
      all);
}

}  // namespace colvec
