#include "server.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cctype>
#include <fstream>
#include <iterator>

#include "app.h"
#include "dispatcher.h"
#include "openapi.h"

namespace colvec::server {
namespace {

constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kTokenBytesMax = 1024;

bool is_address(const std::string& text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "::1";
}

// The first line of the file.
Result<std::string> read_token(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string token;
  if (!file || !std::getline(file, token))
    return fail(ErrorCode::kNotFound, "--token-file: cannot be read, or empty: " + path.string());
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
  if (token.size() < kTokenBytesMin || token.size() > kTokenBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--token-file: {}: the token must have {} to {} characters, not {}",
                            path.string(), kTokenBytesMin, kTokenBytesMax, token.size()));
  return token;
}

Result<GuardOptions> guard_options(const ServerOptions& options) {
  if (!is_address(options.address))
    return fail(ErrorCode::kInvalidArgument,
                "--address: must be an IP address: " + options.address);
  GuardOptions guard{.hosts = options.host_names, .origins = options.cors_origins};
  if (!options.token_file.empty()) {
    COLVEC_ASSIGN(guard.token, read_token(options.token_file));
  }
  if (guard.token.empty() && !is_loopback(options.address))
    return fail(ErrorCode::kInvalidArgument,
                "--address: others can reach " + options.address + ": give a --token-file");
  return guard;
}

std::string url_of(const std::string& address, std::uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
}

}  // namespace

std::string api_document() { return openapi_json(routes()); }

Status run_server(const ServerOptions& options, const CancelToken& cancel,
                  const std::function<void(const std::string&)>& on_ready) {
  COLVEC_ASSIGN(GuardOptions guard, guard_options(options));
  COLVEC_ASSIGN(AllowedPaths paths, AllowedPaths::open(options.home, options.roots));
  COLVEC_ASSIGN(const std::unique_ptr<HttpServer> http,
                HttpServer::listen(options.address, options.port, options.limits));
  App app(options, std::move(paths), Guard(std::move(guard)), *http);
  COLVEC_ASSIGN(app.models, ServedModels::open(options, app.metrics));
  Dispatcher dispatcher(app);
  on_ready(url_of(options.address, http->port()));
  http->run(dispatcher, cancel);
  app.ending.request();
  return fail(ErrorCode::kCancelled, "");
}

}  // namespace colvec::server
