#include "store/replica_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "store/compact.h"
#include "store/forget.h"
#include "store/restore.h"
#include "store/vacuum.h"
#include "store/verify.h"

namespace colvec {

namespace fs = std::filesystem;

std::size_t FaultyObjectStore::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

void FaultyObjectStore::stop_before(std::size_t step) {
  const std::lock_guard lock(mutex_);
  stop_before_ = step;
}

void FaultyObjectStore::lose_answer_of(std::size_t step) {
  const std::lock_guard lock(mutex_);
  lose_answer_of_ = step;
}

// The step that the next writing call would be is one that does not come.
bool FaultyObjectStore::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return stop_before_ && steps_ > *stop_before_;
}

template <typename T, typename Call>
T FaultyObjectStore::reading(const Call& call) {
  if (is_stopped()) return fail(ErrorCode::kIo, "stopped");
  return call();
}

template <typename T, typename Call>
T FaultyObjectStore::writing(const Call& call) {
  const std::lock_guard lock(mutex_);
  const std::size_t number = steps_++;
  if (stop_before_ && number >= *stop_before_) return fail(ErrorCode::kIo, "stopped");
  T result = call();
  if (number == lose_answer_of_) return fail(ErrorCode::kIo, "answer lost");
  return result;
}

Result<Object> FaultyObjectStore::get(const std::string& key, std::size_t bytes_max) {
  return reading<Result<Object>>([&] { return store_.get(key, bytes_max); });
}
Result<std::string> FaultyObjectStore::get_range(const std::string& key, std::uint64_t first,
                                                 std::uint64_t count) {
  return reading<Result<std::string>>([&] { return store_.get_range(key, first, count); });
}
Status FaultyObjectStore::get_file(const std::string& key, const fs::path& path,
                                   const FileContent& expected, const OnObjectBytes& on_bytes) {
  return reading<Status>([&] { return store_.get_file(key, path, expected, on_bytes); });
}
Result<ObjectInfo> FaultyObjectStore::head(const std::string& key) {
  return reading<Result<ObjectInfo>>([&] { return store_.head(key); });
}
Result<ObjectPage> FaultyObjectStore::list(const std::string& prefix, const std::string& after) {
  return reading<Result<ObjectPage>>([&] { return store_.list(prefix, after); });
}
Result<PutResult> FaultyObjectStore::put(const std::string& key, std::string_view bytes,
                                         const PutCondition& condition) {
  const bool is_entry = condition.if_absent && key.find("_delta_log") != std::string::npos;
  if (is_entry && meanwhile_) std::exchange(meanwhile_, {})();
  return writing<Result<PutResult>>([&] { return store_.put(key, bytes, condition); });
}
Status FaultyObjectStore::put_file(const std::string& key, const fs::path& path,
                                   const FileContent& expected, const OnObjectBytes& on_bytes) {
  return writing<Status>([&] { return store_.put_file(key, path, expected, on_bytes); });
}
Status FaultyObjectStore::remove(const std::string& key) {
  return writing<Status>([&] { return store_.remove(key); });
}
Result<std::size_t> FaultyObjectStore::drop_unfinished(const std::string& prefix,
                                                       std::int64_t before_ms) {
  return writing<Result<std::size_t>>([&] { return store_.drop_unfinished(prefix, before_ms); });
}

std::unique_ptr<ObjectStore> folder_remote(const fs::path& folder) {
  return std::move(open_object_store(folder.string(), {}).value());
}

namespace {

Result<SyncedOneWay> sync(const fs::path& home, ObjectStore& remote, const SyncCall& call,
                          bool is_push) {
  StoreFolder place;
  FileSystem& files = call.files == nullptr ? local_file_system() : *call.files;
  COLVEC_ASSIGN(const std::unique_ptr<StoreSync> sync,
                StoreSync::open(files, place.database(), home, remote, call.options));
  return is_push ? sync->push() : sync->pull();
}

// Opens the store and calls `use`; fails the test where one of them does.
template <typename Use>
void with_store(const fs::path& folder, const Use& use) {
  StoreFolder place;
  const auto store = open_products(local_file_system(), place.database(), folder);
  const auto done = use(*store);
  if (!done) ADD_FAILURE() << done.error().message;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

StoreVerified verified(const fs::path& folder) {
  StoreFolder place;
  auto found = verify_store(local_file_system(), place.database(), folder);
  if (!found) ADD_FAILURE() << found.error().message;
  return found.value_or(StoreVerified());
}

}  // namespace

Result<SyncedOneWay> push(const fs::path& home, ObjectStore& remote, const SyncCall& call) {
  return sync(home, remote, call, true);
}
Result<SyncedOneWay> pull(const fs::path& home, ObjectStore& remote, const SyncCall& call) {
  return sync(home, remote, call, false);
}

void Home::append(const ProductRange& range, const VectorSet& set) const {
  with_store(folder_, [&](ColumnStore& store) { return store.append(products(range, set)); });
}
void Home::compact() const {
  with_store(folder_, [](ColumnStore& store) { return colvec::compact(store); });
}
void Home::forget(const std::string& where) const {
  with_store(folder_, [&](ColumnStore& store) { return colvec::forget(store, where, false); });
}
void Home::restore(std::uint64_t version) const {
  with_store(folder_, [&](ColumnStore& store) { return colvec::restore(store, version); });
}
void Home::vacuum() const {
  with_store(folder_, [](ColumnStore& store) { return colvec::vacuum(store, 0, false); });
}
void Home::activate(char digit) const {
  const std::string fingerprint = fingerprint_of(digit);
  with_store(folder_, [&](ColumnStore& store) {
    return store.activate(vector_set_of(fingerprint, "f32"), fingerprint);
  });
}

std::string Home::active() const {
  std::string active = "none";
  with_store(folder_, [&](ColumnStore& store) -> Result<bool> {
    COLVEC_ASSIGN(const StoreView view, store.view());
    if (const auto set = store.active_set(view)) active = set->model;
    return true;
  });
  return active;
}

StoreContents Home::contents() const {
  StoreFolder place;
  return contents_of(*open_products(local_file_system(), place.database(), folder_));
}

std::size_t Home::files() const {
  std::size_t count = 0;
  with_store(folder_, [&](ColumnStore& store) -> Result<bool> {
    COLVEC_ASSIGN(const StoreView view, store.view());
    count = view.vectors.files.size() + view.keys->files.size();
    return true;
  });
  return count;
}

std::size_t Home::entries() const {
  std::size_t count = 0;
  for (const char* table : {"vectors", "keys"})
    for (const auto& entry : fs::directory_iterator(folder_ / table / "_delta_log"))
      count += parse_entry_name(entry.path().filename().string()) ? 1 : 0;
  return count;
}

std::string Home::problems() const { return joined(verified(folder_).problems); }
std::string Home::notes() const { return joined(verified(folder_).notes); }

}  // namespace colvec
