// Which vectors readers get who name none, as the configuration of the table of keys says it.
//
// Replicas set it independently; of two settings the later one counts, by `colvec.activeSince`.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/delta_action.h"
#include "store/vector_set.h"

namespace colvec {

// nullopt: none is set.
std::optional<VectorSet> active_set_of(const DeltaMetaData& meta_data);

// `meta_data` with this setting, made at `now_ms`; later than the one that it has in any case.
// nullopt: it has this setting.
std::optional<DeltaMetaData> with_active(const DeltaMetaData& meta_data,
                                         const std::string& fingerprint,
                                         const std::string& precision, std::int64_t now_ms);

// `meta_data` with the setting of `other`, if that is the later one; nullopt: it is not.
std::optional<DeltaMetaData> with_newer_active(const DeltaMetaData& meta_data,
                                               const DeltaMetaData& other);

// `meta_data` with the setting of `past`, as one that is made at `now_ms`; nullopt: the same.
std::optional<DeltaMetaData> with_past_active(const DeltaMetaData& meta_data,
                                              const DeltaMetaData& past, std::int64_t now_ms);

}  // namespace colvec
