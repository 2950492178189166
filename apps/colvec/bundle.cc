// colvec deploy, colvec bundle ...: a dataset's embeddings as a folder that goes with a model.
#include "colvec/bundle.h"

#include <cstdio>

#include "cancel_signals.h"
#include "colvec/json_writer.h"
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

void print_deployed_json(const Deployed& deployed) {
  JsonWriter json;
  json.begin_object().key("id").text(deployed.id).key("files").number(deployed.files);
  json.key("bytes").number(deployed.bytes).key("files_copied").number(deployed.files_copied);
  json.key("bytes_copied").number(deployed.bytes_copied).end_object();
  print("{}\n", json.take());
}

Status run_deploy(const DeployArgs& args) {
  DeployOptions options = args.options;
  options.cancel = &cancel_on_signals();
  COLVEC_ASSIGN(const Deployed deployed,
                deploy_dataset(args.home.home(), args.dataset, args.to, options));
  if (args.json)
    print_deployed_json(deployed);
  else
    print("Deployed {} as {}: {}, {}; {} of vectors and keys copied\n", args.dataset, deployed.id,
          counted(deployed.files, "file"), bytes(deployed.bytes), bytes(deployed.bytes_copied));
  return {};
}

struct BundleArgs {
  std::string bundle;
  DeployOptions options;
  bool json = false;
};

void print_verified_json(const BundleVerified& verified) {
  JsonWriter json;
  json.begin_object().key("dataset").text(verified.dataset).key("id").text(verified.id);
  json.key("files").number(verified.files).key("bytes").number(verified.bytes);
  json.key("columns").texts(verified.columns);
  json.key("cosine_min").number(verified.cosine_min).end_object();
  print("{}\n", json.take());
}

Status run_verify(const BundleArgs& args) {
  COLVEC_ASSIGN(const BundleVerified verified, verify_bundle(args.bundle, args.options));
  if (args.json) {
    print_verified_json(verified);
    return {};
  }
  print("{} ({}): {}, {}, all as they were deployed\n", verified.dataset, verified.id,
        counted(verified.files, "file"), bytes(verified.bytes));
  print("self-check of {}: smallest cosine {:.6f}\n", counted(verified.columns.size(), "column"),
        verified.cosine_min);
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

// Distinct texts that the bundle had vectors of.
std::uint64_t texts_known(const ColumnRun& column) {
  return column.distinct_texts - column.texts_missing;
}

void print_encoded(const BundleEncoded& encoded) {
  for (const ColumnRun& column : encoded.columns)
    print("{}: {}, {} answered from the bundle, {} embedded\n", column.column,
          counted(column.rows, "row"), counted(texts_known(column), "text"),
          with_commas(column.texts_embedded));
}

void print_encoded_json(const BundleEncoded& encoded) {
  JsonWriter json;
  json.begin_object().key("rows").number(encoded.rows).key("columns").begin_list();
  for (const ColumnRun& column : encoded.columns) {
    json.begin_object().key("column").text(column.column).key("rows").number(column.rows);
    json.key("texts_known").number(texts_known(column));
    json.key("texts_embedded").number(column.texts_embedded).end_object();
  }
  print("{}\n", json.end_list().end_object().take());
}

Status run_encode(const EncodeArgs& args) {
  RefreshOptions options = args.options;
  options.cancel = &cancel_on_signals();
  COLVEC_ASSIGN(const BundleEncoded encoded,
                encode_with_bundle(args.bundle, {.path = args.input, .table = args.table},
                                   args.output, options));
  args.json ? print_encoded_json(encoded) : print_encoded(encoded);
  std::fflush(stdout);
  for (const std::string& note : encoded.notes) print(stderr, "note: {}\n", note);
  return {};
}

void print_fetched_json(const BundleFetched& fetched) {
  JsonWriter json;
  json.begin_object().key("id").text(fetched.id).key("files").number(fetched.files);
  json.key("bytes").number(fetched.bytes).key("files_fetched").number(fetched.files_fetched);
  print("{}\n", json.end_object().take());
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
      print_fetched_json(fetched);
    else
      print("{}: {}, {}; {} of them fetched now\n", fetched.id, counted(fetched.files, "file"),
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
