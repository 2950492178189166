#include "dataset/pca.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace colvec {

struct Pca::Sums {
  std::size_t dimension = 0;
  double count = 0;
  std::vector<float> first;  // The first vector, until one differs from it.
  bool are_equal = true;
  Eigen::VectorXd sum;
  Eigen::MatrixXd products;  // Sum of x x^T: the lower triangle.
};

Pca::Pca(std::size_t dimension) : sums_(new Sums) {
  const auto size = static_cast<Eigen::Index>(dimension);
  sums_->dimension = dimension;
  sums_->sum = Eigen::VectorXd::Zero(size);
  sums_->products = Eigen::MatrixXd::Zero(size, size);
}

Pca::~Pca() { delete sums_; }

void Pca::add(std::span<const float> rows) {
  COLVEC_CHECK(rows.size() % sums_->dimension == 0);
  for (std::size_t i = 0; i < rows.size() && sums_->are_equal; i += sums_->dimension) {
    const auto row = rows.subspan(i, sums_->dimension);
    if (sums_->first.empty()) sums_->first.assign(row.begin(), row.end());
    sums_->are_equal = std::equal(row.begin(), row.end(), sums_->first.begin());
  }
  const auto cols = static_cast<Eigen::Index>(sums_->dimension);
  const auto count = static_cast<Eigen::Index>(rows.size() / sums_->dimension);
  using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::MatrixXd block =
      Eigen::Map<const RowMajor>(rows.data(), count, cols).cast<double>().transpose();
  sums_->sum += block.rowwise().sum();
  sums_->products.selfadjointView<Eigen::Lower>().rankUpdate(block);
  sums_->count += static_cast<double>(count);
}

Result<PrincipalComponents> Pca::components() const {
  if (sums_->count < 2)
    return fail(ErrorCode::kInvalidArgument, "a PCA needs at least two vectors");
  const Eigen::VectorXd mean = sums_->sum / sums_->count;
  Eigen::MatrixXd covariance = sums_->products / sums_->count;
  covariance.selfadjointView<Eigen::Lower>().rankUpdate(mean, -1.0);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);  // Ascending.
  const Eigen::VectorXd variances = solver.eigenvalues().cwiseMax(0.0);
  const double all = variances.sum();
  // The sums of equal vectors are not exact: some variance may seem to be left.
  if (sums_->are_equal || solver.info() != Eigen::Success || !(all > 0))
    return fail(ErrorCode::kInvalidArgument, "a PCA needs vectors that differ");
  PrincipalComponents found;
  found.dimension = sums_->dimension;
  for (Eigen::Index i = variances.size() - 1; i >= 0; --i) {
    found.variance_explained.push_back(variances[i] / all);
    Eigen::VectorXd direction = solver.eigenvectors().col(i);
    // Of the two signs the one whose largest number is positive: the same on every machine.
    Eigen::Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    if (direction[largest] < 0) direction = -direction;
    for (const double value : direction) found.directions.push_back(static_cast<float>(value));
  }
  return found;
}

std::size_t components_for(const PrincipalComponents& components, double share) {
  double explained = 0;
  for (std::size_t i = 0; i < components.variance_explained.size(); ++i) {
    explained += components.variance_explained[i];
    if (explained >= share) return i + 1;
  }
  return components.variance_explained.size();
}

}  // namespace colvec
