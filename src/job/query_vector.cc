#include "job/query_vector.h"

#include <fmt/format.h>

#include <algorithm>

#include "job/dataset_columns.h"
#include "job/step_encoder.h"
#include "store/open_store.h"

namespace colvec {
namespace {

constexpr std::string_view kQueryPrompt = "query";

}  // namespace

Result<std::unique_ptr<QueryVector>> QueryVector::open(const std::filesystem::path& home,
                                                       const Dataset& dataset,
                                                       const DatasetColumn& column,
                                                       const SearchOptions& options) {
  const std::string where = "column " + column.name;
  if (!column.embedding)
    return fail(ErrorCode::kNotFound, where + ": has no embedding step: colvec column set " +
                                          dataset.name + " " + column.name +
                                          " --model MODEL gives it one");
  if (!column.active)
    return fail(ErrorCode::kNotFound, where + ": has no vectors yet: colvec dataset refresh " +
                                          dataset.name + " makes them");
  const RefreshOptions opening{.open_encoder = options.open_encoder};
  const std::string model = model_of(home, *column.embedding);
  std::unique_ptr<QueryVector> query(new QueryVector);
  Result<std::unique_ptr<Encoder>> opened =
      open_step_encoder(model, *column.embedding, column.active->precision, opening);
  if (!opened) return at(where + ": model", std::move(opened).error());
  query->encoder_ = std::move(*opened);
  query->info_ = query->encoder_->info();
  if (query->info_.fingerprint != column.active->base)
    return fail(ErrorCode::kConflict,
                fmt::format("{}: the vectors were made by another model than {} is now "
                            "(fingerprint {:.16}, not {:.16}): refresh the dataset",
                            where, model, column.active->base, query->info_.fingerprint));

  // Queries may have a prompt of their own; the model is opened again for that, alone in memory.
  const std::vector<std::string>& names = query->info_.prompt_names;
  const bool has_query_prompt = std::find(names.begin(), names.end(), kQueryPrompt) != names.end();
  if (options.prompt || (has_query_prompt && !column.embedding->prompt)) {
    EncoderOptions how = step_encoder_options(*column.embedding, column.active->precision, 0);
    how.has_prompt = options.prompt.has_value();
    how.prompt = options.prompt.value_or("");
    if (!options.prompt) how.prompt_name = kQueryPrompt;
    query->encoder_.reset();
    COLVEC_ASSIGN(query->encoder_, opening.open_encoder ? opening.open_encoder(model, how)
                                                        : open_encoder(model, how));
  }
  if (column.active->fingerprint == column.active->base) return query;
  COLVEC_ASSIGN(OpenedStore store,
                open_store(store_folder(home, dataset.name, column.name), {}, nullptr));
  COLVEC_ASSIGN(query->projection_, read_projection(*store.store, column.active->fingerprint));
  return query;
}

Result<std::vector<float>> QueryVector::vector_of(std::string_view text) {
  std::vector<float> vector(info_.dimension);
  TextReport report;
  COLVEC_TRY(encoder_->encode(std::span(&text, 1), {vector.data(), 1, vector.size()},
                              std::span(&report, 1), nullptr));
  if (!projection_) return vector;
  std::vector<float> shorter(projection_->out);
  projection_->apply(vector, shorter);
  return shorter;
}

}  // namespace colvec
