// colvec serve: the API and the web page over HTTP.

#include <chrono>
#include <cstdio>

#include "cancel_signals.h"
#include "command.h"
#include "home_option.h"
#include "precision_option.h"
#include "print.h"
#include "server/http/health_check.h"
#include "server/server.h"

namespace colvec::cli {
namespace {

// Less than container run-times wait for a health check.
constexpr std::chrono::seconds kHealthTimeout{5};

struct ServeArgs {
  HomeOption home;
  server::ServerOptions options;
  bool openapi = false;
  bool check = false;
};

Status run_serve(ServeArgs& args) {
  if (args.openapi) {
    print("{}\n", server::api_document());
    return {};
  }
  if (args.check)
    return server::check_health(args.options.address, args.options.port, kHealthTimeout);
  args.options.home = args.home.home();
  return server::run_server(args.options, cancel_on_signals(), [](const std::string& url) {
    print("colvec serves {}\n", url);
    std::fflush(stdout);
  });
}

}  // namespace

std::function<Status()> prepare_serve(CLI::App& app) {
  auto args = std::make_shared<ServeArgs>();
  server::ServerOptions& options = args->options;
  app.add_option("--port", options.port, "0: any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--address", options.address,
                 "The IP address to listen on; another than this machine's own needs a token")
      ->capture_default_str();
  app.add_option("--token-file", options.token_file,
                 "A file whose first line requests must have: Authorization: Bearer TOKEN");
  args->home.add_to(app);
  app.add_option("--root", options.roots,
                 "A folder, besides the home, whose files requests may name; may be repeated");
  app.add_option("--host-name", options.host_names,
                 "A name by which this server is called, besides localhost; may be repeated");
  app.add_option("--cors-origin", options.cors_origins,
                 "https://app.example: pages that may use the API; may be repeated");
  app.add_option("--model", options.models,
                 "A model of /v1/embeddings, or NAME=MODEL; may be repeated; builtin:lexical, if "
                 "there is neither one nor a bundle")
      ->type_name("[NAME=]MODEL");
  add_precision(app, &options.precision);
  app.add_option(
      "--store", options.store,
      "A store of embeddings that answers for the texts that it knows, and gets new ones");
  app.add_option("--bundle", options.bundle,
                 "A deployed bundle: each of its columns is a model of /v1/embeddings");
  app.add_option("--memory-limit", options.memory_limit, "For queries, as 4GB")
      ->capture_default_str();
  app.add_option("--connections-max", options.limits.connections_max,
                 "Clients at once; more are told to come back later")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  app.add_flag("--log-requests", options.log_requests,
               "A line for each request, on standard error");
  app.add_flag("--openapi", args->openapi,
               "Print the API as an OpenAPI document, and serve nothing");
  app.add_flag("--check", args->check,
               "Ask the server at --address and --port how it is: exit code 0 if it is well");
  return [args] { return run_serve(*args); };
}

}  // namespace colvec::cli
