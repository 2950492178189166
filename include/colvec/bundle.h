// A bundle: a folder with all that a host needs to answer for a dataset's columns: the stored
// vectors of one moment, the models that made them, and checksums of everything.
//
// A host with only the bundle answers for known texts without running a model, embeds new ones with
// the same model, and refuses a bundle of which a byte is not as it was written, or whose model
// does not give the golden vectors of the bundle any more.
//
// docs/formats/bundle.md lists every field.
//
// Thread-safety: functions are thread-safe; one process at a time deploys to a place. Errors:
// kNotFound: no such dataset or bundle; kCorruption: a file is missing or changed, by its path, or
// the self-check fails; kConflict: a model is another than the one that made the vectors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/dataset.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/refresh.h"

namespace colvec {

struct DeployOptions {
  std::string memory_limit = "1GB";
  std::size_t threads = 0;  ///< 0: one a core.
  OpenEncoder open_encoder{};
  const CancelToken* cancel = nullptr;  ///< Of a deployment; may be null.
};

/// What a deployment wrote.
struct Deployed {
  std::string id;           ///< A UUID: of this version of the bundle.
  std::uint64_t files = 0;  ///< That the bundle consists of.
  std::uint64_t bytes = 0;
  std::uint64_t files_copied = 0;  ///< Of these: the others were there.
  std::uint64_t bytes_copied = 0;
};

/// Puts the dataset's columns, as the last refresh left them, into the folder `to` (a path or
/// file:///path), or the bucket that it names (s3://bucket/prefix). Deployed to the same place
/// again, a newer version takes the place of the former one at once, and files that are there are
/// not copied. kNotFound: a column with a step that was never refreshed. For a bucket the bundle is
/// made in the dataset's folder first, which needs the room. kCancelled: by options.cancel; the
/// former bundle stays, and what was copied to `to` is there for the next deployment. kConflict:
/// somebody else deploys there; what they have published stays whole.
Result<Deployed> deploy_dataset(const std::filesystem::path& home, std::string_view dataset,
                                const std::filesystem::path& to, const DeployOptions& options);

struct BundleFetched {
  std::string id;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files_fetched = 0;  ///< Of these: the others were there.
  std::uint64_t bytes_fetched = 0;
};

/// Brings the bundle at `url` (s3://bucket/prefix, or a folder) to the folder `to`, and compares
/// every file with its checksum. A newer version takes the place of the former one at once.
Result<BundleFetched> fetch_bundle(const std::string& url, const std::filesystem::path& to);

struct BundleVerified {
  std::string dataset;
  std::string id;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> columns;
  double cosine_min = 1;  ///< Over the golden texts of all columns.
};

/// Compares every file with its checksum, then runs the self-check of every column.
Result<BundleVerified> verify_bundle(const std::filesystem::path& bundle,
                                     const DeployOptions& options);

struct BundleEncoded {
  std::uint64_t rows = 0;
  std::vector<ColumnRun> columns;  ///< texts_missing: those that the bundle did not answer.
  std::vector<std::string> notes;
};

/// Writes the table `input` (Parquet, CSV, JSON lines or of a DuckDB file) with the vectors of the
/// bundle's columns to `output`, a Parquet file, in the order of the input. Beside each vector
/// stands <column>_embedding_from: "store" or "model". Columns that the input does not have are
/// left out. kInvalidArgument: `output` does not end in .parquet. kCancelled: by options.cancel;
/// nothing is written then.
Result<BundleEncoded> encode_with_bundle(const std::filesystem::path& bundle,
                                         const DatasetSource& input,
                                         const std::filesystem::path& output,
                                         const RefreshOptions& options);

/// One column of a bundle as an encoder: gives the vectors that the column hands out, those of
/// known texts without running the model.
struct BundleEncoder {
  std::string column;
  std::unique_ptr<Encoder> encoder;
};

/// Checks the bundle as verify_bundle() does, and opens all its columns. Nothing in the folder is
/// written. `on_cached` may be empty; it is called with the number of texts of a call that the
/// bundle had.
Result<std::vector<BundleEncoder>> open_bundle_encoders(
    const std::filesystem::path& bundle, const DeployOptions& options,
    const std::function<void(std::size_t texts)>& on_cached);

}  // namespace colvec
