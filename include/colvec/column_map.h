// Draws the vectors of a column on a plane: a sample of its rows, each with the two numbers along
// which the vectors of the sample differ most.
//
// Thread-safety: thread-safe. Errors: those of colvec/search.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"

namespace colvec {

struct MapOptions {
  std::size_t points_max = 2000;
  std::string color{};  ///< A column whose values come along; "" for none.
  std::string memory_limit = "1GB";
  std::size_t threads = 0;              ///< 0: one a core.
  const CancelToken* cancel = nullptr;  ///< Breaks off scans with kCancelled; may be null.
};

struct MapPoint {
  double x = 0;
  double y = 0;
  std::string text{};  ///< The beginning of it.
  std::string key{};   ///< "product_id = 17, shop = 3".
  std::optional<std::string> color{};
};

struct ColumnMap {
  std::vector<MapPoint> points;   ///< The same rows for the same table.
  std::uint64_t rows = 0;         ///< That have a vector.
  double variance_explained = 0;  ///< What share of the differences the plane shows: 0 to 1.
};
std::string to_json(const ColumnMap& map);

/// Reads the table with its vectors that the last refresh has written. kNotFound: no such column,
/// nor one to colour by; kInvalidArgument: no embedding step.
Result<ColumnMap> map_column(const std::filesystem::path& home, std::string_view dataset,
                             std::string_view column, const MapOptions& options);

}  // namespace colvec
