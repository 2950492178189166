#include "dataset/fit_projection.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace colvec {
namespace {

constexpr std::uint64_t kFitVectors = 65'536;
// What is lost is measured on fewer: each query is compared with all of them.
constexpr std::size_t kOverlapVectors = 10'000;
constexpr std::size_t kOverlapQueries = 200;
constexpr std::size_t kNeighbours = 10;

// The rows whose hash is below a bound that about `wanted` of `rows` pass, in the order of their
// hashes: sums are the same to the bit, wherever the rows lie.
std::string sample_sql(const FitRequest& request, std::uint64_t wanted) {
  constexpr std::string_view kInOrder = " ORDER BY text_hash";
  const std::string rows = "SELECT embedding FROM " + request.vectors;
  if (request.rows <= wanted) return rows + std::string(kInOrder);
  const auto bound = static_cast<std::uint64_t>(static_cast<double>(wanted) /
                                                static_cast<double>(request.rows) * 4294967296.0);
  return rows + fmt::format(" WHERE text_hash < '{:08x}'{}", bound, kInOrder);
}

// Calls `take` with the numbers of each row.
Status each_vector(Connection& connection, const std::string& sql, std::size_t dimension,
                   const std::function<void(std::span<const float>)>& take) {
  COLVEC_ASSIGN(Stream rows, connection.stream(sql));
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, rows.next());
    if (!chunk) return {};
    for (std::size_t r = 0; r < chunk->rows(); ++r) {
      const std::span<const float> vector = chunk->floats(0, r);
      if (vector.size() != dimension)
        return fail(ErrorCode::kCorruption,
                    fmt::format("a stored vector of {} numbers, not {}", vector.size(), dimension));
      take(vector);
    }
  }
}

bool is_trained_for(const FitRequest& request) {
  return std::find(request.trained_for.begin(), request.trained_for.end(), request.dimension_out) !=
         request.trained_for.end();
}

Result<Projection> make_cut(const FitRequest& request) {
  if (!is_trained_for(request)) {
    std::string list;
    for (const std::size_t dimension : request.trained_for)
      list += (list.empty() ? "" : ", ") + std::to_string(dimension);
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("truncate to {}: the model was not trained for that ({}); method pca "
                            "works with any",
                            request.dimension_out,
                            list.empty() ? std::string("it declares no smaller dimension")
                                         : "it declares " + list));
  }
  return Projection{.base = request.base,
                    .in = request.dimension_in,
                    .out = request.dimension_out,
                    .normalize = request.normalize};
}

Result<Projection> make_pca(Connection& connection, const FitRequest& request) {
  // One vector at a time would spend its time on calls.
  constexpr std::size_t kBlockRows = 1024;
  Pca pca(request.dimension_in);
  std::vector<float> block;
  std::uint64_t count = 0;
  COLVEC_TRY(each_vector(connection, sample_sql(request, kFitVectors), request.dimension_in,
                         [&](std::span<const float> vector) {
                           block.insert(block.end(), vector.begin(), vector.end());
                           if (++count % kBlockRows != 0) return;
                           pca.add(block);
                           block.clear();
                         }));
  pca.add(block);
  if (count <= request.dimension_out)
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("pca to {} numbers needs more than so many distinct texts, there are {}",
                    request.dimension_out, count));
  COLVEC_ASSIGN(const PrincipalComponents components, pca.components());
  const std::size_t out = request.dimension_out > 0
                              ? request.dimension_out
                              : components_for(components, request.compression.variance);
  return project_on(components, request.base, out, request.normalize);
}

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor unit_rows(const std::vector<float>& values, std::size_t dimension) {
  RowMajor rows = Eigen::Map<const RowMajor>(values.data(),
                                             static_cast<Eigen::Index>(values.size() / dimension),
                                             static_cast<Eigen::Index>(dimension));
  rows.rowwise().normalize();
  return rows;
}

// The ten rows nearest to row `query`, itself left out; ascending.
std::vector<Eigen::Index> nearest(const RowMajor& rows, Eigen::Index query) {
  const Eigen::VectorXf scores = rows * rows.row(query).transpose();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(rows.rows()));
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + query);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(kNeighbours, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  order.erase(end, order.end());
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

double neighbour_overlap(const std::vector<float>& base, std::size_t base_dimension,
                         const std::vector<float>& shorter, std::size_t shorter_dimension,
                         std::size_t queries) {
  const RowMajor whole = unit_rows(base, base_dimension);
  const RowMajor cut = unit_rows(shorter, shorter_dimension);
  const auto count = std::min(static_cast<Eigen::Index>(queries), whole.rows());
  std::size_t kept = 0, all = 0;
  for (Eigen::Index query = 0; query < count; ++query) {
    const std::vector<Eigen::Index> a = nearest(whole, query), b = nearest(cut, query);
    std::vector<Eigen::Index> both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    kept += both.size();
    all += a.size();
  }
  return all == 0 ? 1 : static_cast<double>(kept) / static_cast<double>(all);
}

Result<FittedProjection> fit_projection(Connection& connection, const FitRequest& request) {
  const bool cuts =
      request.compression.method == CompressionMethod::kTruncate ||
      (request.compression.method == CompressionMethod::kAuto && is_trained_for(request));
  FittedProjection fitted;
  COLVEC_ASSIGN(fitted.projection, cuts ? make_cut(request) : make_pca(connection, request));
  std::vector<float> base, shorter, result(fitted.projection.out);
  COLVEC_TRY(each_vector(connection, sample_sql(request, kOverlapVectors), request.dimension_in,
                         [&](std::span<const float> vector) {
                           base.insert(base.end(), vector.begin(), vector.end());
                           fitted.projection.apply(vector, result);
                           shorter.insert(shorter.end(), result.begin(), result.end());
                         }));
  fitted.overlap_at_10 = neighbour_overlap(base, request.dimension_in, shorter,
                                           fitted.projection.out, kOverlapQueries);
  return fitted;
}

}  // namespace colvec
