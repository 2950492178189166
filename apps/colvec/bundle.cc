// colvec deploy, colvec bundle ...: a dataset's embeddings as a folder that goes with a model.
#include "colvec/bundle.h"

#include <fmt/format.h>

#include <cstdio>

#include "cancel_signals.h"
#include "command.h"
#include "home_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct DeployArgs {
  HomeOption home;
  std::string dataset;
  std::string to;
  DeployOptions options;
  bool json = false;
};

Status run_deploy(const DeployArgs& args) {
  COLVEC_ASSIGN(const Deployed deployed,
                deploy_dataset(args.home.home(), args.dataset, args.to, args.options));
  if (args.json)
    print("{{\"id\":{},\"files\":{},\"bytes\":{},\"files_copied\":{},\"bytes_copied\":{}}}\n",
          json_string(deployed.id), deployed.files, deployed.bytes, deployed.files_copied,
          deployed.bytes_copied);
  else
    print("Deployed {} as {}: {} files, {}; {} of vectors and keys copied\n", args.dataset,
          deployed.id, with_commas(deployed.files), bytes(deployed.bytes),
          bytes(deployed.bytes_copied));
  return {};
}

struct BundleArgs {
  std::string bundle;
  DeployOptions options;
  bool json = false;
};

Status run_verify(const BundleArgs& args) {
  COLVEC_ASSIGN(const BundleVerified verified, verify_bundle(args.bundle, args.options));
  if (args.json) {
    std::string columns;
    for (const std::string& column : verified.columns)
      columns += (columns.empty() ? "" : ",") + json_string(column);
    print(
        "{{\"dataset\":{},\"id\":{},\"files\":{},\"bytes\":{},\"columns\":[{}],\"cosine_min\":{}}}"
        "\n",
        json_string(verified.dataset), json_string(verified.id), verified.files, verified.bytes,
        columns, verified.cosine_min);
    return {};
  }
  print("{} ({}): {} files, {}, all as they were deployed\n", verified.dataset, verified.id,
        with_commas(verified.files), bytes(verified.bytes));
  print("self-check of {} column{}: smallest cosine {:.6f}\n", verified.columns.size(),
        verified.columns.size() == 1 ? "" : "s", verified.cosine_min);
  return {};
}

struct EncodeArgs {
  std::string bundle;
  std::string input;
  std::string table;
  std::string output;
  RefreshOptions options;
  bool json = false;
};

Status run_encode(const EncodeArgs& args) {
  RefreshOptions options = args.options;
  options.cancel = &cancel_on_signals();
  COLVEC_ASSIGN(const BundleEncoded encoded,
                encode_with_bundle(args.bundle, {.path = args.input, .table = args.table},
                                   args.output, options));
  std::string list;
  for (const ColumnRun& column : encoded.columns) {
    const std::uint64_t known = column.distinct_texts - column.texts_missing;
    if (!args.json)
      print("{}: {} rows, {} texts answered from the bundle, {} embedded\n", column.column,
            with_commas(column.rows), with_commas(known), with_commas(column.texts_embedded));
    list += fmt::format("{}{{\"column\":{},\"rows\":{},\"texts_known\":{},\"texts_embedded\":{}}}",
                        list.empty() ? "" : ",", json_string(column.column), column.rows, known,
                        column.texts_embedded);
  }
  if (args.json) print("{{\"rows\":{},\"columns\":[{}]}}\n", encoded.rows, list);
  std::fflush(stdout);
  for (const std::string& note : encoded.notes) print(stderr, "note: {}\n", note);
  return {};
}

}  // namespace

std::function<Status()> prepare_deploy(CLI::App& app) {
  auto args = std::make_shared<DeployArgs>();
  app.add_option("dataset", args->dataset, "The name of the dataset")
      ->required()
      ->type_name("DATASET");
  app.add_option("--to", args->to, "A folder, or s3://BUCKET/PREFIX")
      ->required()
      ->type_name("PLACE");
  args->home.add_to(app);
  app.add_option("--threads", args->options.threads, "0: one a core")->capture_default_str();
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_deploy(*args); };
}

std::function<Status()> prepare_bundle_fetch(CLI::App& app) {
  struct FetchArgs {
    std::string url;
    std::string to;
    bool json = false;
  };
  auto args = std::make_shared<FetchArgs>();
  app.add_option("bundle", args->url, "s3://BUCKET/PREFIX, or a folder")
      ->required()
      ->type_name("URL");
  app.add_option("--to", args->to, "A folder for it here")->required()->type_name("FOLDER");
  app.add_flag("--json", args->json, "One JSON object");
  return [args]() -> Status {
    COLVEC_ASSIGN(const BundleFetched fetched, fetch_bundle(args->url, args->to));
    if (args->json)
      print("{{\"id\":{},\"files\":{},\"bytes\":{},\"files_fetched\":{}}}\n",
            json_string(fetched.id), fetched.files, fetched.bytes, fetched.files_fetched);
    else
      print("{}: {} files, {}; {} of them fetched now\n", fetched.id, with_commas(fetched.files),
            bytes(fetched.bytes), bytes(fetched.bytes_fetched));
    return {};
  };
}

std::function<Status()> prepare_bundle_verify(CLI::App& app) {
  auto args = std::make_shared<BundleArgs>();
  app.add_option("bundle", args->bundle, "The folder of the bundle")
      ->required()
      ->type_name("FOLDER");
  app.add_option("--threads", args->options.threads, "0: one a core")->capture_default_str();
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_verify(*args); };
}

std::function<Status()> prepare_bundle_encode(CLI::App& app) {
  auto args = std::make_shared<EncodeArgs>();
  app.add_option("bundle", args->bundle, "The folder of the bundle")
      ->required()
      ->type_name("FOLDER");
  app.add_option("input", args->input, "Rows: Parquet, CSV, JSON lines or a DuckDB file")
      ->required();
  app.add_option("--table", args->table, "Of a DuckDB file");
  app.add_option("--output", args->output, "The Parquet file to write")->required();
  app.add_option("--memory-limit", args->options.memory_limit, "For the joins")
      ->capture_default_str();
  app.add_option("--threads", args->options.threads, "0: one a core")->capture_default_str();
  app.add_flag("--json", args->json, "One JSON object");
  return [args] { return run_encode(*args); };
}

}  // namespace colvec::cli
