// A deployment, step by step: for each column the store's files with a log of their own, its model,
// the golden vectors; dataset.json; and last bundle.json, which makes all of it the bundle.
//
// Until then the former bundle stays whole, whoever made it: what may differ between two homes or
// two revisions has a name that its content decides, logs grow, and of what a fingerprint decides
// (a store's models/) the former file stays.
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/url_keys.h"
#include "base/uuid.h"
#include "colvec/bundle.h"
#include "colvec/version.h"
#include "dataset/bundle_file.h"
#include "dataset/home.h"
#include "dataset/projection.h"
#include "encode/model_place.h"
#include "job/dataset_columns.h"
#include "job/deploy_remote.h"
#include "job/golden_texts.h"
#include "job/model_files.h"
#include "job/step_encoder.h"
#include "store/open_store.h"
#include "store/pinned_copy.h"
#include "store/uri.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kContentDigits = 16;  // Of a hash, in names.

std::string short_hash(std::string_view content) {
  return text_hash(content).substr(0, kContentDigits);
}

class Deployment {
 public:
  Deployment(const fs::path& home, const Dataset& dataset, fs::path to,
             const DeployOptions& options)
      : home_(home), dataset_(dataset), to_(std::move(to)), options_(options) {}

  Result<Deployed> run() {
    COLVEC_TRY(find_former());
    for (const DatasetColumn& column : dataset_.columns)
      if (column.embedding) COLVEC_TRY(add_column(column));
    if (contents_.columns.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "dataset " + dataset_.name + ": no column has an embedding step");
    contents_.id = deployed_.id = new_uuid();
    contents_.created_ms = now_ms();
    contents_.engine_version = "colvec/" + std::string(version());
    const std::string definition = to_json(dataset_);
    contents_.dataset = "dataset-" + short_hash(definition) + ".json";
    COLVEC_TRY(replace_file(to_ / contents_.dataset, definition));
    add_path(contents_.dataset);
    COLVEC_TRY(describe_files());
    COLVEC_TRY(replace_file(to_ / kBundleFile, to_json(contents_)));
    return deployed_;
  }

 private:
  // A folder with another dataset's bundle, or with something else, is not written to.
  Status find_former() {
    COLVEC_TRY(local_file_system().make_folders(to_));
    Result<BundleContents> former = read_bundle(to_);
    if (former) {
      COLVEC_ASSIGN(const std::string text, read_file(to_ / former->dataset, 64u << 20));
      COLVEC_ASSIGN(const Dataset other, parse_dataset(text, former->dataset));
      if (other.name != dataset_.name)
        return fail(ErrorCode::kConflict,
                    to_.string() + ": holds the bundle of the dataset " + other.name);
      former_ = std::move(*former);
      return {};
    }
    if (former.error().code != ErrorCode::kNotFound)
      return tl::make_unexpected(std::move(former).error());
    return {};
  }

  Status check_cancel() const {
    if (options_.cancel == nullptr || !options_.cancel->requested()) return {};
    return fail(ErrorCode::kCancelled, to_.string() + ": cancelled");
  }

  Status add_column(const DatasetColumn& column) {
    if (!column.active)
      return fail(ErrorCode::kNotFound, "column " + column.name +
                                            ": was never refreshed to its end: colvec dataset "
                                            "refresh " +
                                            dataset_.name);
    BundleColumn bundled;
    bundled.column = column.name;
    bundled.store = "embeddings/" + encode_file_name(column.name);
    COLVEC_TRY(add_store(column, &bundled));
    COLVEC_TRY(check_cancel());
    COLVEC_TRY(add_model(column, &bundled));
    COLVEC_TRY(check_cancel());
    contents_.columns.push_back(std::move(bundled));
    return {};
  }

  Status add_store(const DatasetColumn& column, BundleColumn* bundled) {
    const fs::path folder = store_folder(home_, dataset_.name, column.name);
    COLVEC_ASSIGN(
        const OpenedStore opened,
        open_store(folder, {.memory_limit = options_.memory_limit, .threads = options_.threads},
                   nullptr));
    ColumnStore& store = *opened.store;
    COLVEC_ASSIGN(const StoreView view, store.view());
    const VectorSet set = vector_set_of(column.active->base, name_of(column.active->precision));
    COLVEC_ASSIGN(const PinnedCopy copied,
                  copy_pinned(store, view, set, to_ / bundled->store, options_.cancel));
    bundled->keys_version = copied.keys_version.value_or(0);
    deployed_.files_copied += copied.files_copied;
    deployed_.bytes_copied += copied.bytes_copied;
    for (const std::string& path : copied.files) add_path(bundled->store + "/" + path);

    // What the fingerprints were made of, and what shortens the vectors.
    COLVEC_TRY(local_file_system().make_folders(to_ / bundled->store / "models"));
    for (const std::string& fingerprint : {column.active->base, column.active->fingerprint})
      for (const std::string_view ending : {".json", ".npy"}) {
        const std::string path =
            "models/" + vector_set_of(fingerprint, "").model + std::string(ending);
        std::error_code ignored;
        if (!fs::exists(folder / path, ignored)) continue;
        const std::string to = bundled->store + "/" + path;
        add_path(to);
        if (is_as_deployed(to)) continue;
        COLVEC_ASSIGN(const std::string bytes, read_file(folder / path, std::size_t{1} << 31));
        COLVEC_TRY(replace_file(to_ / to, bytes));
      }
    return {};
  }

  bool is_as_deployed(const std::string& path) const {
    const BundleFile* const known = former_ ? former_->find(path) : nullptr;
    if (known == nullptr) return false;
    const Result<BundleFile> found = describe_bundle_file(to_, path);
    return found && *found == *known;
  }

  Status add_model(const DatasetColumn& column, BundleColumn* bundled) {
    const std::string where = "column " + column.name + ": embedding: model";
    const std::string id = vector_set_of(column.active->base, "").model;
    std::string model = model_of(home_, *column.embedding);
    bundled->model = column.embedding->model;
    if (const Result<fs::path> place = find_model_folder(model)) {
      COLVEC_ASSIGN(const std::string content, content_of_model(*place));
      bundled->model = "models/" + id + "-" + content;
      COLVEC_ASSIGN(const std::vector<std::string> paths,
                    copy_model_files(*place, to_ / bundled->model));
      for (const std::string& path : paths) add_path(bundled->model + "/" + path);
      model = (to_ / bundled->model).string();
    }
    // The copy is opened, as the host will open it.
    Result<std::unique_ptr<Encoder>> encoder =
        open_step_encoder(model, *column.embedding, column.active->precision,
                          {.open_encoder = options_.open_encoder});
    if (!encoder) return at(where, std::move(encoder).error());
    if ((*encoder)->info().fingerprint != column.active->base)
      return fail(ErrorCode::kConflict,
                  where + ": " + column.embedding->model +
                      ": is another model than the one that made the vectors: refresh first");
    return add_golden(**encoder, id + "-" + std::string(name_of(column.active->precision)),
                      bundled);
  }

  // The model card belongs to it too: another copy of the same model may have another one.
  Result<std::string> content_of_model(const fs::path& folder) {
    if (const auto known = models_.find(folder); known != models_.end()) return known->second;
    COLVEC_ASSIGN(const std::vector<std::string> paths, list_model_files(folder));
    std::string content;
    for (const std::string& path : paths) {
      COLVEC_TRY(check_cancel());
      COLVEC_ASSIGN(const BundleFile file, describe_bundle_file(folder, path));
      content += file.sha256 + " " + path + "\n";
    }
    return models_[folder] = short_hash(content);
  }

  // Another machine gives vectors that differ in their last bits.
  Status add_golden(Encoder& encoder, const std::string& vectors, BundleColumn* bundled) {
    const std::string folder = "golden/", texts_draft = folder + ".texts.tmp",
                      vectors_draft = folder + ".vectors.tmp";
    COLVEC_TRY(local_file_system().make_folders(to_ / folder));
    COLVEC_TRY(write_golden(encoder, to_ / texts_draft, to_ / vectors_draft));
    COLVEC_ASSIGN(bundled->golden_texts, name_by_content(texts_draft, folder + "texts", ".jsonl"));
    COLVEC_ASSIGN(bundled->golden_vectors,
                  name_by_content(vectors_draft, folder + vectors, ".npy"));
    return local_file_system().sync_folder(to_ / folder);
  }

  Result<std::string> name_by_content(const std::string& draft, const std::string& stem,
                                      const std::string& ending) {
    COLVEC_ASSIGN(const BundleFile file, describe_bundle_file(to_, draft));
    std::string path = stem + "-" + file.sha256.substr(0, kContentDigits) + ending;
    COLVEC_TRY(local_file_system().rename(to_ / draft, to_ / path));
    add_path(path);
    return path;
  }

  void add_path(std::string path) { paths_.insert(std::move(path)); }

  // Data files never change: one that the former bundle had is not read again.
  Status describe_files() {
    std::vector<std::string> paths(paths_.begin(), paths_.end());
    std::vector<Result<BundleFile>> files(paths.size(), Result<BundleFile>(BundleFile{}));
    parallel_for(paths.size(), [&](std::size_t i) {
      const BundleFile* const known = former_ ? former_->find(paths[i]) : nullptr;
      std::error_code ignored;
      const bool is_data = paths[i].ends_with(".parquet");
      const bool is_same =
          known != nullptr && is_data && fs::file_size(to_ / paths[i], ignored) == known->bytes;
      const Status goes_on = check_cancel();
      if (!goes_on)
        files[i] = tl::make_unexpected(goes_on.error());
      else
        files[i] = is_same ? Result<BundleFile>(*known) : describe_bundle_file(to_, paths[i]);
    });
    for (Result<BundleFile>& file : files) {
      if (!file) return tl::make_unexpected(std::move(file).error());
      deployed_.bytes += file->bytes;
      contents_.files.push_back(std::move(*file));
    }
    deployed_.files = contents_.files.size();
    return {};
  }

  const fs::path& home_;
  const Dataset& dataset_;
  fs::path to_;
  const DeployOptions& options_;
  std::optional<BundleContents> former_;
  BundleContents contents_;
  std::set<std::string> paths_;
  std::map<fs::path, std::string> models_;  // Hashes of their contents.
  Deployed deployed_;
};

// "s3:/bucket" is a path, but was meant otherwise. One that is meant begins with "./".
bool is_url_with_one_slash(const std::string& place) {
  const std::string first = place.substr(0, place.find('/'));
  return first.size() > 1 && first.size() < place.size() && first.ends_with(':');
}

}  // namespace

Result<Deployed> deploy_dataset(const fs::path& home, std::string_view name, const fs::path& to,
                                const DeployOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, name));
  const auto make = [&](const fs::path& folder) {
    return Deployment(home, dataset, folder, options).run();
  };
  const std::string place = to.string();
  const std::optional<std::string> folder = folder_of_url(place);
  if (folder && is_url_with_one_slash(*folder))
    return fail(ErrorCode::kInvalidArgument,
                url_to_show(place) + ": must be s3://BUCKET/PREFIX, file:///PATH or a path");
  if (folder && !folder->empty()) return make(fs::absolute(*folder).lexically_normal());
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> remote,
                open_object_store(place, {.cancel = options.cancel}));
  return deploy_to(*remote, dataset_folder(home, name) / "deploy.tmp", make);
}

Result<BundleFetched> fetch_bundle(const std::string& url, const fs::path& to) {
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> remote, open_object_store(url, {}));
  return fetch_from(*remote, fs::absolute(to).lexically_normal());
}

}  // namespace colvec
