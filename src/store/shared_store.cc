#include "store/shared_store.h"

#include <system_error>

#include "store/compact.h"

namespace colvec {

namespace fs = std::filesystem;

bool is_remote_store(std::string_view place) { return place.find("://") != std::string_view::npos; }

Result<std::unique_ptr<SharedStore>> SharedStore::open(Database& database, const std::string& place,
                                                       const StoreModel& model,
                                                       const SharedStoreOptions& options) {
  std::unique_ptr<SharedStore> shared(new SharedStore(database, options));
  COLVEC_TRY(is_remote_store(place) ? shared->open_replica(place, model)
                                    : shared->open_folder(place, model));
  return shared;
}

Status SharedStore::open_folder(const fs::path& folder, const StoreModel& model) {
  COLVEC_ASSIGN(store_, ColumnStore::open_or_create(local_file_system(), database_, folder, {}));
  store_->work_on(options_.range);
  return store_->add_model(model);
}

Status SharedStore::open_replica(const std::string& url, const StoreModel& model) {
  COLVEC_ASSIGN(remote_, open_object_store(url, {}));
  std::error_code ignored;
  const bool is_new = !fs::exists(options_.replica / "vectors", ignored);
  COLVEC_TRY(open_sync(false));
  const bool was_there = sync_->is_there();
  Status begun = begin_replica(model);
  if (begun || begun.error().code != ErrorCode::kConflict || was_there || !is_new) return begun;
  // Another worker made the store since; what was made here holds nothing yet.
  store_.reset();
  sync_.reset();
  fs::remove_all(options_.replica, ignored);
  COLVEC_TRY(open_sync(false));
  return begin_replica(model);
}

Status SharedStore::open_sync(bool compactions) {
  COLVEC_ASSIGN(sync_, StoreSync::open(local_file_system(), database_, options_.replica, *remote_,
                                       {.compactions = compactions, .range = options_.range}));
  return {};
}

Status SharedStore::begin_replica(const StoreModel& model) {
  if (sync_->is_there()) COLVEC_TRY(sync_->pull());
  COLVEC_TRY(open_folder(options_.replica, model));
  return publish();
}

Status SharedStore::publish() {
  if (sync_ == nullptr) return {};
  Result<SyncedOneWay> pushed = sync_->push();
  if (!pushed && pushed.error().code == ErrorCode::kConflict && sync_->is_there()) {
    // What somebody took out there has to be known here first.
    COLVEC_TRY(sync_->pull());
    pushed = sync_->push();
  }
  if (!pushed) return tl::make_unexpected(std::move(pushed).error());
  conflicts_ += pushed->conflicts;
  return {};
}

Result<StoreCompacted> SharedStore::compact() {
  COLVEC_ASSIGN(const StoreCompacted compacted, colvec::compact(*store_));
  if (sync_ == nullptr) return compacted;
  COLVEC_TRY(open_sync(true));
  COLVEC_TRY(sync_->push());
  COLVEC_TRY(open_sync(false));
  return compacted;
}

}  // namespace colvec
