// What the JSON of the API looks like (schema.h says how types are written).
#include <array>

#include "schema.h"

namespace colvec::server {
namespace {

constexpr Field kHealth[] = {{"status", "'ok'"}};

constexpr Field kErrorDetail[] = {
    {"code", "string", "\"not found\", \"invalid argument\", ..."},
    {"message", "string", "What failed, a colon, with which value"},
};
constexpr Field kError[] = {{"error", "ErrorDetail"}};

constexpr Field kOpenAiErrorDetail[] = {
    {"message", "string"}, {"type", "string"}, {"param", "string?"}, {"code", "string?"}};
constexpr Field kOpenAiError[] = {{"error", "OpenAiErrorDetail"}};

constexpr Field kInfo[] = {
    {"version", "string"},
    {"home", "string", "The folder of all datasets"},
    {"roots", "[string]", "Folders that paths in requests may lie in"},
    {"needs_token", "boolean"},
    {"threads", "integer"},
    {"uptime_seconds", "number"},
};

constexpr std::array kSchemas = {
    Schema{"Health", "The server answers", kHealth},
    Schema{"ErrorDetail", "What was wrong", kErrorDetail},
    Schema{"Error", "The answer to a request that failed", kError},
    Schema{"OpenAiErrorDetail", "What was wrong, as OpenAI says it", kOpenAiErrorDetail},
    Schema{"OpenAiError", "The answer to a request below /v1 that failed", kOpenAiError},
    Schema{"Info", "What this server is", kInfo},
};

}  // namespace

std::span<const Schema> schemas() { return kSchemas; }

}  // namespace colvec::server
