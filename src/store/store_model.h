// What a fingerprint was made of: models/<f16>.json of a store.
//
// Format: docs/formats/store.md, "Models".
//
// Thread-safety: a value and pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

struct StoreModel {
  std::string fingerprint;  // 64 hex digits.
  std::string name;         // As it was asked for.
  std::string made_of;      // JSON; "" where not known (imported vectors).
  std::size_t dimension = 0;
};

std::string to_json(const StoreModel& model);
// kCorruption, beginning with `where`: not such a file, or not as it was written.
Result<StoreModel> parse_store_model(std::string_view json, const std::string& where);

}  // namespace colvec
