// colvec serve: the API, the metrics and the web page over HTTP, in one process.
//
// Thread-safety: run_server() is called once in a process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "colvec/precision.h"
#include "http/limits.h"

namespace colvec::server {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any that is free.
  std::filesystem::path token_file{};
  std::filesystem::path home{};
  std::vector<std::filesystem::path> roots{};  // Folders, besides the home, that requests may name.
  std::vector<std::string> host_names{};
  std::vector<std::string> cors_origins{};
  std::vector<std::string> models{};  // Of /v1/embeddings: "NAME=FOLDER" or a model.
  Precision precision = Precision::kAuto;
  std::filesystem::path store{};   // A cache of the vectors of /v1/embeddings; "" for none.
  std::filesystem::path bundle{};  // Whose models are served too; "" for none.
  std::string memory_limit = "1GB";
  bool log_requests = false;
  HttpLimits limits{};
};

// Serves until `cancel` is requested. Calls `on_ready` with the address ("http://127.0.0.1:8080")
// once it can be reached. kInvalidArgument: another address than this machine's own without a token
// file, a token that is too short; kNotFound: a folder or model; kIo: the port is taken;
// kCancelled: `cancel` was requested, which is how it ends.
Status run_server(const ServerOptions& options, const CancelToken& cancel,
                  const std::function<void(const std::string& url)>& on_ready);

// The API as an OpenAPI document: JSON.
std::string api_document();

}  // namespace colvec::server
