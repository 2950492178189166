// Encoders from static tables: tokenise without special tokens, average rows.
//
// Two rules of the world's libraries, by the folder's kind:
//   model2vec   the text is cut to 512 times the median token length in characters; unknown tokens
//   are dropped;
//               the first 512 that remain count.
//   static      (sentence-transformers' StaticEmbedding) all tokens count, unknown ones too.
//
// Thread-safety: the encoders may be used by several threads at once.
#pragma once

#include <memory>
#include <string>

#include "colvec/error.h"
#include "colvec/opened_model.h"
#include "model/model_folder.h"

namespace colvec {

// REQUIRES: folder.kind is kModel2vec or kStaticEmbedding.
Result<std::unique_ptr<OpenedModel>> open_static(const ModelFolder& folder, std::string name);

}  // namespace colvec
