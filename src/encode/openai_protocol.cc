#include "encode/openai_protocol.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "colvec/encoder.h"

namespace colvec {
namespace {

constexpr std::size_t kReasonCharsMax = 300;

// Little-endian, as this processor has them.
Result<std::vector<float>> floats_of_base64(const Json& value) {
  COLVEC_ASSIGN(const std::string text, value.as_string());
  const Result<std::string> bytes = decode_base64(text);
  if (!bytes || bytes->size() % sizeof(float) != 0) return value.wrong("not numbers in base64");
  std::vector<float> floats(bytes->size() / sizeof(float));
  std::memcpy(floats.data(), bytes->data(), bytes->size());
  return floats;
}

Result<std::vector<float>> floats_of_list(const Json& list) {
  if (!list.is_array()) return list.wrong("neither a list of numbers nor base64");
  std::vector<float> floats(list.size());
  for (std::size_t i = 0; i < floats.size(); ++i) {
    COLVEC_ASSIGN(const double number, list.element(i).as_number());
    floats[i] = static_cast<float>(number);
  }
  return floats;
}

Result<EmbeddingsAnswer> parse(const Json& json, std::size_t texts) {
  COLVEC_ASSIGN(const Json data, json.member("data"));
  if (!data.is_array() || data.size() != texts)
    return fail(ErrorCode::kCorruption,
                fmt::format("data: {} vectors for {} texts", data.size(), texts));
  EmbeddingsAnswer answer;
  std::vector<bool> is_there(texts, false);
  for (std::size_t i = 0; i < texts; ++i) {
    const Json item = data.element(i);
    COLVEC_ASSIGN(const std::uint64_t index, item.unsigned_number("index"));
    if (index >= texts || is_there[index]) return item.wrong("index: not one of a text, or twice");
    is_there[index] = true;
    COLVEC_ASSIGN(const Json embedding, item.member("embedding"));
    COLVEC_ASSIGN(const std::vector<float> vector,
                  embedding.is_string() ? floats_of_base64(embedding) : floats_of_list(embedding));
    if (i == 0) {
      if (vector.empty() || vector.size() > kDimensionMax)
        return fail(ErrorCode::kCorruption,
                    fmt::format("embedding: {} numbers are no vector", vector.size()));
      answer.dimension = vector.size();
      answer.vectors.resize(texts * vector.size());
    }
    if (vector.size() != answer.dimension)
      return fail(ErrorCode::kCorruption, fmt::format("embedding: {} numbers, and {} in another",
                                                      vector.size(), answer.dimension));
    std::copy(vector.begin(), vector.end(),
              answer.vectors.begin() + static_cast<std::ptrdiff_t>(index * answer.dimension));
  }
  COLVEC_ASSIGN(const std::optional<Json> usage, json.find("usage"));
  if (usage) {
    COLVEC_ASSIGN(answer.tokens, usage->unsigned_or("prompt_tokens", 0));
  }
  return answer;
}

}  // namespace

std::string embeddings_request(std::string_view model, std::span<const std::string_view> texts,
                               std::size_t dimensions) {
  JsonWriter json;
  json.begin_object().key("model").text(model).key("input").begin_list();
  for (const std::string_view text : texts) json.text(text);
  json.end_list().key("encoding_format").text("base64");
  if (dimensions != 0) json.key("dimensions").number(std::uint64_t{dimensions});
  return json.end_object().take();
}

Result<EmbeddingsAnswer> parse_embeddings(std::string_view body, std::size_t texts) {
  Result<Json> json = Json::parse(body, "answer");
  Result<EmbeddingsAnswer> answer =
      json ? parse(*json, texts)
           : Result<EmbeddingsAnswer>(tl::make_unexpected(std::move(json).error()));
  // Whatever is wrong with it, it is the server's doing.
  if (!answer) answer.error().code = ErrorCode::kCorruption;
  return answer;
}

std::string refusal_of(const HttpResponse& response) {
  std::string reason;
  const Result<Json> json = Json::parse(response.body, "answer");
  const Result<Json> error = json ? json->member("error") : json;
  if (error && error->is_string()) reason = error->as_string().value_or("");
  if (error && error->is_object()) reason = error->string_or("message", "").value_or("");
  if (reason.empty()) return fmt::format("the server answers {}", response.status);
  reason = reason.substr(0, kReasonCharsMax);
  std::replace_if(
      reason.begin(), reason.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
  return fmt::format("the server answers {}: {}", response.status, reason);
}

}  // namespace colvec
