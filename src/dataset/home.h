// Where things lie in a home:
//
//   <home>/datasets/<dataset>/dataset.json
//   <home>/datasets/<dataset>/embeddings/<column>/     a store (docs/formats/store.md)
//   <home>/datasets/<dataset>/runs/<uuid>.json
//   <home>/datasets/<dataset>/processed/part-00000.parquet ...
//   <home>/datasets/<dataset>/turns/<column>           locked by the refresh that is at the column
//
// Names in paths are percent-encoded (store/uri.h).
//
// Thread-safety: pure functions.
#pragma once

#include <filesystem>
#include <string_view>

namespace colvec {

std::filesystem::path datasets_folder(const std::filesystem::path& home);
std::filesystem::path dataset_folder(const std::filesystem::path& home, std::string_view dataset);
std::filesystem::path embeddings_folder(const std::filesystem::path& home,
                                        std::string_view dataset);
std::filesystem::path runs_folder(const std::filesystem::path& home, std::string_view dataset);
std::filesystem::path turn_file(const std::filesystem::path& home, std::string_view dataset,
                                std::string_view column);

}  // namespace colvec
