// Objects in an S3 bucket, or in anything that speaks S3.
//
// Thread-safety, errors: as ObjectStore.
#pragma once

#include <memory>
#include <string>

#include "remote/object_store.h"

namespace colvec {

// "s3://bucket/prefix", with or without a prefix. kInvalidArgument: not such a URL.
Result<std::unique_ptr<ObjectStore>> open_s3_store(const std::string& url,
                                                   const ObjectStoreOptions& options);

}  // namespace colvec
