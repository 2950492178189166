#include "encode/openai_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/http_retry.h"
#include "base/io_threads.h"
#include "base/json.h"
#include "encode/encoder_choices.h"
#include "encode/fingerprint.h"
#include "encode/openai_protocol.h"
#include "encode/stopwatch.h"
#include "model/static_table.h"

namespace colvec {
namespace {

constexpr std::size_t kTextsInRequest = 128;
// Below what servers take in one request: 300,000 tokens.
constexpr std::size_t kBytesInRequest = 256u << 10;
constexpr std::size_t kRequestsAtOnce = 8;  // Of one call of encode().
constexpr std::size_t kAnswerBytesMax = 512u << 20;
// Servers on a CPU think for minutes before the first byte.
constexpr std::uint64_t kStallMs = 300'000;
constexpr std::string_view kProbe = "dimension";

// Texts [begin, end) of a call.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Range> split(std::span<const std::string_view> texts, std::size_t texts_max) {
  std::vector<Range> ranges;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool is_full = ranges.empty() || i - ranges.back().begin == texts_max ||
                         bytes + texts[i].size() > kBytesInRequest;
    if (is_full) {
      ranges.push_back({i, i});
      bytes = 0;
    }
    ranges.back().end = i + 1;
    bytes += texts[i].size();
  }
  return ranges;
}

// Whether it is the texts that a server does not want.
bool refuses_texts(int status) { return status == 400 || status == 413 || status == 422; }

// One endpoint, and the connections to it.
class Endpoint {
 public:
  explicit Endpoint(OpenAiEndpoint endpoint) : endpoint_(std::move(endpoint)) {}

  const OpenAiEndpoint& settings() const { return endpoint_; }
  std::string name() const { return std::string(kOpenAiPrefix) + endpoint_.model; }

  Result<HttpResponse> ask(std::span<const std::string_view> texts, std::size_t dimensions) {
    const std::string body = embeddings_request(endpoint_.model, texts, dimensions);
    HttpResult response = send_with_retries(client_, endpoint_.backoff, [&]() -> HttpRequest {
      return {.method = "POST",
              .url = endpoint_.base_url + "/embeddings",
              .headers = {{"Content-Type", "application/json"}},
              .authorization = endpoint_.key.empty() ? "" : "Bearer " + endpoint_.key,
              .body = body,
              .body_bytes_max = kAnswerBytesMax,
              .stall_timeout_ms = kStallMs};
    });
    if (!response) return at(name(), std::move(response.error().error));
    return *std::move(response);
  }

  tl::unexpected<Error> refused(const HttpResponse& response) const {
    std::string reason = refusal_of(response);
    // Some servers repeat the key that they do not take.
    if (const std::size_t key = reason.find(endpoint_.key);
        !endpoint_.key.empty() && key != std::string::npos)
      reason.replace(key, endpoint_.key.size(), "***");
    const std::string message = fmt::format("{}: {}: {}", name(), endpoint_.base_url, reason);
    switch (response.status) {
      case 401:
      case 403:
        return fail(ErrorCode::kInvalidArgument, message + " (OPENAI_API_KEY)");
      case 404:
        return fail(ErrorCode::kNotFound, message);
      default:
        return fail(refuses_texts(response.status) ? ErrorCode::kInvalidArgument : ErrorCode::kIo,
                    message);
    }
  }

  Result<EmbeddingsAnswer> parse(const HttpResponse& response, std::size_t texts) const {
    Result<EmbeddingsAnswer> answer = parse_embeddings(response.body, texts);
    if (!answer) return at(name() + ": " + endpoint_.base_url, std::move(answer).error());
    return answer;
  }

 private:
  const OpenAiEndpoint endpoint_;
  HttpClient client_;
};

struct EndpointSettings {
  std::string prompt;
  std::size_t dimensions = 0;  // Asked for; 0: not.
  std::size_t texts_max = kTextsInRequest;
  bool normalize = true;
};

// Whether a vector is normalised already, but for rounding: scaled again, it would lose the bits
// that the server's encoder gave it.
bool has_length_one(std::span<const float> vector) {
  double squares = 0;
  for (const float x : vector) squares += static_cast<double>(x) * x;
  return std::abs(squares - 1) < 1e-6;
}

class OpenAiEncoder final : public Encoder {
 public:
  OpenAiEncoder(std::shared_ptr<Endpoint> endpoint, EndpointSettings settings, EncoderInfo info)
      : endpoint_(std::move(endpoint)), settings_(std::move(settings)), info_(std::move(info)) {}

  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == info_.dimension);
    std::vector<std::string> prompted;
    std::vector<std::string_view> views(texts.begin(), texts.end());
    if (!settings_.prompt.empty()) {
      prompted.reserve(texts.size());
      for (std::string_view& view : views) {
        prompted.push_back(settings_.prompt + std::string(view));
        view = prompted.back();
      }
    }
    const Stopwatch watch;
    const std::vector<Range> ranges = split(views, settings_.texts_max);
    COLVEC_TRY(for_each_io(ranges.size(), kRequestsAtOnce, [&](std::size_t i) {
      return encode_range(views, ranges[i], out, reports);
    }));
    if (times != nullptr) times->encode_ns += watch.elapsed_ns();
    return {};
  }

 private:
  Status encode_range(std::span<const std::string_view> texts, Range range, VectorRows out,
                      std::span<TextReport> reports) {
    const auto some = texts.subspan(range.begin, range.end - range.begin);
    COLVEC_ASSIGN(const HttpResponse response, endpoint_->ask(some, settings_.dimensions));
    if (response.status == 200) {
      COLVEC_ASSIGN(const EmbeddingsAnswer answer, endpoint_->parse(response, some.size()));
      return take(answer, some, range.begin, out, reports);
    }
    if (!refuses_texts(response.status)) return endpoint_->refused(response);
    if (some.size() == 1) {
      const std::span<float> row = out.row(range.begin);
      std::fill(row.begin(), row.end(), std::numeric_limits<float>::quiet_NaN());
      reports[range.begin] = {};
      return {};
    }
    const std::size_t middle = range.begin + some.size() / 2;
    COLVEC_TRY(encode_range(texts, {range.begin, middle}, out, reports));
    return encode_range(texts, {middle, range.end}, out, reports);
  }

  Status take(const EmbeddingsAnswer& answer, std::span<const std::string_view> texts,
              std::size_t first, VectorRows out, std::span<TextReport> reports) const {
    if (answer.dimension != info_.dimension)
      return fail(ErrorCode::kCorruption,
                  fmt::format("{}: a vector of {} numbers, not {}", info_.model, answer.dimension,
                              info_.dimension));
    std::size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::span<float> row = out.row(first + i);
      std::copy_n(answer.vectors.begin() + static_cast<std::ptrdiff_t>(i * row.size()), row.size(),
                  row.begin());
      if (settings_.normalize && !has_length_one(row)) normalize_row(row);
      // The server tells the tokens of all texts together; each has its share by length.
      const double share =
          bytes == 0 ? 0 : static_cast<double>(texts[i].size()) / static_cast<double>(bytes);
      reports[first + i] = {.token_count = static_cast<std::uint32_t>(
                                std::llround(share * static_cast<double>(answer.tokens)))};
    }
    return {};
  }

  std::shared_ptr<Endpoint> endpoint_;
  EndpointSettings settings_;
  EncoderInfo info_;
};

std::string made_of(const OpenAiEndpoint& endpoint, const EndpointSettings& settings) {
  return json_object({{"kind", "\"endpoint\""},
                      {"provider", "\"openai\""},
                      {"base_url", json_quote(endpoint.base_url)},
                      {"model", json_quote(endpoint.model)},
                      {"dimensions", std::to_string(settings.dimensions)},
                      {"prompt", json_quote(settings.prompt)},
                      {"normalize", settings.normalize ? "true" : "false"}});
}

class OpenedOpenAi final : public OpenedModel {
 public:
  explicit OpenedOpenAi(OpenAiEndpoint endpoint)
      : endpoint_(std::make_shared<Endpoint>(std::move(endpoint))) {}

  Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const override {
    const std::string name = endpoint_->name();
    COLVEC_TRY(check_no_strip(name, options));
    EndpointSettings settings{
        .prompt = {}, .dimensions = options.dimension, .normalize = options.normalize};
    COLVEC_ASSIGN(settings.prompt, choose_prompt({}, options));
    if (options.batch_texts_max != 0) settings.texts_max = options.batch_texts_max;
    COLVEC_ASSIGN(const std::size_t dimension, probe(settings.dimensions));
    EncoderInfo info;
    info.model = name;
    info.kind = "endpoint";
    info.isa = "remote";
    info.note = fmt::format("texts go to {} ({})", endpoint_->settings().base_url, name);
    set_fingerprint(made_of(endpoint_->settings(), settings), dimension, dimension, &info);
    return std::make_unique<OpenAiEncoder>(endpoint_, std::move(settings), std::move(info));
  }

 private:
  // How many numbers a vector has.
  Result<std::size_t> probe(std::size_t dimensions) const {
    COLVEC_ASSIGN(const HttpResponse response, endpoint_->ask(std::span(&kProbe, 1), dimensions));
    if (response.status != 200) return endpoint_->refused(response);
    COLVEC_ASSIGN(const EmbeddingsAnswer answer, endpoint_->parse(response, 1));
    if (dimensions != 0 && answer.dimension != dimensions)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: dimension: the endpoint gives {} numbers, not {}",
                              endpoint_->name(), answer.dimension, dimensions));
    return answer.dimension;
  }

  std::shared_ptr<Endpoint> endpoint_;
};

}  // namespace

Result<OpenAiEndpoint> find_openai_endpoint(std::string_view name, const Environment& environment) {
  OpenAiEndpoint endpoint;
  endpoint.model = name.substr(kOpenAiPrefix.size());
  const std::string shown(name);
  if (endpoint.model.empty())
    return fail(ErrorCode::kInvalidArgument, "a name must follow: " + shown);
  if (is_offline(environment))
    return fail(ErrorCode::kUnsupported, shown + ": is an endpoint, and this is offline");
  endpoint.base_url = environment("OPENAI_BASE_URL").value_or("");
  while (endpoint.base_url.ends_with('/')) endpoint.base_url.pop_back();
  if (endpoint.base_url.empty())
    return fail(ErrorCode::kInvalidArgument,
                shown + ": at which endpoint? OPENAI_BASE_URL says so: https://HOST/v1");
  endpoint.key = environment("OPENAI_API_KEY").value_or("");
  return endpoint;
}

std::unique_ptr<OpenedModel> open_openai(OpenAiEndpoint endpoint) {
  return std::make_unique<OpenedOpenAi>(std::move(endpoint));
}

}  // namespace colvec
