#include "base/http.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "test_server.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// What http_server.py sends.
std::string bytes_of(std::size_t first, std::size_t last) {
  std::string bytes;
  for (std::size_t k = first; k < last; ++k)
    bytes.push_back(static_cast<char>((31 * (k % (257 * 256)) + k % (257 * 256) / 257) % 256));
  return bytes;
}

Environment no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

class Http : public testing::Test {
 protected:
  Http()
      : folder_(fs::temp_directory_path() / ("http_test." + std::to_string(::getpid()))),
        client_(no_environment()) {
    fs::create_directories(folder_);
  }
  ~Http() override { fs::remove_all(folder_); }

  // One for all tests: starting Python takes its time.
  static TestServer& server() {
    static TestServer server("http_server.py");
    return server;
  }
  void SetUp() override {
    if (!server().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  }

  HttpResult get(const std::string& path) { return client_.send({.url = server().url(path)}); }
  // What /echo says of a request.
  Json echo(const HttpRequest& request) {
    const HttpResult response = client_.send(request);
    EXPECT_TRUE(response.has_value()) << response.error().error.message;
    return Json::parse(response ? response->body : "{}", "echo").value();
  }
  static std::string header_of(const Json& echo, const std::string& name) {
    const Result<Json> headers = echo.member("headers");
    return headers ? headers->string_or(name, "(none)").value() : "no answer";
  }
  PositionedFile file() { return PositionedFile::open_to_write(folder_ / "file").value(); }
  std::string file_bytes() { return read_file(folder_ / "file", 10u << 20).value(); }

  fs::path folder_;
  HttpClient client_;
};

TEST_F(Http, GivesStatusHeadersAndBody) {
  const HttpResult response = get("/bytes/1000");
  ASSERT_TRUE(response.has_value()) << response.error().error.message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, bytes_of(0, 1000));
  EXPECT_EQ(response->body_bytes, 1000u);
  EXPECT_EQ(response->header("content-length"), "1000");
  EXPECT_EQ(response->header("x-none"), std::nullopt);
  EXPECT_EQ(response->url, server().url("/bytes/1000"));
  EXPECT_EQ(get("/echo")->header("x-seen"), "second");
}

TEST_F(Http, AStatusIsAValue) {
  const HttpResult response = get("/status/503?Retry-After=7");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "status 503");
  EXPECT_EQ(response->retry_after_ms(), 7000u);
  EXPECT_EQ(get("/status/404")->status, 404);
  EXPECT_EQ(get("/status/404")->retry_after_ms(), 0u);
}

TEST_F(Http, ADateOfRetryAfterBecomesAWait) {
  HttpResponse response;
  response.headers = {{"retry-after", "Wed, 01 Jan 2020 00:00:00 GMT"}};
  EXPECT_EQ(response.retry_after_ms(), 0u);
  response.headers = {{"retry-after", "Wed, 01 Jan 2200 00:00:00 GMT"}};
  EXPECT_EQ(response.retry_after_ms(), 86'400'000u);
  EXPECT_EQ(parse_http_date("Sat, 21 Nov 2026 10:00:00 GMT"), 1'795'255'200'000);
  response.headers = {{"retry-after", "soon"}};
  EXPECT_EQ(response.retry_after_ms(), 0u);
}

TEST_F(Http, SendsWhatItIsGiven) {
  const Json got = echo({.method = "POST",
                         .url = server().url("/echo?a=1&b="),
                         .headers = {{"X-Name", "a value"}, {"X-Empty", ""}},
                         .authorization = "Bearer secret",
                         .body = "the body"});
  EXPECT_EQ(got.string("method").value(), "POST");
  EXPECT_EQ(got.string("path").value(), "/echo?a=1&b=");
  EXPECT_EQ(got.string("body").value(), "the body");
  EXPECT_EQ(header_of(got, "x-name"), "a value");
  EXPECT_EQ(header_of(got, "x-empty"), "");
  EXPECT_EQ(header_of(got, "authorization"), "Bearer secret");
  EXPECT_EQ(header_of(got, "content-length"), "8");
}

TEST_F(Http, SendsAPartOfAFile) {
  ASSERT_TRUE(replace_file(folder_ / "body", bytes_of(0, 3'000'000)));
  const PositionedFile body = PositionedFile::open_to_read(folder_ / "body").value();
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{10}, std::uint64_t{2'000'000}}) {
    std::uint64_t sent = 0;
    const HttpResult response =
        client_.send({.method = "PUT",
                      .url = server().url("/echo"),
                      .body_file = HttpFilePart{.file = &body, .offset = 1000, .size = size},
                      .body_bytes_max = 100u << 20,
                      .on_bytes = [&](std::uint64_t out, std::uint64_t) { sent += out; }});
    ASSERT_TRUE(response.has_value()) << response.error().error.message;
    const Json said = Json::parse(response->body, "echo").value();
    EXPECT_EQ(header_of(said, "content-length"), std::to_string(size));
    EXPECT_EQ(said.string("body")->size() >= size, true);
    EXPECT_EQ(sent, size);
  }
}

TEST_F(Http, AFileThatBecameShorterIsNotSent) {
  ASSERT_TRUE(replace_file(folder_ / "body", "0123456789"));
  const PositionedFile body = PositionedFile::open_to_read(folder_ / "body").value();
  const HttpResult response =
      client_.send({.method = "PUT",
                    .url = server().url("/echo"),
                    .body_file = HttpFilePart{.file = &body, .offset = 5, .size = 6}});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error.code, ErrorCode::kIo);
  EXPECT_FALSE(response.error().may_pass);
}

TEST_F(Http, PutsAPartWhereItBelongsInTheFile) {
  const PositionedFile target = file();
  ASSERT_TRUE(target.resize(0));
  for (const auto& [first, count] : {std::pair{600u, 400u}, {0u, 300u}, {300u, 300u}}) {
    const HttpResult response = client_.send({.url = server().url("/bytes/1000"),
                                              .range = HttpRange{.first = first, .count = count},
                                              .to_file = &target});
    ASSERT_TRUE(response.has_value()) << response.error().error.message;
    EXPECT_EQ(response->status, 206);
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(response->body_bytes, count);
  }
  EXPECT_EQ(file_bytes(), bytes_of(0, 1000));
}

TEST_F(Http, ADownloadGoesOnWhereItStopped) {
  const PositionedFile target = file();
  const HttpResult cut = client_.send({.url = server().url("/cut/200000"), .to_file = &target});
  ASSERT_FALSE(cut.has_value());
  EXPECT_TRUE(cut.error().may_pass);
  const std::uint64_t there = target.size().value();
  EXPECT_EQ(there, 100'000u);
  const HttpResult rest = client_.send({.url = server().url("/bytes/200000"),
                                        .range = HttpRange{.first = there},
                                        .to_file = &target});
  ASSERT_TRUE(rest.has_value()) << rest.error().error.message;
  EXPECT_EQ(file_bytes(), bytes_of(0, 200'000));
}

TEST_F(Http, AServerThatIgnoresRangesSendsTheWholeFile) {
  const PositionedFile target = file();
  const HttpResult response = client_.send({.url = server().url("/whole/1000"),
                                            .range = HttpRange{.first = 500, .count = 100},
                                            .to_file = &target});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(file_bytes(), bytes_of(0, 1000));
}

TEST_F(Http, RefusesAnotherPartThanAskedFor) {
  const PositionedFile target = file();
  const HttpResult response = client_.send({.url = server().url("/wrong-part/1000"),
                                            .range = HttpRange{.first = 500, .count = 100},
                                            .to_file = &target});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error.code, ErrorCode::kCorruption);
  EXPECT_EQ(target.size().value(), 0u);
}

TEST_F(Http, AnErrorsBodyDoesNotGoToTheFile) {
  const PositionedFile target = file();
  const HttpResult response =
      client_.send({.url = server().url("/status/500"), .to_file = &target});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "status 500");
  EXPECT_EQ(target.size().value(), 0u);
}

TEST_F(Http, BoundsWhatItKeepsInMemory) {
  const auto response =
      client_.send({.url = server().url("/bytes/100000"), .body_bytes_max = 99'999});
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error.code, ErrorCode::kCorruption);
  EXPECT_FALSE(response.error().may_pass);
  EXPECT_TRUE(
      client_.send({.url = server().url("/bytes/100000"), .body_bytes_max = 100'000}).has_value());
  EXPECT_EQ(client_.send({.url = server().url("/status/500"), .body_bytes_max = 1})->body,
            "status 500");
  EXPECT_EQ(get("/headers/300000").error().error.code, ErrorCode::kCorruption);
}

TEST_F(Http, SaysWhatMayPass) {
  for (const char* path : {"/cut/1000", "/reset"}) {
    const HttpResult response = get(path);
    ASSERT_FALSE(response.has_value()) << path;
    EXPECT_EQ(response.error().error.code, ErrorCode::kIo) << path;
    EXPECT_TRUE(response.error().may_pass) << path;
    EXPECT_TRUE(response.error().error.message.starts_with("GET " + server().url(path) + ": "))
        << response.error().error.message;
  }
  TestServer stopped("http_server.py");
  stopped.stop();
  EXPECT_TRUE(client_.send({.url = stopped.url("/echo")}).error().may_pass);
}

TEST_F(Http, AStallEnds) {
  const Clock::time_point begin = Clock::now();
  const HttpResult response =
      client_.send({.url = server().url("/stall"), .stall_timeout_ms = 1000});
  ASSERT_FALSE(response.has_value());
  EXPECT_TRUE(response.error().may_pass);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20));
  EXPECT_FALSE(client_.send({.url = server().url("/stall"), .total_timeout_ms = 500}).has_value());
}

TEST_F(Http, CancelEndsARequest) {
  CancelToken cancel;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel.request();
  });
  const HttpResult response = client_.send({.url = server().url("/stall"), .cancel = &cancel});
  later.join();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().error.code, ErrorCode::kCancelled);
  EXPECT_FALSE(response.error().may_pass);
}

TEST_F(Http, KeepsItsConnections) {
  const std::string before = get("/connections")->body;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get("/bytes/10").has_value());
  EXPECT_EQ(get("/connections")->body, before);
}

TEST_F(Http, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (std::size_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 20; ++i) {
        const HttpResult response = get("/bytes/" + std::to_string(100 * t + i));
        if (response && response->body == bytes_of(0, 100 * t + i)) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
}

TEST_F(Http, FollowsRedirectsOnRequestOnly) {
  const std::string path = "/status/302?Location=/bytes/10";
  EXPECT_EQ(get(path)->status, 302);
  const HttpResult followed = client_.send({.url = server().url(path), .redirects_max = 1});
  ASSERT_TRUE(followed.has_value());
  EXPECT_EQ(followed->body, bytes_of(0, 10));
  EXPECT_EQ(followed->url, server().url("/bytes/10"));
  // One too many is a value again; a POST is never repeated elsewhere.
  const std::string twice = "/status/302?Location=/status/307%3FLocation%3D/bytes/10";
  EXPECT_EQ(client_.send({.url = server().url(twice), .redirects_max = 1})->status, 307);
  EXPECT_EQ(client_.send({.url = server().url(twice), .redirects_max = 2})->status, 200);
  EXPECT_EQ(client_.send({.method = "POST", .url = server().url(path), .redirects_max = 5})->status,
            302);
}

TEST_F(Http, SecretsDoNotGoToAnotherHost) {
  TestServer other("http_server.py");
  const HttpSigner signer{.access_key = "AK", .secret_key = "SK", .region = "r"};
  for (const bool is_signed : {false, true}) {
    HttpRequest request{.url = server().url("/status/302?Location=/echo"),
                        .authorization = is_signed ? "" : "Bearer secret",
                        .signer = is_signed ? &signer : nullptr,
                        .redirects_max = 3};
    EXPECT_NE(header_of(echo(request), "authorization"), "(none)");
    request.url = server().url("/status/302?Location=" + other.url("/echo"));
    EXPECT_EQ(header_of(echo(request), "authorization"), "(none)");
    // Not even on the way back.
    request.url = server().url("/status/302?Location=" + other.url("/status/302%3FLocation%3D") +
                               server().url("/echo"));
    EXPECT_EQ(header_of(echo(request), "authorization"), "(none)");
  }
}

TEST_F(Http, RefusesRedirectsOutOfHttp) {
  for (const char* target : {"file:///etc/passwd", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/"}) {
    const HttpResult response = client_.send(
        {.url = server().url(std::string("/status/302?Location=") + target), .redirects_max = 1});
    ASSERT_FALSE(response.has_value()) << target;
    EXPECT_EQ(response.error().error.code, ErrorCode::kInvalidArgument) << target;
  }
}

TEST_F(Http, SignsForAmazonsServices) {
  const HttpSigner signer{.access_key = "AKTEST", .secret_key = "SKTEST", .region = "us-east-1"};
  const Json got = echo({.method = "PUT",
                         .url = server().url("/echo/key"),
                         .headers = {{"x-amz-content-sha256", std::string(64, '0')}},
                         .signer = &signer,
                         .body = "x"});
  const std::string signature = header_of(got, "authorization");
  EXPECT_TRUE(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKTEST/")) << signature;
  EXPECT_NE(signature.find("/us-east-1/s3/aws4_request"), std::string::npos) << signature;
  EXPECT_NE(signature.find("x-amz-content-sha256"), std::string::npos) << signature;
  EXPECT_EQ(signature.find("SKTEST"), std::string::npos);
}

TEST_F(Http, RefusesWhatIsNoRequest) {
  const std::vector<HttpRequest> wrong = {
      {.url = "file:///etc/passwd"},
      {.url = "nonsense"},
      {.url = "http://user:password@127.0.0.1/"},
      {.url = server().url("/echo"), .headers = {{"X", "a\r\nY: b"}}},
      {.url = server().url("/echo"), .headers = {{"Authorization", "Bearer x"}}},
      {.url = server().url("/echo"), .authorization = "Bearer x\nY: b"}};
  for (const HttpRequest& request : wrong) {
    const HttpResult response = client_.send(request);
    ASSERT_FALSE(response.has_value()) << request.url;
    EXPECT_EQ(response.error().error.code, ErrorCode::kInvalidArgument) << request.url;
    EXPECT_EQ(response.error().error.message.find("password@"), std::string::npos);
  }
}

TEST_F(Http, KeepsToItsRate) {
  RateLimit rate(400'000);
  const Clock::time_point begin = Clock::now();
  ASSERT_TRUE(client_.send({.url = server().url("/bytes/200000"), .rate = &rate}).has_value());
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(490));
}

TEST(HttpTls, ChecksCertificatesAgainstThoseThatAreNamed) {
  const fs::path folder =
      fs::temp_directory_path() / ("http_tls_test." + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string certificate = (folder / "own.pem").string();
  if (!make_certificate(certificate)) GTEST_SKIP() << "SKIPPED: openssl does not run";
  TestServer server("http_server.py", {"--certificate", certificate});
  if (!server.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/bytes/10";

  HttpClient stranger(no_environment());
  const HttpResult refused = stranger.send({.url = url});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().error.code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(refused.error().may_pass);
  EXPECT_NE(refused.error().error.message.find("SSL_CERT_FILE"), std::string::npos);

  HttpClient friendly([&](const std::string& name) -> std::optional<std::string> {
    if (name == "SSL_CERT_FILE") return certificate;
    return std::nullopt;
  });
  const HttpResult response = friendly.send({.url = url});
  ASSERT_TRUE(response.has_value()) << response.error().error.message;
  EXPECT_EQ(response->body, bytes_of(0, 10));
  // Nothing of a secure host leads to an open one.
  EXPECT_EQ(friendly
                .send({.url = "https://127.0.0.1:" + std::to_string(server.port()) +
                              "/status/302?Location=http://127.0.0.1:1/",
                       .redirects_max = 1})
                .error()
                .error.code,
            ErrorCode::kInvalidArgument);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace colvec
