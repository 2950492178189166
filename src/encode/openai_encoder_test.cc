#include "encode/openai_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/hash.h"
#include "base/http.h"
#include "base/json.h"
#include "model/static_table.h"
#include "test_server.h"

namespace colvec {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

constexpr BackoffOptions kQuick{.first_ms = 1, .longest_ms = 5, .attempts_max = 4};
constexpr std::size_t kDimension = 8;

// What fake_openai.py gives, scaled to length 1.
std::vector<float> vector_of(std::string_view text, bool normalize = true) {
  Sha256 sha;
  sha.update(text);
  const Digest digest = sha.finish();
  std::vector<float> vector;
  for (std::size_t i = 0; i < kDimension; ++i)
    vector.push_back((static_cast<float>(digest[i]) - 128.0f) / 128.0f);
  if (normalize) normalize_row(vector);
  return vector;
}

struct Encoded {
  Status status;
  std::vector<float> vectors;
  std::vector<TextReport> reports;
  std::vector<float> row(std::size_t i) const {
    const auto begin = vectors.begin() + static_cast<std::ptrdiff_t>(i * kDimension);
    return {begin, begin + kDimension};
  }
};

Encoded encode(Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::size_t dimension = encoder.info().dimension;
  Encoded encoded{.status = {},
                  .vectors = std::vector<float>(texts.size() * dimension),
                  .reports = std::vector<TextReport>(texts.size())};
  encoded.status = encoder.encode(views, {encoded.vectors.data(), texts.size(), dimension},
                                  encoded.reports, nullptr);
  return encoded;
}

class OpenAi : public testing::Test {
 protected:
  void SetUp() override {
    if (!server_.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  }
  OpenAiEndpoint endpoint(const std::string& model) const {
    return {.base_url = server_.url("/v1"), .key = "sk-test", .model = model, .backoff = kQuick};
  }
  std::unique_ptr<Encoder> open(const std::string& model, const EncoderOptions& options = {}) {
    return open_openai(endpoint(model))->encoder(options).value();
  }
  Error refusal(const OpenAiEndpoint& endpoint, const EncoderOptions& options = {}) {
    return open_openai(endpoint)->encoder(options).error();
  }
  Json get(const std::string& path) {
    HttpClient client([](const std::string&) { return std::nullopt; });
    return Json::parse(client.send({.url = server_.url(path)})->body, "fake").value();
  }
  void fail(const std::string& kind, int times) {
    get("/fail/" + kind + "/" + std::to_string(times));
  }

  TestServer server_{"fake_openai.py"};
};

TEST_F(OpenAi, GivesTheVectorsOfTheEndpoint) {
  for (const char* model : {"m", "shuffled", "lists"}) {
    const auto encoder = open(model);
    EXPECT_EQ(encoder->info().model, std::string("openai:") + model);
    EXPECT_EQ(encoder->info().kind, "endpoint");
    EXPECT_EQ(encoder->info().dimension, kDimension);
    const Encoded encoded = encode(*encoder, {"a red apple", "hammer"});
    ASSERT_TRUE(encoded.status.has_value()) << encoded.status.error().message;
    EXPECT_THAT(encoded.row(0), ElementsAreArray(vector_of("a red apple"))) << model;
    EXPECT_THAT(encoded.row(1), ElementsAreArray(vector_of("hammer"))) << model;
    // Four words, shared by length: 11 and 6 bytes.
    EXPECT_EQ(encoded.reports[0].token_count, 3u);
    EXPECT_EQ(encoded.reports[1].token_count, 1u);
  }
}

TEST_F(OpenAi, PutsThePromptBeforeAndScalesOnlyWhenAsked) {
  EncoderOptions options;
  options.prompt = "query: ";
  options.has_prompt = true;
  options.normalize = false;
  const Encoded encoded = encode(*open("m", options), {"x"});
  EXPECT_THAT(encoded.row(0), ElementsAreArray(vector_of("query: x", false)));
}

TEST_F(OpenAi, AsksForManyTextsInBatches) {
  EncoderOptions options;
  options.batch_texts_max = 50;
  const auto encoder = open("m", options);
  std::vector<std::string> texts;
  for (int i = 0; i < 120; ++i) texts.push_back("text " + std::to_string(i));
  const Encoded encoded = encode(*encoder, texts);
  ASSERT_TRUE(encoded.status.has_value());
  for (std::size_t i = 0; i < texts.size(); ++i)
    ASSERT_THAT(encoded.row(i), ElementsAreArray(vector_of(texts[i])));
  EXPECT_EQ(get("/requests").size(), 4u);  // One for the dimension, then 50, 50 and 20.
  // Long texts make small requests.
  const Encoded longer = encode(*encoder, std::vector<std::string>(5, std::string(100'000, 'x')));
  ASSERT_TRUE(longer.status.has_value());
  EXPECT_EQ(get("/requests").size(), 7u);
}

TEST_F(OpenAi, TriesAgainWhatPasses) {
  const auto encoder = open("m");
  fail("429", 1);
  fail("reset", 1);
  fail("503", 1);
  EXPECT_TRUE(encode(*encoder, {"x"}).status.has_value());
  fail("500", 4);
  const Status status = encode(*encoder, {"x"}).status;
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_THAT(status.error().message, HasSubstr("the server answers 500: The server had an error"));
}

TEST_F(OpenAi, ATextThatIsRefusedBecomesABadVector) {
  const auto encoder = open("m");
  std::vector<std::string> texts = {"a", "b", "REFUSE", "c", "", "d", "e"};
  const Encoded encoded = encode(*encoder, texts);
  ASSERT_TRUE(encoded.status.has_value()) << encoded.status.error().message;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == 2 || i == 4)
      EXPECT_TRUE(std::isnan(encoded.row(i)[0])) << i;
    else
      EXPECT_THAT(encoded.row(i), ElementsAreArray(vector_of(texts[i])));
  }
}

TEST_F(OpenAi, RefusalsSayWhatToDoAndNeverTheKey) {
  OpenAiEndpoint wrong_key = endpoint("m");
  wrong_key.key = "sk-wrong";
  const Error key = refusal(wrong_key);
  EXPECT_EQ(key.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(key.message, HasSubstr("Incorrect API key provided: *** (OPENAI_API_KEY)"));
  EXPECT_THAT(key.message, Not(HasSubstr("sk-wrong")));
  const Error model = refusal(endpoint("none"));
  EXPECT_EQ(model.code, ErrorCode::kNotFound);
  EXPECT_THAT(model.message, HasSubstr("The model `none` does not exist"));
  OpenAiEndpoint elsewhere = endpoint("m");
  elsewhere.base_url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(refusal(elsewhere).code, ErrorCode::kIo);
  fail("html", 1);
  EXPECT_EQ(refusal(endpoint("m")).code, ErrorCode::kCorruption);
  EncoderOptions named;
  named.prompt_name = "title";
  EXPECT_EQ(refusal(endpoint("m"), named).code, ErrorCode::kInvalidArgument);
}

TEST_F(OpenAi, AnswersOfAnotherShapeAreDamage) {
  const Status missing = encode(*open("short"), {"a", "b"}).status;
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("1 vectors for 2 texts"));
}

TEST_F(OpenAi, TheDimensionStaysWhatItWas) {
  const Status changed = encode(*open("changing"), {"a"}).status;
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(changed.error().message, HasSubstr("a vector of 9 numbers, not 8"));
}

TEST_F(OpenAi, TheFingerprintNamesEndpointModelAndOptions) {
  const std::string base = open("m")->info().fingerprint;
  EXPECT_EQ(base, open("m")->info().fingerprint);
  EncoderOptions options;
  options.dimension = 4;
  const auto shorter = open("m", options);
  EXPECT_EQ(shorter->info().dimension, 4u);
  EXPECT_NE(base, shorter->info().fingerprint);
  EXPECT_NE(base, open("lists")->info().fingerprint);
  OpenAiEndpoint open_to_all = endpoint("open");
  open_to_all.key = "";
  const auto encoder = open_openai(open_to_all)->encoder({}).value();
  EXPECT_THAT(encoder->info().made_of, HasSubstr("\"base_url\":\"http://127.0.0.1:"));
  EXPECT_THAT(encoder->info().made_of, Not(HasSubstr("sk-test")));
}

Environment environment_of(std::string url, std::string offline = "") {
  return [=](const std::string& name) -> std::optional<std::string> {
    if (name == "OPENAI_BASE_URL" && !url.empty()) return url;
    if (name == "OPENAI_API_KEY") return "sk-test";
    if (name == "COLVEC_OFFLINE" && !offline.empty()) return offline;
    return std::nullopt;
  };
}

TEST(OpenAiEndpointTest, IsThatOfTheEnvironment) {
  const OpenAiEndpoint found =
      find_openai_endpoint("openai:text-3", environment_of("http://host/v1/")).value();
  EXPECT_EQ(found.base_url, "http://host/v1");
  EXPECT_EQ(found.key, "sk-test");
  EXPECT_EQ(found.model, "text-3");
  EXPECT_THAT(find_openai_endpoint("openai:x", environment_of("")).error().message,
              HasSubstr("OPENAI_BASE_URL says so"));
  EXPECT_EQ(find_openai_endpoint("openai:", environment_of("http://host/v1")).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(find_openai_endpoint("openai:x", environment_of("http://host/v1", "1")).error().code,
            ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace colvec
