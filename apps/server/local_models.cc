#include "local_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "colvec/json_writer.h"
#include "colvec/model_hub.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuiltIn = "builtin:lexical";
constexpr int kDepthMax = 4;
constexpr std::size_t kFoldersMax = 20000;  // Looked into for one list.
constexpr std::size_t kModelsMax = 200;
// Opening a larger model takes too much memory for a list.
constexpr std::uint64_t kOpenedBytesMax = std::uint64_t{4} << 30;

// Visits the files of a model: those of the folder and of the folders in it.
template <typename Visit>
void each_file(const fs::path& folder, Visit visit) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) visit(entry);
    if (!entry.is_directory(ignored) || entry.is_symlink(ignored)) continue;
    for (const fs::directory_entry& inner : fs::directory_iterator(entry.path(), error))
      if (inner.is_regular_file(ignored)) visit(inner);
  }
}

bool is_weights(const fs::directory_entry& file) {
  return file.path().extension() == ".safetensors";
}

std::uint64_t weight_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  each_file(folder, [&](const fs::directory_entry& file) {
    if (is_weights(file)) bytes += file.file_size(ignored);
  });
  return bytes;
}

// Appends the models at or below `folder`; what is below a model is part of it.
void find_models(const fs::path& folder, int depth, std::size_t* looked,
                 std::vector<fs::path>* found) {
  if (++*looked > kFoldersMax || found->size() >= kModelsMax) return;
  if (is_model_folder(folder)) {
    found->push_back(folder);
    return;
  }
  if (depth == kDepthMax) return;
  std::vector<fs::path> inner;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    const std::string name = entry.path().filename().string();
    if (entry.is_symlink(ignored) || !entry.is_directory(ignored)) continue;
    if (!name.starts_with('.') && name != "datasets" && name != "node_modules")
      inner.push_back(entry.path());
  }
  std::sort(inner.begin(), inner.end());
  for (const fs::path& next : inner) find_models(next, depth + 1, looked, found);
}

LocalModel described(std::string name, std::string label, std::uint64_t bytes) {
  LocalModel model{.name = std::move(name), .label = std::move(label), .bytes = bytes};
  if (bytes > kOpenedBytesMax) {
    model.problem = "too large to be opened for a list";
    return model;
  }
  Result<ModelDescription> description = describe_model(model.name);
  if (description)
    model.description = *std::move(description);
  else
    model.problem = description.error().message;
  return model;
}

void write_numbers(std::string_view key, const std::vector<std::size_t>& numbers,
                   JsonWriter* json) {
  json->key(key).begin_list();
  for (const std::size_t number : numbers) json->number(std::uint64_t{number});
  json->end_list();
}

void write_description(const ModelDescription& model, JsonWriter* json) {
  const EncoderInfo& info = model.encoder;
  json->key("kind").text(info.kind).key("family").text(model.family);
  json->key("dimension").number(std::uint64_t{info.dimension});
  write_numbers("shorter_dimensions", model.dimensions, json);
  json->key("tokens_max").number(std::uint64_t{info.tokens_max});
  json->key("fingerprint").text(info.fingerprint).key("licence").text(model.licence);
  json->key("parameters").number(model.parameters).key("prompts").begin_object();
  for (const auto& [name, prompt] : model.prompts) json->key(name).text(prompt);
  json->end_object().key("precisions").begin_list();
  for (const PrecisionChoice& choice : model.precisions)
    if (choice.available) json->text(name_of(choice.precision));
  json->end_list().key("automatic").text(name_of(model.automatic));
  json->key("note").text(info.note);
}

}  // namespace

bool is_model_folder(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / "config.json", ignored) &&
      !fs::is_regular_file(folder / "modules.json", ignored))
    return false;
  bool has_weights = false;
  each_file(folder, [&](const fs::directory_entry& file) { has_weights |= is_weights(file); });
  return has_weights;
}

std::string model_stamp(const fs::path& folder) {
  std::vector<std::string> files;
  each_file(folder, [&](const fs::directory_entry& file) {
    std::error_code ignored;
    files.push_back(fmt::format("{}:{}:{}", file.path().string(), file.file_size(ignored),
                                file.last_write_time(ignored).time_since_epoch().count()));
  });
  std::sort(files.begin(), files.end());
  return fmt::format("{}", fmt::join(files, ";"));
}

std::string to_json(const LocalModel& model) {
  JsonWriter json;
  json.begin_object().key("name").text(model.name).key("label").text(model.label);
  json.key("is_cached").boolean(model.is_cached);
  json.key("bytes").number(model.bytes).key("problem");
  model.problem.empty() ? json.null() : json.text(model.problem);
  if (model.description) write_description(*model.description, &json);
  return json.end_object().take();
}

std::vector<LocalModel> LocalModels::list() {
  const std::lock_guard lock(mutex_);
  std::vector<LocalModel> models;
  if (!known_.contains(kBuiltIn))
    known_[kBuiltIn].model = described(std::string(kBuiltIn), std::string(kBuiltIn), 0);
  models.push_back(known_[kBuiltIn].model);
  std::vector<fs::path> folders;
  std::size_t looked = 0;
  for (const fs::path& root : roots_) find_models(root, 0, &looked, &folders);
  for (const fs::path& folder : folders) models.push_back(describe(folder));
  for (const CachedModel& model : cached_models().value_or(std::vector<CachedModel>{}))
    if (!model.revisions.empty() && cached_model_folder(name_to_ask(model)) &&
        outline_model(model.folder.string()))
      models.push_back(describe(model.folder, name_to_ask(model)));
  return models;
}

LocalModel LocalModels::describe(const fs::path& folder, const std::string& name) {
  const std::string stamp = model_stamp(folder);
  Known& known = known_[folder];
  if (known.stamp != stamp) {
    const std::string parent = folder.parent_path().filename().string();
    const bool is_cached = !name.empty();
    known.model = described(is_cached ? name : folder.string(),
                            is_cached ? name : parent + "/" + folder.filename().string(),
                            weight_bytes(folder));
    known.model.is_cached = is_cached;
    known.stamp = stamp;
  }
  return known.model;
}

}  // namespace colvec::server
