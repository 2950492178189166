#include "embedding_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace colvec::server {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

TEST(EmbeddingRequest, TakesEveryFormOfInput) {
  EXPECT_THAT(parse_embedding_request(R"({"input":"a"})", "")->texts, ElementsAre("a"));
  EXPECT_THAT(parse_embedding_request(R"({"input":["a","b"]})", "")->texts, ElementsAre("a", "b"));
  EXPECT_THAT(parse_embedding_request(R"({"input":[1,2]})", "")->ids,
              ElementsAre(ElementsAre(1, 2)));
  EXPECT_THAT(parse_embedding_request(R"({"input":[[1,2],[3]]})", "")->ids,
              ElementsAre(ElementsAre(1, 2), ElementsAre(3)));
}

TEST(EmbeddingRequest, ReadsItsSettings) {
  const Result<EmbeddingRequest> request = parse_embedding_request(
      R"({"input":"a","model":"m","encoding_format":"base64","dimensions":64,"truncate":false,
          "user":"u","unknown":[]})",
      "");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->dimensions, 64u);
  EXPECT_EQ(request->form, EmbeddingForm::kBase64);
  EXPECT_FALSE(request->truncate);
  EXPECT_EQ(parse_embedding_request(R"({"input":"a"})", "application/octet-stream")->form,
            EmbeddingForm::kBytes);
  EXPECT_EQ(parse_embedding_request(R"({"input":"a"})", "application/json")->form,
            EmbeddingForm::kFloat);
}

struct Wrong {
  std::string body;
  std::string says;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.body.substr(0, 60); }

class WrongRequest : public testing::TestWithParam<Wrong> {};

TEST_P(WrongRequest, IsRefusedByItsParameter) {
  const Result<EmbeddingRequest> request = parse_embedding_request(GetParam().body, "");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(request.error().message, StartsWith(GetParam().says));
}

std::string many_inputs() {
  std::string list;
  for (std::size_t i = 0; i <= kInputsMax; ++i) list += i == 0 ? "\"a\"" : ",\"a\"";
  return "{\"input\":[" + list + "]}";
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongRequest,
    testing::Values(Wrong{"", "body: "}, Wrong{"[", "body: "}, Wrong{"[]", "body: must be an obj"},
                    Wrong{"{}", "input: missing"}, Wrong{R"({"input":null})", "input: missing"},
                    Wrong{R"({"input":5})", "input: must be a text or a list"},
                    Wrong{R"({"input":""})", "input: must not be empty"},
                    Wrong{R"({"input":[]})", "input: must not be empty"},
                    Wrong{R"({"input":["a",""]})", "input[1]: must not be empty"},
                    Wrong{R"({"input":["a",5]})", "input[1]: must be a text, as the first"},
                    Wrong{R"({"input":[5,"a"]})", "input[1]: must be a token id: \"a\""},
                    Wrong{R"({"input":[-1]})", "input[0]: must be a token id"},
                    Wrong{R"({"input":[1.5]})", "input[0]: must be a token id"},
                    Wrong{R"({"input":[4294967296]})", "input[0]: must be a token id"},
                    Wrong{R"({"input":[[1],[]]})", "input[1]: must not be empty"},
                    Wrong{R"({"input":[[1],"a"]})", "input[1]: must be a list of token ids"},
                    Wrong{many_inputs(), "input: must have at most 2048"},
                    Wrong{R"({"input":"a","model":5})", "model: must be a text"},
                    Wrong{R"({"input":"a","encoding_format":"int8"})", "encoding_format: must be"},
                    Wrong{R"({"input":"a","dimensions":0})", "dimensions: must be a whole number"},
                    Wrong{R"({"input":"a","dimensions":"64"})", "dimensions: must be a whole"},
                    Wrong{R"({"input":"a","truncate":1})", "truncate: must be true or false"}));

TEST(EmbeddingRequest, HasAtMostSoManyIdsHoweverTheyAreListed) {
  constexpr std::size_t kMax = 1u << 20;
  const auto ids = [](std::size_t count) {
    std::string list = "[1";
    for (std::size_t i = 1; i < count; ++i) list += ",1";
    return list + "]";
  };
  const auto parse = [](const std::string& input) {
    return parse_embedding_request(R"({"input":)" + input + "}", "");
  };
  EXPECT_EQ(parse(ids(kMax))->ids.front().size(), kMax);
  EXPECT_EQ(parse("[" + ids(kMax - 1) + ",[1]]")->ids.size(), 2u);
  for (const std::string& input : {ids(kMax + 1), "[" + ids(kMax) + ",[1]]"})
    EXPECT_EQ(parse(input).error().message, "input: must have at most 1048576 ids");
}

EmbedAnswer answer_of(std::vector<float> vectors, bool truncated = false) {
  return {.vectors = std::move(vectors), .dimension = 2, .reports = {{3, truncated}}};
}

std::string header(const Response& response, std::string_view name) {
  for (const Header& h : response.headers)
    if (h.name == name) return h.value;
  return "";
}

TEST(EmbeddingResponse, IsThatOfOpenAi) {
  const Result<Response> response = embedding_response({}, answer_of({0.5f, -0.1f}), "m\"");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body,
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-0.1]}],)"
            R"("model":"m\"","usage":{"prompt_tokens":3,"total_tokens":3}})");
}

TEST(EmbeddingResponse, HasTheSameBytesAsBase64AndAlone) {
  const EmbedAnswer answer = answer_of({0.5f, -0.1f});
  // By Python: base64.b64encode(struct.pack("<2f", 0.5, -0.1)).
  EXPECT_THAT(embedding_response({.form = EmbeddingForm::kBase64}, answer, "m")->body,
              testing::HasSubstr(R"("embedding":"AAAAP83MzL0=")"));
  const Result<Response> bytes = embedding_response({.form = EmbeddingForm::kBytes}, answer, "m");
  EXPECT_EQ(base64(bytes->body), "AAAAP83MzL0=");
  EXPECT_EQ(header(*bytes, "X-Colvec-Shape"), "1,2");
  EXPECT_EQ(header(*bytes, "X-Colvec-Tokens"), "3");
}

TEST(EmbeddingResponse, SaysWhatWasCut) {
  const EmbedAnswer cut = answer_of({1, 0}, true);
  EXPECT_EQ(header(*embedding_response({}, cut, "m"), "X-Colvec-Truncated"), "1");
  EXPECT_EQ(header(*embedding_response({}, answer_of({1, 0}), "m"), "X-Colvec-Truncated"), "");
  const Result<Response> refused = embedding_response({.truncate = false}, cut, "m");
  EXPECT_THAT(refused.error().message, StartsWith("input[0]: has more tokens than the 3"));
}

TEST(EmbeddingResponse, HasNoNumbersThatJsonDoesNotHave) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(embedding_response({}, answer_of({nan, 0}), "m").error().code, ErrorCode::kCorruption);
}

TEST(Base64, IsThatOfRfc4648) {
  for (const auto& [bytes, text] :
       std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xff\xfe", "//4="}})
    EXPECT_EQ(base64(bytes), text);
}

}  // namespace
}  // namespace colvec::server
