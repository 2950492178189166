// colvec bench batch, bench encode: how fast a model is on this machine.
#include <cstdio>
#include <memory>

#include "cancel_signals.h"
#include "colvec/bench.h"
#include "colvec/json_writer.h"
#include "command.h"
#include "environment_value.h"
#include "precision_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct BenchArgs {
  std::string model;
  std::string input;
  std::string column = "text";
  std::size_t texts_max = 20000;
  std::size_t threads = 0;
  std::size_t rounds = 3;
  Precision precision = Precision::kAuto;
  std::string device = "auto";
  bool json = false;

  void add_to(CLI::App& app) {
    app.add_option("model", model, "A model folder; else COLVEC_MODEL, else builtin:lexical")
        ->type_name("MODEL");
    app.add_option("--input", input, "Texts: Parquet, CSV or JSON lines; else invented ones");
    app.add_option("--column", column, "The column with the texts")->capture_default_str();
    app.add_option("--texts-max", texts_max, "Texts to read")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--rounds", rounds, "Measurements; the median counts")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_precision(app, &precision);
    add_device(app, &device);
    app.add_flag("--json", json, "The result as one JSON object");
  }
  EncoderOptions encoder() const {
    EncoderOptions options;
    options.precision = precision;
    options.device = device;
    return options;
  }
  std::string model_name() const {
    if (!model.empty()) return model;
    return environment_value("COLVEC_MODEL").value_or("builtin:lexical");
  }
};

void print_batch_bench(const std::string& model, const BatchBench& bench) {
  double best = 0;
  for (const BatchRate& rate : bench.rates) best = std::max(best, rate.texts_per_second);
  print("{} on texts of {:.1f} tokens\n\n  BATCH_SIZE     texts/s    tokens/s   of the best\n",
        model, bench.tokens_mean);
  for (const BatchRate& rate : bench.rates)
    print("  {:>10} {:>11.0f} {:>11.0f} {:>10.0f} %\n",
          rate.batch_size == 0 ? "(default)" : std::to_string(rate.batch_size),
          rate.texts_per_second, rate.tokens_per_second, 100 * rate.texts_per_second / best);
  if (bench.recommended == 0)
    print(
        "\nRecommended: leave BATCH_SIZE unset; no size is more than 5 % faster than the "
        "default.\n");
  else
    print("\nRecommended: BATCH_SIZE={}\n", bench.recommended);
}

void print_batch_bench_json(const std::string& model, const BatchBench& bench) {
  JsonWriter json;
  json.begin_object().key("model").text(model);
  json.key("recommended").number(std::uint64_t{bench.recommended});
  json.key("tokens_mean").rounded(bench.tokens_mean, 2).key("rates").begin_list();
  for (const BatchRate& rate : bench.rates) {
    json.begin_object().key("batch_size").number(std::uint64_t{rate.batch_size});
    json.key("texts_per_second").rounded(rate.texts_per_second, 1);
    json.key("tokens_per_second").rounded(rate.tokens_per_second, 1).end_object();
  }
  print("{}\n", json.end_list().end_object().take());
}

Status run_bench_batch(const BenchArgs& args) {
  BatchBenchOptions options;
  options.rounds = args.rounds;
  options.cancel = &cancel_on_signals();
  options.on_progress = [](std::size_t done, std::size_t all) {
    print(stderr, "\rmeasuring {} / {}{}", done, all, done == all ? "\n" : "");
    std::fflush(stderr);
  };
  if (!args.input.empty()) {
    COLVEC_ASSIGN(options.texts, read_texts(args.input, args.column, args.texts_max));
  }
  COLVEC_ASSIGN(const BatchBench bench, bench_batch(args.model_name(), args.encoder(), options));
  args.json ? print_batch_bench_json(args.model_name(), bench)
            : print_batch_bench(args.model_name(), bench);
  return {};
}

void print_encode_bench(const EncodeBench& bench) {
  print(
      "{} ({} on {}, {} threads): {} texts of {:.1f} tokens\n  {:>10.0f} texts/s\n  {:>10.0f} "
      "tokens/s\n"
      "  {:>10.1f} % of it tokenising\n",
      bench.encoder.model, name_of(bench.encoder.precision), bench.encoder.isa, bench.threads,
      with_commas(bench.texts), bench.tokens_mean, bench.texts_per_second, bench.tokens_per_second,
      100 * bench.tokenise_share);
}

void print_encode_bench_json(const EncodeBench& bench) {
  JsonWriter json;
  json.begin_object().key("model").text(bench.encoder.model).key("isa").text(bench.encoder.isa);
  json.key("precision").text(name_of(bench.encoder.precision));
  json.key("threads").number(std::uint64_t{bench.threads});
  json.key("texts").number(std::uint64_t{bench.texts});
  json.key("tokens_mean").rounded(bench.tokens_mean, 2);
  json.key("texts_per_second").rounded(bench.texts_per_second, 1);
  json.key("tokens_per_second").rounded(bench.tokens_per_second, 1);
  json.key("tokenise_share").rounded(bench.tokenise_share, 4);
  print("{}\n", json.end_object().take());
}

Status run_bench_encode(const BenchArgs& args) {
  COLVEC_ASSIGN(const std::vector<std::string> texts,
                read_texts(args.input, args.column, args.texts_max));
  COLVEC_ASSIGN(const EncodeBench bench,
                bench_encode(args.model_name(), args.encoder(), texts, args.threads, args.rounds));
  args.json ? print_encode_bench_json(bench) : print_encode_bench(bench);
  return {};
}

}  // namespace

std::function<Status()> prepare_bench_batch(CLI::App& app) {
  auto args = std::make_shared<BenchArgs>();
  args->add_to(app);
  return [args] { return run_bench_batch(*args); };
}

std::function<Status()> prepare_bench_encode(CLI::App& app) {
  auto args = std::make_shared<BenchArgs>();
  args->add_to(app);
  app.get_option("--input")->required()->description("Texts: Parquet, CSV or JSON lines");
  app.add_option("--threads", args->threads, "0: one a core")->capture_default_str();
  return [args] { return run_bench_encode(*args); };
}

}  // namespace colvec::cli
