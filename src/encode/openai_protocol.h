// The bodies of OpenAI's POST /v1/embeddings, as a client writes and reads them.
//
// Thread-safety: pure functions. Errors: kCorruption: an answer that is none, or not to what was
// asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "colvec/error.h"

namespace colvec {

// `dimensions` 0: not asked for. The numbers are asked for as base64.
std::string embeddings_request(std::string_view model, std::span<const std::string_view> texts,
                               std::size_t dimensions);

struct EmbeddingsAnswer {
  std::size_t dimension = 0;
  std::vector<float> vectors;  // (texts, dimension), in the order of the texts.
  std::uint64_t tokens = 0;    // Of all texts; 0 where the server does not say.
};
// Takes numbers as base64 and as lists, in any order of the texts.
Result<EmbeddingsAnswer> parse_embeddings(std::string_view body, std::size_t texts);

// Why a server refused a request, on one line: what it says, else its status.
std::string refusal_of(const HttpResponse& response);

}  // namespace colvec
