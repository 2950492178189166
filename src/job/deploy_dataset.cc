// A deployment, step by step: for each column the store's files with a log of their own, its model,
// the golden vectors; dataset.json; and last bundle.json, which makes all of it the bundle.
#include <optional>
#include <set>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"
#include "base/parallel.h"
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
    // A name for each revision: the former bundle stays whole until bundle.json is replaced.
    contents_.dataset = "dataset-" + std::to_string(dataset_.revision) + ".json";
    COLVEC_TRY(replace_file(to_ / contents_.dataset, to_json(dataset_)));
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
        COLVEC_ASSIGN(const std::string bytes, read_file(folder / path, std::size_t{1} << 31));
        COLVEC_TRY(replace_file(to_ / bundled->store / path, bytes));
        add_path(bundled->store + "/" + path);
      }
    return {};
  }

  Status add_model(const DatasetColumn& column, BundleColumn* bundled) {
    const std::string where = "column " + column.name + ": embedding: model";
    const std::string id = vector_set_of(column.active->base, "").model;
    std::string model = model_of(home_, *column.embedding);
    bundled->model = column.embedding->model;
    if (const Result<fs::path> place = find_model_folder(model)) {
      bundled->model = "models/" + id;
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
    bundled->golden_texts = "golden/" + id + ".jsonl";
    bundled->golden_vectors =
        "golden/" + id + "-" + std::string(name_of(column.active->precision)) + ".npy";
    COLVEC_TRY(local_file_system().make_folders(to_ / "golden"));
    COLVEC_TRY(write_golden(**encoder, to_ / bundled->golden_texts, to_ / bundled->golden_vectors));
    add_path(bundled->golden_texts);
    add_path(bundled->golden_vectors);
    return {};
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
  Deployed deployed_;
};

}  // namespace

Result<Deployed> deploy_dataset(const fs::path& home, std::string_view name, const fs::path& to,
                                const DeployOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(const Dataset dataset, read_dataset(home, name));
  const auto make = [&](const fs::path& folder) {
    return Deployment(home, dataset, folder, options).run();
  };
  if (!is_s3_url(to.string())) return make(fs::absolute(to).lexically_normal());
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> remote,
                open_object_store(to.string(), {.cancel = options.cancel}));
  return deploy_to(*remote, dataset_folder(home, name) / "deploy.tmp", make);
}

Result<BundleFetched> fetch_bundle(const std::string& url, const fs::path& to) {
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> remote, open_object_store(url, {}));
  return fetch_from(*remote, fs::absolute(to).lexically_normal());
}

}  // namespace colvec
