// colvec model distill: a static table of a transformer.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cancel_signals.h"
#include "colvec/bench.h"
#include "colvec/distill.h"
#include "command.h"
#include "precision_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

struct DistillArgs {
  std::string teacher;
  std::string output;
  std::string corpus;
  std::string column = "text";
  std::size_t texts_max = 100'000;
  DistillOptions options;
  bool json = false;
};

void print_report(const DistillReport& report, const std::string& output) {
  print("{}: a table of {} tokens, {} numbers each ({:.1f} % of the variance)\n", output,
        with_commas(report.vocabulary), report.dimension, 100 * report.variance_explained);
  if (report.sampled_texts == 0) {
    print("  without --corpus nothing was measured\n");
    return;
  }
  const auto row = [](std::string_view name, const std::string& value) {
    print("  {:<34} {:>12}\n", name, value);
  };
  row("texts compared with the teacher", with_commas(report.sampled_texts));
  row("of the ten nearest, the same", fmt::format("{:.1f} %", 100 * report.neighbour_overlap));
  row("rank correlation of cosines", fmt::format("{:.3f}", report.rank_correlation));
  row("teacher, texts/s", fmt::format("{:.0f}", report.teacher_texts_per_second));
  row("table, texts/s", fmt::format("{:.0f}", report.table_texts_per_second));
  row("times as fast",
      fmt::format("{:.0f}", report.table_texts_per_second / report.teacher_texts_per_second));
}

Status run_distill(DistillArgs args) {
  args.options.cancel = &cancel_on_signals();
  if (!args.corpus.empty()) {
    COLVEC_ASSIGN(args.options.texts, read_texts(args.corpus, args.column, args.texts_max));
  }
  const bool shows_progress = !args.json && ::isatty(STDERR_FILENO) != 0;
  if (shows_progress)
    args.options.on_tokens = [](std::size_t done, std::size_t all) {
      print(stderr, "\r\033[Ktokens: {} / {}{}", with_commas(done), with_commas(all),
            done == all ? "\n" : "");
      std::fflush(stderr);
    };
  COLVEC_ASSIGN(const DistillReport report, distill_model(args.teacher, args.output, args.options));
  if (args.json)
    print("{}\n", to_json(report));
  else
    print_report(report, args.output);
  return {};
}

}  // namespace

std::function<Status()> prepare_model_distill(CLI::App& app) {
  auto args = std::make_shared<DistillArgs>();
  app.add_option("teacher", args->teacher, "The transformer: a model folder, or ORG/NAME")
      ->required()
      ->type_name("MODEL");
  app.add_option("--output", args->output, "The folder to make")->required();
  app.add_option("--dimension", args->options.dimension, "Numbers of a vector, at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--corpus", args->corpus,
                 "Texts like yours, to weigh tokens and to measure with: Parquet, CSV, JSON lines");
  app.add_option("--column", args->column, "The column with the texts")->capture_default_str();
  app.add_option("--texts-max", args->texts_max, "Texts to read of the corpus")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sample", args->options.sample_max, "Texts to compare with the teacher")
      ->check(CLI::Range(2, 20'000))
      ->capture_default_str();
  args->options.precision = Precision::kAuto;
  add_precision(app, &args->options.precision);
  app.add_flag("--json", args->json, "The report as one JSON object");
  return [args] { return run_distill(*args); };
}

}  // namespace colvec::cli
