// JSON objects that vouch for themselves: the last member, xxh3_128, is the XXH3-128 of all bytes
// of the object before it.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// The same object, sealed, with a line break behind it. REQUIRES: `object` is a JSON object with at
// least one member.
std::string seal_json(std::string_view object);

// kCorruption, beginning with `where`: the seal does not fit, or there is none.
Status check_seal(std::string_view json, const std::string& where);

}  // namespace colvec
