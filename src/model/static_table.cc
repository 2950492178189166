#include "model/static_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace colvec {
namespace {

// Rows that are summed in float before they join the sum in double: long texts lose no digits, and
// the inner loop stays float.
constexpr std::size_t kBlockTokens = 32;
// Rows are in no cache, and each is somewhere else: they are asked for while others are summed.
constexpr std::size_t kTokensAhead = 6;

void add_row(const float* __restrict row, float weight, std::size_t n, float* __restrict sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += weight * row[i];
}

Status refuse_unknown(const Weights& files, std::string_view table) {
  std::string unknown;
  files.each([&](const TensorEntry& tensor) {
    if (tensor.name != table && tensor.name != "weights" && tensor.name != "mapping")
      unknown = tensor.name;
  });
  if (unknown.empty()) return {};
  return fail(ErrorCode::kUnsupported,
              files.dir().string() + ": a tensor that static models do not use: " + unknown);
}

}  // namespace

Result<StaticTable> StaticTable::load(const Weights& files) {
  const std::string_view name =
      files.find("embeddings") != nullptr ? "embeddings" : "embedding.weight";
  const TensorEntry* entry = files.find(name);
  if (entry == nullptr)
    return fail(ErrorCode::kUnsupported, files.dir().string() + ": missing tensor: embeddings");
  if (entry->shape.size() != 2 || entry->shape[0] == 0 || entry->shape[1] == 0)
    return fail(ErrorCode::kUnsupported, files.dir().string() + ": " + entry->name +
                                             ": shape is not a table: " + shape_text(entry->shape));
  COLVEC_TRY(refuse_unknown(files, name));

  StaticTable table;
  table.rows_ = entry->shape[0];
  table.dimension_ = entry->shape[1];
  COLVEC_ASSIGN(table.table_, files.table(name, entry->shape, {DType::kI8, DType::kF64}));
  if (const TensorEntry* mapping = files.find("mapping")) {
    const std::array shape = {mapping->shape.empty() ? 0 : mapping->shape[0]};
    COLVEC_ASSIGN(table.mapping_, files.indexes("mapping", shape, table.rows_));
  }
  if (files.find("weights") != nullptr) {
    const std::array shape = {table.vocabulary()};
    COLVEC_ASSIGN(table.weights_, files.floats("weights", shape, {DType::kF64}));
  }
  return table;
}

void StaticTable::mean(std::span<const std::uint32_t> ids, std::size_t begin, std::size_t end,
                       std::span<float> out) const {
  COLVEC_CHECK(out.size() == dimension_ && begin <= end && end <= ids.size());
  std::vector<double> before;  // The sum of the blocks before this one.
  std::fill(out.begin(), out.end(), 0.0f);
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin && (i - begin) % kBlockTokens == 0) {
      before.resize(dimension_);
      for (std::size_t j = 0; j < dimension_; ++j) before[j] += static_cast<double>(out[j]);
      std::fill(out.begin(), out.end(), 0.0f);
    }
    if (i + kTokensAhead < ids.size()) fetch_row(row(ids[i + kTokensAhead]), dimension_);
    COLVEC_DCHECK(ids[i] < vocabulary());
    add_row(row(ids[i]), weights_.empty() ? 1.0f : weights_[ids[i]], dimension_, out.data());
  }
  const double count = static_cast<double>(std::max<std::size_t>(end - begin, 1));
  for (std::size_t j = 0; j < dimension_; ++j) {
    const double sum = static_cast<double>(out[j]) + (before.empty() ? 0.0 : before[j]);
    out[j] = static_cast<float>(sum / count);
  }
}

void normalize_row(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector)
    squares += static_cast<double>(value) * static_cast<double>(value);
  if (squares == 0) return;
  const double scale = 1.0 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) * scale);
}

}  // namespace colvec
