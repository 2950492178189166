// Encoders behind an endpoint that speaks OpenAI's /v1/embeddings: `openai:NAME`.
//
// The base URL is OPENAI_BASE_URL ("https://HOST/v1"), the key OPENAI_API_KEY; both from the
// environment only. Texts leave this machine. A text that the server refuses by itself gets a
// vector of NaN, which is for the policy on bad vectors; texts of a request that was refused are
// asked for again in halves.
//
// Thread-safety: the encoders may be used by several threads at once.
// Errors of opening and encode(): kInvalidArgument: no base URL, a key that is not taken;
// kNotFound: no such model or route there; kIo: the network, a server that is down after all tries;
// kCorruption: an answer that is none, or vectors of another dimension.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/environment.h"
#include "colvec/error.h"
#include "colvec/opened_model.h"

namespace colvec {

inline constexpr std::string_view kOpenAiPrefix = "openai:";

struct OpenAiEndpoint {
  std::string base_url{};  // Without a slash at its end.
  std::string key{};       // "" for none.
  std::string model{};     // As the endpoint knows it.
  BackoffOptions backoff{.first_ms = 500, .longest_ms = 30'000};
};

// `name` is "openai:NAME". kInvalidArgument: no base URL; kUnsupported: offline.
Result<OpenAiEndpoint> find_openai_endpoint(std::string_view name, const Environment& environment);

// Asks nothing yet; each encoder that is opened asks for one vector, to know the dimension.
std::unique_ptr<OpenedModel> open_openai(OpenAiEndpoint endpoint);

}  // namespace colvec
