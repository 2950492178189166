#include "dataset/home.h"

#include "colvec/dataset.h"
#include "remote/object_store.h"
#include "store/uri.h"

namespace colvec {

namespace fs = std::filesystem;

fs::path datasets_folder(const fs::path& home) { return home / "datasets"; }

fs::path dataset_folder(const fs::path& home, std::string_view dataset) {
  return datasets_folder(home) / encode_file_name(dataset);
}

fs::path embeddings_folder(const fs::path& home, std::string_view dataset) {
  return dataset_folder(home, dataset) / "embeddings";
}

fs::path runs_folder(const fs::path& home, std::string_view dataset) {
  return dataset_folder(home, dataset) / "runs";
}

fs::path store_folder(const fs::path& home, std::string_view dataset, std::string_view column) {
  return embeddings_folder(home, dataset) / encode_file_name(column);
}

fs::path turn_file(const fs::path& home, std::string_view dataset, std::string_view column) {
  return dataset_folder(home, dataset) / "turns" / encode_file_name(column);
}

fs::path processed_folder(const fs::path& home, std::string_view dataset) {
  return dataset_folder(home, dataset) / "processed";
}

fs::path source_path(const fs::path& home, const Dataset& dataset) {
  const fs::path& path = dataset.source.path;
  return path.is_absolute() || is_s3_url(path.string()) ? path : home / path;
}

}  // namespace colvec
