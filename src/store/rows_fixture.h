// For tests that read a store: a small one with rows in it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "colvec/store.h"
#include "store/column_store.h"
#include "store/store_fixture.h"

namespace colvec {

// A store in a folder of its own, keyed by `id` BIGINT (or a cache). A text's vector has 4 numbers,
// which follow from the text and the model.
class SmallStore {
 public:
  explicit SmallStore(bool has_keys = true);

  // Appends rows of (id, text) with vectors of model `model`, 'a' to 'f'.
  StoreAppended add(const std::vector<std::pair<int, std::string>>& rows, char model = 'a');
  // The fingerprint of a model.
  static std::string fingerprint(char model) { return std::string(64, model); }
  static VectorSet set(char model) { return vector_set_of(fingerprint(model), "f32"); }

  std::filesystem::path path() const { return folder_.path() / "store"; }
  const std::filesystem::path& scratch() const { return folder_.path(); }
  ColumnStore& store() { return *store_; }
  StoreFolder& folder() { return folder_; }

  // The rows of a query on the store's own connection, values joined with "|".
  std::vector<std::string> rows(const std::string& sql);

 private:
  StoreFolder folder_;
  std::unique_ptr<ColumnStore> store_;
};

}  // namespace colvec
