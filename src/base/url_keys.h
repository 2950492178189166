// Keys that somebody wrote into a URL: found, refused, never shown.
//
// Keys stand where a host or a bucket belongs ("s3://ID:SECRET@bucket/prefix"), or in the query
// ("?secret=..."). A secret may hold a "/", as every other one of Amazon's does: then what looks
// like the bucket is "ID:SEC". So a bucket with a ":", "%" or "@", none of which a bucket's name
// may have, and a host with an "@" or with a ":" that no port follows, are keys. The keys of
// objects may hold any of these: "s3://bucket/a@b.parquet" gives nothing away.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// kInvalidArgument: the URL holds keys; the message does not.
Status check_no_keys(std::string_view url);

// A URL as it may be shown: without keys, query and fragment. Of one with keys, what follows them.
std::string url_to_show(std::string_view url);

}  // namespace colvec
