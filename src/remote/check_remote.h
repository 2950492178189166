// Tries what replicas need of an object store, with small objects that are removed again.
//
// Thread-safety: functions are thread-safe.
#pragma once

#include "colvec/sync.h"
#include "remote/object_store.h"

namespace colvec {

// Below this prefix lie the objects that are put to try something.
inline constexpr const char* kCheckPrefix = "_colvec_check/";

// Goes on after what fails, as far as that makes sense.
RemoteReport check_object_store(ObjectStore& store);

// Whether a put with If-None-Match: * is refused where there is an object.
Result<bool> probe_conditional_puts(ObjectStore& store);

}  // namespace colvec
