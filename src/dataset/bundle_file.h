// bundle.json: what a bundle consists of, with a checksum of each file.
//
// Format: docs/formats/bundle.md.
//
// Thread-safety: pure functions, but check_bundle_files(), which reads.
// Errors: kCorruption for anything that is not as it was written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec {

struct BundleFile {
  std::string path;  // Relative to the bundle.
  std::uint64_t bytes = 0;
  std::string sha256;
  bool operator==(const BundleFile&) const = default;
};

struct BundleColumn {
  std::string column;
  std::string model;  // A folder relative to the bundle, or a name like builtin:lexical.
  std::string store;  // The folder of the store, relative.
  std::uint64_t keys_version = 0;
  std::string golden_texts;    // JSON lines, relative.
  std::string golden_vectors;  // NumPy, float32: those of the stored kind.
  bool operator==(const BundleColumn&) const = default;
};

struct BundleContents {
  std::string id;
  std::int64_t created_ms = 0;
  std::string engine_version;
  std::string dataset;  // The dataset.json of the bundle, relative.
  std::vector<BundleColumn> columns;
  std::vector<BundleFile> files;
  bool operator==(const BundleContents&) const = default;

  const BundleFile* find(std::string_view path) const;
};

inline constexpr std::string_view kBundleFile = "bundle.json";

std::string to_json(const BundleContents& contents);
Result<BundleContents> parse_bundle(std::string_view json, const std::string& where);

// bundle.json of the folder; kNotFound: there is none.
Result<BundleContents> read_bundle(const std::filesystem::path& bundle);

// Size and SHA-256 of a file of the bundle.
Result<BundleFile> describe_bundle_file(const std::filesystem::path& bundle,
                                        const std::string& path);

// Compares all files with what bundle.json says, on all threads. kCorruption names the first (in
// the order of bundle.json) that is missing or changed.
Status check_bundle_files(const std::filesystem::path& bundle, const BundleContents& contents);

}  // namespace colvec
