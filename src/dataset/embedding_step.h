// Reads and writes preprocessing_steps.params.embedding of a column.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, with the column, the field, the value
// and what is allowed.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/json_writer.h"
#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec {

Result<EmbeddingStep> read_embedding_step(const Json& json);
// Whether the fields go together.
Status check_step(const EmbeddingStep& step, const std::string& where);
// Fields that have their default are left out, but for the model.
void write_embedding_step(const EmbeddingStep& step, JsonWriter* json);

// JSON of the fields that decide the vectors: steps with the same text here make the same vectors
// with the same model folder.
std::string vector_settings(const EmbeddingStep& step);

std::string_view name_of(CompressionMethod method);

}  // namespace colvec
