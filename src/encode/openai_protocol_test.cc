#include "encode/openai_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(OpenAiProtocol, ARequestHasModelTextsAndForm) {
  const std::string_view texts[] = {"a \"b\"", "é"};
  EXPECT_EQ(embeddings_request("m", texts, 0),
            R"({"model":"m","input":["a \"b\"","é"],"encoding_format":"base64"})");
  EXPECT_EQ(embeddings_request("m", std::span(texts).first(1), 8),
            R"({"model":"m","input":["a \"b\""],"encoding_format":"base64","dimensions":8})");
}

// struct.pack("<2f", 1, -2) and (0.5, 3) in base64.
TEST(OpenAiProtocol, VectorsComeInTheOrderOfTheTexts) {
  const EmbeddingsAnswer answer =
      parse_embeddings(R"({"object":"list","data":[{"index":1,"embedding":"AACAPwAAAMA="},
                           {"index":0,"embedding":"AAAAPwAAQEA="}],
                           "usage":{"prompt_tokens":7,"total_tokens":7}})",
                       2)
          .value();
  EXPECT_EQ(answer.dimension, 2u);
  EXPECT_THAT(answer.vectors, ElementsAre(0.5f, 3.0f, 1.0f, -2.0f));
  EXPECT_EQ(answer.tokens, 7u);
}

TEST(OpenAiProtocol, ListsOfNumbersAreTaken) {
  const EmbeddingsAnswer answer =
      parse_embeddings(R"({"data":[{"index":0,"embedding":[0.25,-1]}]})", 1).value();
  EXPECT_THAT(answer.vectors, ElementsAre(0.25f, -1.0f));
  EXPECT_EQ(answer.tokens, 0u);
}

TEST(OpenAiProtocol, OtherAnswersAreDamage) {
  struct Case {
    const char* body;
    const char* says;
  };
  for (const Case& c : {
           Case{"<html>", "answer"},
           Case{"{}", "missing key: data"},
           Case{R"({"data":[]})", "0 vectors for 2 texts"},
           Case{R"({"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]})", "twice"},
           Case{R"({"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]})", "index"},
           Case{R"({"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]})",
                "2 numbers, and 1 in another"},
           Case{R"({"data":[{"index":0,"embedding":[]},{"index":1,"embedding":[]}]})",
                "0 numbers are no vector"},
           Case{R"({"data":[{"index":0,"embedding":"AAA="},{"index":1,"embedding":[1]}]})",
                "not numbers in base64"},
           Case{R"({"data":[{"index":0,"embedding":["x"]},{"index":1,"embedding":[1]}]})",
                "not a number"},
           Case{R"({"data":[{"index":0,"embedding":{"a":1}},{"index":1,"embedding":[1]}]})",
                "neither a list of numbers nor base64"},
       }) {
    const Result<EmbeddingsAnswer> answer = parse_embeddings(c.body, 2);
    ASSERT_FALSE(answer.has_value()) << c.body;
    EXPECT_EQ(answer.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(answer.error().message, HasSubstr(c.says));
  }
}

TEST(OpenAiProtocol, ARefusalIsOneLine) {
  const auto refusal = [](std::string body) {
    return refusal_of({.status = 400, .headers = {}, .body = std::move(body)});
  };
  EXPECT_EQ(refusal(R"({"error":{"message":"too\nlong","type":"x"}})"),
            "the server answers 400: too long");
  EXPECT_EQ(refusal(R"({"error":"no"})"), "the server answers 400: no");
  EXPECT_EQ(refusal("<html>"), "the server answers 400");
  EXPECT_EQ(refusal(R"({"detail":[]})"), "the server answers 400");
}

}  // namespace
}  // namespace colvec
