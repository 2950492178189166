// Makes the vectors of a column from the longer ones that its store keeps: by a cut, or by the
// components of a PCA.
//
// A projection is part of the fingerprint of what it makes, and names the fingerprint of its base.
// It is kept beside the models of the store: models/<f16>.json, and for a PCA models/<f16>.npy with
// the components (docs/formats/store.md).
//
// Thread-safety: a value; apply() may be called by several threads at once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "dataset/pca.h"
#include "store/column_store.h"

namespace colvec {

struct Projection {
  std::string base;                 // Fingerprint, 64 hex digits.
  std::size_t in = 0;               // Numbers of a stored vector.
  std::size_t out = 0;              // Numbers of a vector that it makes: 1 to `in`.
  bool normalize = true;            // Whether the result is scaled to length 1.
  std::vector<float> directions{};  // (out, in); empty for a cut.
  double explained_variance = 0;    // Of a PCA, 0 to 1.

  bool is_cut() const { return directions.empty(); }
  // Each result depends on its own vector alone, to the bit.
  void apply(std::span<const float> vector, std::span<float> result) const;
  // JSON of what decides the result, and its SHA-256.
  std::string made_of() const;
  std::string fingerprint() const;
};

// The first `out` components of a PCA of vectors with the fingerprint `base`.
Projection project_on(const PrincipalComponents& components, std::string base, std::size_t out,
                      bool normalize);

// Keeps the projection in the store; the same one may be there already.
Status save_projection(ColumnStore& store, const Projection& projection);
// kNotFound: the store has none of this fingerprint; kCorruption: it is not as it was written.
Result<Projection> read_projection(ColumnStore& store, std::string_view fingerprint);

}  // namespace colvec
