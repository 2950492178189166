// POST /v1/embeddings as OpenAI defines it: reads the body, writes the answer.
//
// Thread-safety: values and pure functions. Errors: kInvalidArgument; the message begins with the
// parameter that is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "batcher.h"
#include "colvec/error.h"
#include "http/message.h"

namespace colvec::server {

enum class EmbeddingForm { kFloat, kBase64, kBytes };

struct EmbeddingRequest {
  std::vector<std::string> texts{};  // One of the two.
  std::vector<std::vector<std::uint32_t>> ids{};
  std::string model{};         // "" where it is left out.
  std::size_t dimensions = 0;  // 0: the model's own.
  EmbeddingForm form = EmbeddingForm::kFloat;
  bool truncate = true;  // Whether texts that are too long count by their beginning; else an error.
};

inline constexpr std::size_t kInputsMax = 2048;

// `accept` is the value of that header: application/octet-stream asks for bytes.
Result<EmbeddingRequest> parse_embedding_request(std::string_view body, std::string_view accept);

// kInvalidArgument: a text that is too long, where the request does not allow it; kCorruption: a
// vector that is not finite.
Result<Response> embedding_response(const EmbeddingRequest& request, const EmbedAnswer& answer,
                                    std::string_view model);

// Bytes as base64, with padding (RFC 4648).
std::string base64(std::string_view bytes);

}  // namespace colvec::server
