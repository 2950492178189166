// In the order of what rests on what: the logs say which files there should be; those that are
// whole are looked into one by one; then the rows of all of them together. Each step goes on with
// what the one before it found good.
#include "store/verify.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/parallel.h"
#include "store/active_model.h"
#include "store/data_file.h"
#include "store/delta_schema.h"
#include "store/key_columns.h"
#include "store/log_names.h"
#include "store/store_model.h"
#include "store/store_tables.h"
#include "store/verify_log.h"
#include "store/verify_rows.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModelBytesMax = 16u << 20;

class Verification {
 public:
  Verification(FileSystem& files, Connection& connection, fs::path folder)
      : files_(files), connection_(connection), folder_(std::move(folder)) {}

  Result<StoreVerified> run() {
    // Keys first: whoever appends meanwhile commits the vectors first.
    COLVEC_ASSIGN(ExaminedLog keys, examine_log(files_, connection_, folder_ / "keys", &found_));
    COLVEC_ASSIGN(ExaminedLog vectors,
                  examine_log(files_, connection_, folder_ / "vectors", &found_));
    const bool has_keys = keys.snapshot.version.has_value();
    if (!vectors.snapshot.version && !has_keys && found_.problems.empty())
      return fail(ErrorCode::kNotFound, folder_.string() + ": no store there");
    const fs::path vectors_log = folder_ / "vectors" / kLogFolder;
    if (!vectors.snapshot.version)
      problem(vectors_log, "holds no entries");
    else if (keys.vectors_version > *vectors.snapshot.version)
      problem(vectors_log / entry_name(keys.vectors_version),
              "is missing, though the log of the keys names this version");

    VerifiedTable vectors_table = verify_files("vectors", vectors);
    const std::vector<VerifiedSet> sets = verify_models(vectors.snapshot);
    verify_vector_files(connection_, sets, &vectors_table, &found_);
    for (const VerifiedSet& set : sets)
      verify_vector_doubles(connection_, set.set, vectors_table, &found_);
    if (has_keys) verify_keys(keys, vectors_table);
    return std::move(found_);
  }

 private:
  void problem(const fs::path& path, const std::string& what) {
    found_.problems.push_back(path.string() + ": " + what);
  }

  // The table's files: what is missing or damaged is a problem, what nobody names a note.
  VerifiedTable verify_files(const std::string& name, const ExaminedLog& log) {
    VerifiedTable table;
    table.folder = folder_ / name;
    const DeltaSnapshot& snapshot = log.snapshot;
    if (snapshot.version) check_configuration(table.folder, snapshot.meta_data);
    const std::vector<const AddFile*> live = snapshot.live_files();
    found_.files += live.size();
    // Of files that were taken out, those that are still there can be read by earlier versions.
    std::vector<const AddFile*> all = live;
    for (const auto& [path, file] : log.named)
      if (!snapshot.files.contains(path) && files_.stat(table.folder / path)) all.push_back(&file);
    std::vector<Status> results(all.size());
    parallel_for(all.size(), [&](std::size_t i) {
      results[i] = check_data_file(files_, table.folder, *all[i], true);
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!results[i]) found_.problems.push_back(results[i].error().message);
      if (results[i] && i < live.size()) table.files.push_back(all[i]);
    }
    note_unnamed(table.folder, "", log);
    if (auto columns = declared_columns(table.folder, snapshot))
      table.columns = std::move(*columns);
    return table;
  }

  void check_configuration(const fs::path& table, const DeltaMetaData& meta_data) {
    const auto format = meta_data.configuration.find("colvec.formatVersion");
    if (format == meta_data.configuration.end())
      problem(table / kLogFolder, "colvec.formatVersion is missing");
    else if (format->second != kFormatVersion)
      problem(table / kLogFolder, "format version " + format->second + "; we know 1");
  }

  std::optional<std::vector<DeltaColumn>> declared_columns(const fs::path& table,
                                                           const DeltaSnapshot& snapshot) {
    if (snapshot.meta_data.schema_string.empty()) return std::nullopt;
    auto columns = parse_schema_string(snapshot.meta_data.schema_string,
                                       (table / kLogFolder).string() + ": schema");
    if (!columns) {
      found_.problems.push_back(columns.error().message);
      return std::nullopt;
    }
    std::erase_if(*columns, [&](const DeltaColumn& column) {
      const auto& partition = snapshot.meta_data.partition_columns;
      return std::find(partition.begin(), partition.end(), column.name) != partition.end();
    });
    return std::move(*columns);
  }

  void note_unnamed(const fs::path& table, const fs::path& below, const ExaminedLog& log) {
    const auto entries = files_.list(table / below);
    if (!entries) return;
    for (const FolderEntry& entry : *entries) {
      const fs::path path = below / entry.name;
      if (entry.is_folder && path != kLogFolder) note_unnamed(table, path, log);
      if (!entry.is_folder && !log.named.contains(path.string()))
        found_.notes.push_back((table / path).string() + ": no version names this file");
    }
  }

  // The models of the live vectors, with the dimensions that models/*.json promises.
  std::vector<VerifiedSet> verify_models(const DeltaSnapshot& vectors) {
    const fs::path folder = folder_ / "models";
    std::map<std::string, std::size_t> dimensions;
    std::set<std::string> seen;
    for (const FolderEntry& entry : files_.list(folder).value_or(std::vector<FolderEntry>())) {
      const fs::path path = folder / entry.name;
      if (!path.string().ends_with(".json") || entry.name.starts_with(".")) {
        found_.notes.push_back(path.string() + ": not the file of a model");
        continue;
      }
      seen.insert(path.stem().string());
      const auto text = files_.read(path, kModelBytesMax);
      const auto model = text ? parse_store_model(*text, path.string())
                              : Result<StoreModel>(tl::make_unexpected(text.error()));
      if (!model)
        found_.problems.push_back(model.error().message);
      else if (vector_set_of(model->fingerprint, "").model != path.stem())
        problem(path, "is of fingerprint " + model->fingerprint);
      else
        dimensions[path.stem().string()] = model->dimension;
    }
    std::vector<VerifiedSet> sets;
    for (const AddFile* file : vectors.live_files()) {
      const auto value_of = [&](const std::string& column) {
        const auto found = file->partition.find(column);
        return found == file->partition.end() ? std::string() : found->second.value_or("");
      };
      const VectorSet set{value_of("model"), value_of("precision")};
      const bool is_new = std::none_of(sets.begin(), sets.end(),
                                       [&](const VerifiedSet& known) { return known.set == set; });
      if (is_new) sets.push_back({set, dimensions[set.model]});
      if (seen.insert(set.model).second)
        problem(folder / (set.model + ".json"), "missing, though there are vectors of this model");
    }
    return sets;
  }

  void verify_keys(const ExaminedLog& log, const VerifiedTable& vectors) {
    VerifiedTable keys = verify_files("keys", log);
    const auto& configuration = log.snapshot.meta_data.configuration;
    const auto value_of = [&](const std::string& key) {
      const auto found = configuration.find(key);
      return found == configuration.end() ? std::string() : found->second;
    };
    const auto columns = parse_key_columns(value_of("colvec.keyColumns"),
                                           (keys.folder / kLogFolder).string() + ": key columns");
    if (!columns) return found_.problems.push_back(columns.error().message);
    verify_key_files(connection_, *columns, &keys, &found_);
    verify_key_doubles(connection_, *columns, keys, &found_);

    verify_key_vectors(connection_, keys, vectors.folder, vectors.files, "any model", &found_);
    const std::optional<VectorSet> active = active_set_of(log.snapshot.meta_data);
    if (!active) return;
    std::vector<const AddFile*> files;
    for (const AddFile* file : vectors.files)
      if (file->partition == active->partition()) files.push_back(file);
    verify_key_vectors(connection_, keys, vectors.folder, files,
                       "the active model " + active->model + " " + active->precision, &found_);
  }

  FileSystem& files_;
  Connection& connection_;
  fs::path folder_;
  StoreVerified found_;
};

}  // namespace

Result<StoreVerified> verify_store(FileSystem& files, Database& database, const fs::path& folder) {
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_TRY(connection.execute("SET TimeZone = 'UTC'"));
  return Verification(files, connection, fs::absolute(folder).lexically_normal()).run();
}

}  // namespace colvec
