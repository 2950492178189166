#include "dataset/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/float_vectors.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/npy.h"
#include "store/vector_set.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumbersMax = std::size_t{1} << 28;

std::string npy_of(const Projection& projection) {
  std::string bytes = npy_header(projection.out, projection.in);
  bytes.append(reinterpret_cast<const char*>(projection.directions.data()),
               projection.directions.size() * sizeof(float));
  return bytes;
}

std::string sha256_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hex(hash.finish());
}

fs::path path_of(const ColumnStore& store, std::string_view fingerprint, std::string_view ending) {
  return store.folder() / "models" / (vector_set_of(fingerprint, "").model + std::string(ending));
}

// What is described, without the directions of a PCA; `is_pca` tells whether there are some.
Result<Projection> parse_made_of(const std::string& text, const std::string& where, bool* is_pca) {
  COLVEC_ASSIGN(const Json made_of, Json::parse(text, where));
  Projection projection;
  COLVEC_ASSIGN(const std::string kind, made_of.string("kind"));
  COLVEC_ASSIGN(projection.base, made_of.string("base"));
  COLVEC_ASSIGN(projection.in, made_of.unsigned_number("base_dimension"));
  COLVEC_ASSIGN(projection.out, made_of.unsigned_number("dimension"));
  COLVEC_ASSIGN(projection.normalize, made_of.boolean("normalize"));
  *is_pca = kind == "pca";
  if (!*is_pca) return projection;
  COLVEC_ASSIGN(const std::string explained, made_of.string("explained_variance"));
  COLVEC_ASSIGN(const Json number, Json::parse(explained, where + ": explained_variance"));
  COLVEC_ASSIGN(projection.explained_variance, number.as_number());
  return projection;
}

}  // namespace

void Projection::apply(std::span<const float> vector, std::span<float> result) const {
  COLVEC_DCHECK(vector.size() == in && result.size() == out);
  if (is_cut())
    std::copy_n(vector.begin(), out, result.begin());
  else
    for (std::size_t i = 0; i < out; ++i)
      result[i] = inner_product(std::span(directions).subspan(i * in, in), vector);
  if (!normalize) return;
  const float length = std::sqrt(inner_product(result, result));
  if (!(length > 0)) return;
  for (float& value : result) value /= length;
}

std::string Projection::made_of() const {
  JsonWriter json;
  json.begin_object().key("kind").text(is_cut() ? "cut" : "pca").key("base").text(base);
  json.key("base_dimension").number(in).key("dimension").number(out);
  json.key("normalize").boolean(normalize);
  if (!is_cut()) {
    json.key("directions").text(sha256_of(npy_of(*this)));
    json.key("explained_variance").text(fmt::format("{:.6f}", explained_variance));
  }
  return json.end_object().take();
}

std::string Projection::fingerprint() const { return sha256_of(made_of()); }

Projection project_on(const PrincipalComponents& components, std::string base, std::size_t out,
                      bool normalize) {
  COLVEC_CHECK(out <= components.variance_explained.size());
  Projection projection{
      .base = std::move(base), .in = components.dimension, .out = out, .normalize = normalize};
  const auto end = static_cast<std::ptrdiff_t>(out * components.dimension);
  projection.directions.assign(components.directions.begin(), components.directions.begin() + end);
  for (std::size_t i = 0; i < out; ++i)
    projection.explained_variance += components.variance_explained[i];
  return projection;
}

Status save_projection(ColumnStore& store, const Projection& projection) {
  const std::string fingerprint = projection.fingerprint();
  if (!projection.is_cut()) {
    // Before the entry that names it.
    const fs::path path = path_of(store, fingerprint, ".npy");
    COLVEC_TRY(store.files().make_folders(path.parent_path()));
    COLVEC_TRY(write_whole(store.files(), path, npy_of(projection)));
  }
  return store.add_model({.fingerprint = fingerprint,
                          .name = projection.is_cut() ? "cut" : "pca",
                          .made_of = projection.made_of(),
                          .dimension = projection.out});
}

Result<Projection> read_projection(ColumnStore& store, std::string_view fingerprint) {
  COLVEC_ASSIGN(const StoreModel model, store.model(vector_set_of(fingerprint, "").model));
  const fs::path path = path_of(store, fingerprint, ".json");
  bool is_pca = false;
  Result<Projection> projection =
      parse_made_of(model.made_of, path.string() + ": made_of", &is_pca);
  if (!projection) return fail(ErrorCode::kCorruption, std::move(projection).error().message);
  const auto damaged = [&](const fs::path& file) {
    return fail(ErrorCode::kCorruption,
                file.string() + ": is not of the projection " + std::string(fingerprint));
  };
  if (projection->out == 0 || projection->out > projection->in ||
      projection->in > kNumbersMax / projection->out)
    return damaged(path);
  if (is_pca) {
    const fs::path directions = path_of(store, fingerprint, ".npy");
    Result<NpyMatrix> matrix = read_npy(directions);
    if (!matrix) return fail(ErrorCode::kCorruption, std::move(matrix).error().message);
    if (matrix->rows != projection->out || matrix->cols != projection->in)
      return damaged(directions);
    projection->directions = std::move(matrix->values);
    if (projection->fingerprint() != fingerprint) return damaged(directions);
  }
  if (projection->fingerprint() != fingerprint) return damaged(path);
  return projection;
}

}  // namespace colvec
