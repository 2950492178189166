#include "embedding_request.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "answer.h"
#include "colvec/json.h"
#include "colvec/json_writer.h"

namespace colvec::server {
namespace {

constexpr std::size_t kIdsMax = 1u << 20;  // Of a whole request.
constexpr std::string_view kBytesType = "application/octet-stream";

tl::unexpected<Error> wrong(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

Result<std::string> read_text(const Json& value, const std::string& where) {
  COLVEC_ASSIGN(std::string text, value.as_string());
  if (text.empty()) return wrong(where + ": must not be empty");
  return text;
}

Result<std::vector<std::uint32_t>> read_ids(const Json& list, const std::string& where,
                                            std::size_t ids_max) {
  std::vector<std::uint32_t> ids;
  if (list.size() == 0) return wrong(where + ": must not be empty");
  if (list.size() > ids_max) return wrong(fmt::format("input: must have at most {} ids", kIdsMax));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Result<std::uint64_t> id = list.element(i).as_unsigned();
    if (!id || *id > 0xFFFFFFFFu)
      return wrong(
          fmt::format("{}[{}]: must be a token id: {:.40}", where, i, list.element(i).dump()));
    ids.push_back(static_cast<std::uint32_t>(*id));
  }
  return ids;
}

// A list of texts, of token ids, or of lists of token ids.
Status read_list(const Json& input, EmbeddingRequest* request) {
  if (input.size() == 0) return wrong("input: must not be empty");
  if (input.element(0).is_number()) {
    COLVEC_ASSIGN(request->ids.emplace_back(), read_ids(input, "input", kIdsMax));
    return {};
  }
  if (input.size() > kInputsMax)
    return wrong(fmt::format("input: must have at most {} elements: {}", kInputsMax, input.size()));
  const bool has_ids = input.element(0).is_array();
  std::size_t ids = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const Json value = input.element(i);
    const std::string where = fmt::format("input[{}]", i);
    if (has_ids ? !value.is_array() : !value.is_string())
      return wrong(where + ": must be " + (has_ids ? "a list of token ids" : "a text") +
                   ", as the first one");
    if (has_ids) {
      COLVEC_ASSIGN(request->ids.emplace_back(), read_ids(value, where, kIdsMax - ids));
      ids += request->ids.back().size();
    } else {
      COLVEC_ASSIGN(request->texts.emplace_back(), read_text(value, where));
    }
  }
  return {};
}

Status read_input(const Json& body, EmbeddingRequest* request) {
  COLVEC_ASSIGN(const std::optional<Json> input, body.find("input"));
  if (!input) return wrong("input: missing");
  if (input->is_array()) return read_list(*input, request);
  if (!input->is_string()) return wrong("input: must be a text or a list");
  COLVEC_ASSIGN(request->texts.emplace_back(), read_text(*input, "input"));
  return {};
}

Status read_settings(const Json& body, EmbeddingRequest* request) {
  COLVEC_ASSIGN(const std::optional<Json> model, body.find("model"));
  if (model) {
    if (!model->is_string()) return wrong("model: must be a text");
    COLVEC_ASSIGN(request->model, model->as_string());
  }
  COLVEC_ASSIGN(const std::optional<Json> format, body.find("encoding_format"));
  if (format) {
    const std::string name = format->is_string() ? *format->as_string() : format->dump();
    if (name != "float" && name != "base64")
      return wrong(fmt::format("encoding_format: must be float or base64: {:.40}", name));
    if (name == "base64") request->form = EmbeddingForm::kBase64;
  }
  COLVEC_ASSIGN(const std::optional<Json> dimensions, body.find("dimensions"));
  if (dimensions) {
    const Result<std::uint64_t> number = dimensions->as_unsigned();
    if (!number || *number == 0)
      return wrong(
          fmt::format("dimensions: must be a whole number from 1: {:.40}", dimensions->dump()));
    request->dimensions = *number;
  }
  COLVEC_ASSIGN(const std::optional<Json> truncate, body.find("truncate"));
  if (truncate) {
    if (!truncate->is_boolean()) return wrong("truncate: must be true or false");
    request->truncate = *truncate->as_boolean();
  }
  return {};
}

// One after the other, in the order of the machine: little-endian, as base64 is defined here.
std::string_view bytes_of(std::span<const float> vector) {
  return {reinterpret_cast<const char*>(vector.data()), vector.size_bytes()};
}

void append_numbers(std::span<const float> vector, std::string* json) {
  json->push_back('[');
  for (std::size_t i = 0; i < vector.size(); ++i)
    fmt::format_to(std::back_inserter(*json), FMT_COMPILE("{}{}"), i == 0 ? "" : ",", vector[i]);
  json->push_back(']');
}

std::string embedding_json(const EmbeddingRequest& request, const EmbedAnswer& answer,
                           std::string_view model, std::uint64_t tokens) {
  std::string json = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < answer.reports.size(); ++i) {
    const std::span vector(&answer.vectors[i * answer.dimension], answer.dimension);
    json +=
        fmt::format(R"({}{{"object":"embedding","index":{},"embedding":)", i == 0 ? "" : ",", i);
    if (request.form == EmbeddingForm::kBase64)
      json += "\"" + base64(bytes_of(vector)) + "\"";
    else
      append_numbers(vector, &json);
    json += "}";
  }
  json += fmt::format(R"(],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})",
                      json_quote(model), tokens, tokens);
  return json;
}

Status check_answer(const EmbeddingRequest& request, const EmbedAnswer& answer) {
  for (std::size_t i = 0; i < answer.reports.size(); ++i)
    if (answer.reports[i].truncated && !request.truncate)
      return wrong(
          fmt::format("input[{}]: has more tokens than the {} that count (truncate: true "
                      "takes its beginning)",
                      i, answer.reports[i].token_count));
  const auto is_finite = [](float value) { return std::isfinite(value); };
  if (std::all_of(answer.vectors.begin(), answer.vectors.end(), is_finite)) return {};
  return fail(ErrorCode::kCorruption, "the model gave a vector that is not finite");
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = (byte(i) << 16) | (byte(i + 1) << 8) | byte(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) text.push_back(kDigits[(group >> shift) & 63]);
  }
  for (std::size_t rest = bytes.size() % 3, i = 0; rest != 0 && i < 3 - rest; ++i)
    text[text.size() - 1 - i] = '=';
  return text;
}

Result<EmbeddingRequest> parse_embedding_request(std::string_view body, std::string_view accept) {
  Result<Json> json = Json::parse(body, "body");
  if (!json) return wrong(std::move(json).error().message);
  if (!json->is_object()) return wrong("body: must be an object");
  EmbeddingRequest request;
  COLVEC_TRY(read_input(*json, &request));
  COLVEC_TRY(read_settings(*json, &request));
  if (accept.starts_with(kBytesType)) request.form = EmbeddingForm::kBytes;
  return request;
}

Result<Response> embedding_response(const EmbeddingRequest& request, const EmbedAnswer& answer,
                                    std::string_view model) {
  COLVEC_TRY(check_answer(request, answer));
  std::uint64_t tokens = 0;
  std::size_t truncated = 0;
  for (const TextReport& report : answer.reports) {
    tokens += report.token_count;
    truncated += report.truncated;
  }
  Response response;
  if (request.form == EmbeddingForm::kBytes) {
    response = {.content_type = std::string(kBytesType),
                .headers = {{"Cache-Control", "no-store"},
                            {"X-Colvec-Shape",
                             fmt::format("{},{}", answer.reports.size(), answer.dimension)},
                            {"X-Colvec-Tokens", std::to_string(tokens)}},
                .body = std::string(bytes_of(answer.vectors))};
  } else {
    response = json_answer(embedding_json(request, answer, model, tokens));
  }
  if (truncated > 0) response.headers.push_back({"X-Colvec-Truncated", std::to_string(truncated)});
  return response;
}

}  // namespace colvec::server
