// Makes a static table of a transformer: for tables with more texts than a transformer gets through
// on this machine.
//
// Each token of the teacher's vocabulary goes through the teacher by itself; a principal component
// analysis makes the vectors shorter; tokens that occur often weigh less. A text's vector is then
// the mean of its tokens' rows: thousands of times less work, and no word knows of the others. What
// that costs is measured on the user's own texts.
//
// Thread-safety: one call an output folder at a time. Errors: of models as open_encoder() says;
// kUnsupported: a teacher without tokens of its own; kConflict: the folder has something in it;
// kCancelled; kIo.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

struct DistillOptions {
  std::size_t dimension = 256;  ///< That of the teacher, where that is less.
  /// Texts like those that the table is for: they say how often tokens occur, and are what is
  /// measured with. Without any, token i counts as the i-th most frequent, and nothing is measured.
  std::vector<std::string> texts{};
  std::size_t sample_max = 1000;           ///< Texts to compare with the teacher.
  Precision precision = Precision::kAuto;  ///< Of the teacher.
  const CancelToken* cancel = nullptr;     ///< May be null.
  std::function<void(std::size_t done, std::size_t all)> on_tokens{};  ///< May be empty.
};

struct DistillReport {
  EncoderInfo teacher;
  std::size_t vocabulary = 0;  ///< Rows of the table.
  std::size_t dimension = 0;
  double variance_explained = 0;  ///< Of the tokens' vectors, by the dimensions that stay: 0 to 1.
  bool has_frequencies = false;   ///< Whether `texts` said how often tokens occur.

  /// Of the texts that were compared, all of which differ. 0: nothing was measured.
  std::size_t sampled_texts = 0;
  /// How many of the ten nearest of each text are the same as with the teacher: 0 to 1.
  double neighbour_overlap = 0;
  /// Spearman's, of the cosines of all pairs of texts: -1 to 1.
  double rank_correlation = 0;
  double teacher_texts_per_second = 0;
  double table_texts_per_second = 0;
};

/// Writes the table to `folder`, which may not be there or is empty, as a folder that
/// open_encoder() and model2vec read; the report lies in it as distillation.json.
Result<DistillReport> distill_model(std::string_view teacher, const std::filesystem::path& folder,
                                    const DistillOptions& options);

std::string to_json(const DistillReport& report);

}  // namespace colvec
