#include "dataset/sync_state.h"

#include <array>
#include <optional>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "colvec/dataset_sync.h"
#include "dataset/home.h"
#include "dataset/merge_dataset.h"
#include "remote/object_store.h"
#include "store/file_system.h"
#include "store/log_names.h"
#include "store/uri.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStateBytesMax = 16u << 20;

fs::path state_path(const fs::path& home, std::string_view dataset) {
  return dataset_folder(home, dataset) / "_remote" / "state.json";
}

Result<SyncState> parse_state(const Json& json) {
  SyncState state;
  COLVEC_ASSIGN(state.place, json.string("place"));
  COLVEC_ASSIGN(state.pushed_ms, json.signed_or("pushed_ms", 0));
  COLVEC_ASSIGN(state.pulled_ms, json.signed_or("pulled_ms", 0));
  COLVEC_ASSIGN(state.error, json.string_or("error", ""));
  COLVEC_ASSIGN(state.error_ms, json.signed_or("error_ms", 0));
  COLVEC_ASSIGN(const std::optional<Json> pushed, json.find("pushed"));
  if (!pushed) return state;
  COLVEC_TRY(pushed->each([&](std::string_view column, const Json& versions) -> Status {
    COLVEC_ASSIGN(state.pushed[std::string(column)], versions.as_string());
    return {};
  }));
  return state;
}

std::string newest_entry(const fs::path& table) {
  const auto entries = local_file_system().list(table / kLogFolder);
  std::optional<std::uint64_t> newest;
  if (entries)
    for (const FolderEntry& entry : *entries)
      if (const auto version = parse_entry_name(entry.name); version && version >= newest)
        newest = version;
  return newest ? std::to_string(*newest) : "";
}

// "" where there is no store.
std::string table_versions(const fs::path& store) {
  const std::string vectors = newest_entry(store / "vectors");
  return vectors.empty() ? "" : vectors + " " + newest_entry(store / "keys");
}

// By the columns: all that a dataset.json shares with those of other homes.
std::string definition_version(const Dataset& dataset) {
  const Dataset columns{.name = "", .source = {}, .columns = shared_part(dataset).columns};
  return text_hash(to_json(columns));
}

StoreVersions versions_with(StoreVersions stores, const Dataset& dataset) {
  stores["/dataset.json"] = definition_version(dataset);
  return stores;
}

}  // namespace

std::string place_at_remote(const fs::path& home, std::string_view dataset,
                            const std::string& remote) {
  const std::optional<std::string> folder = folder_of_url(remote);
  std::string place = folder ? (home / *folder).lexically_normal().string() : remote;
  while (place.size() > 1 && place.ends_with('/')) place.pop_back();
  return place + "/datasets/" + encode_file_name(dataset);
}

SyncState read_sync_state(const fs::path& home, std::string_view dataset) {
  const fs::path path = state_path(home, dataset);
  const Result<std::string> text = read_file(path, kStateBytesMax);
  if (!text) return {};
  const Result<Json> json = Json::parse(*text, path.string());
  return json ? parse_state(*json).value_or(SyncState{}) : SyncState{};
}

Status write_sync_state(const fs::path& home, std::string_view dataset, const SyncState& state) {
  const fs::path path = state_path(home, dataset);
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("place").text(state.place);
  json.key("pushed_ms").number(state.pushed_ms).key("pulled_ms").number(state.pulled_ms);
  json.key("error").text(state.error).key("error_ms").number(state.error_ms);
  json.key("pushed").begin_object();
  for (const auto& [column, versions] : state.pushed) json.key(column).text(versions);
  COLVEC_TRY(local_file_system().make_folders(path.parent_path()));
  return replace_file(path, json.end_object().end_object().take());
}

StoreVersions pushed_after(SyncWays ways, const StoreVersions& pushed, const StoreVersions& before,
                           const StoreVersions& after) {
  if (!ways.pull) return before;
  const bool was_in_step = before == pushed;
  return ways.push || was_in_step ? after : pushed;
}

std::string_view name_of(SyncHealth health) {
  constexpr std::array<std::string_view, 5> kNames = {"no remote", "never synced", "in step",
                                                      "ahead", "failed"};
  return kNames[static_cast<std::size_t>(health)];
}

SyncStatus sync_status(const fs::path& home, const Dataset& dataset) {
  SyncStatus status{.remote = dataset.remote};
  if (dataset.remote.empty()) return status;
  SyncState state = read_sync_state(home, dataset.name);
  // What is known of another place, or of the dataset's former name, says nothing.
  if (state.place != place_at_remote(home, dataset.name, dataset.remote)) state = {};
  status.pushed_ms = state.pushed_ms;
  status.pulled_ms = state.pulled_ms;
  status.error = state.error;
  status.error_ms = state.error_ms;
  if (!state.error.empty())
    status.health = SyncHealth::kFailed;
  else if (state.pushed_ms == 0 && state.pulled_ms == 0)
    status.health = SyncHealth::kNever;
  else
    status.health = state.pushed == versions_with(stored_versions(home, dataset.name), dataset)
                        ? SyncHealth::kInStep
                        : SyncHealth::kAhead;
  return status;
}

StoreVersions shared_versions(const fs::path& home, std::string_view dataset) {
  StoreVersions stores = stored_versions(home, dataset);
  const Result<Dataset> definition = read_dataset(home, dataset);
  return definition ? versions_with(std::move(stores), *definition) : stores;
}

StoreVersions stored_versions(const fs::path& home, std::string_view dataset) {
  StoreVersions versions;
  const fs::path folder = embeddings_folder(home, dataset);
  const auto entries = local_file_system().list(folder);
  if (!entries) return versions;
  for (const FolderEntry& entry : *entries)
    if (std::string of_tables = table_versions(folder / entry.name);
        entry.is_folder && !of_tables.empty())
      versions.emplace(entry.name, std::move(of_tables));
  return versions;
}

}  // namespace colvec
