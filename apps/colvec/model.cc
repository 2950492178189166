// colvec encode, tokenize, model verify, model synth: models without a table.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <optional>

#include "colvec/model_hub.h"
#include "colvec/model_tools.h"
#include "command.h"
#include "precision_option.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

// Of f32 vectors of one model on two processors.
constexpr double kDifferenceMax = 1e-5;

// The options of a model that these commands share.
struct ModelArgs {
  std::string model;
  Precision precision = Precision::kF32;
  std::string device = "auto";
  std::string prompt;
  std::size_t dimension = 0;
  std::size_t batch_size = 0;
  std::string prompt_name;
  bool strip = false;
  bool no_normalize = false;
  CLI::Option* precision_option = nullptr;
  CLI::Option* prompt_option = nullptr;

  void add_to(CLI::App& app) {
    app.add_option("model", model, "A model folder, ORG/NAME, or builtin:lexical")
        ->required()
        ->type_name("MODEL");
    add_precision(app, &precision);
    precision_option = app.get_option("--precision");
    add_device(app, &device);
    prompt_option =
        app.add_option("--prompt", prompt, "Put before each text; else the model's default");
    app.add_option("--prompt-name", prompt_name,
                   "One of the model's own prompts; query and document are there for every model");
    app.add_flag("--strip", strip,
                 "Leave out white space around texts, as sentence-transformers did up to 5.3");
    app.add_option("--dimension", dimension, "Fewer numbers, where the model allows it")
        ->check(CLI::PositiveNumber);
    app.add_option("--batch-size", batch_size, "Texts in a forward pass")
        ->check(CLI::PositiveNumber);
    app.add_flag("--no-normalize", no_normalize,
                 "Scale vectors to length 1 only where the model's own modules do");
  }
  EncoderOptions options() const {
    EncoderOptions options;
    options.prompt = prompt;
    options.has_prompt = prompt_option->count() > 0;
    options.prompt_name = prompt_name;
    options.strip = strip;
    options.dimension = dimension;
    // Who names a GPU and no precision wants one that it has.
    const bool wants_gpu = device.starts_with("cuda") && precision_option->count() == 0;
    options.precision = wants_gpu ? Precision::kAuto : precision;
    options.device = device;
    options.batch_texts_max = batch_size;
    options.normalize = !no_normalize;
    return options;
  }
};

struct FileArgs {
  ModelArgs model;
  std::string input = "-";
  std::string output = "-";

  void add_to(CLI::App& app) {
    app.add_option("--input", input, "JSON lines with the key text; - is standard input")
        ->capture_default_str();
    app.add_option("--output", output, "The file to write; - is standard output")
        ->capture_default_str();
  }
};

Status run_encode(const FileArgs& args) {
  COLVEC_ASSIGN(const FileReport report,
                encode_file(args.model.model, args.model.options(), args.input, args.output));
  print(stderr, "{}, {}, {} truncated, {} dimensions\n", counted(report.rows, "text"),
        counted(report.tokens, "token"), with_commas(report.truncated), report.dimension);
  return {};
}

Status run_verify(const ModelArgs& model, const std::string& texts, const std::string& vectors,
                  std::optional<double> difference_max) {
  COLVEC_ASSIGN(const VerifyReport report,
                verify_model(model.model, model.options(), texts, vectors));
  print(
      "{} rows of {} numbers, {} on {}\n  largest difference  {:.3g} (row {})\n  smallest cosine   "
      "  "
      "{:.9f}\n",
      with_commas(report.rows), report.dimension, name_of(report.precision), report.isa,
      report.max_abs_diff, report.worst_row, report.min_cosine);
  const bool is_f32 = report.precision == Precision::kF32;
  const double allowed = difference_max.value_or(is_f32 ? kDifferenceMax : HUGE_VAL);
  if (!(report.max_abs_diff <= allowed))
    return fail(ErrorCode::kConflict, fmt::format("the vectors differ by more than {:g}", allowed));
  const double cosine_min = cosine_min_of(report.precision);
  if (report.min_cosine >= cosine_min) return {};
  return fail(ErrorCode::kConflict, fmt::format("the smallest cosine is below {}", cosine_min));
}

// Of a model of the cache: its files are named by their checksums.
Status run_verify_files(const std::string& model) {
  std::error_code none;
  if (model.starts_with("builtin:") || std::filesystem::is_directory(model, none))
    return fail(ErrorCode::kInvalidArgument,
                model +
                    ": has no checksums of a hub; --texts and --vectors compare its vectors "
                    "with expected ones");
  COLVEC_ASSIGN(const VerifiedFiles verified, verify_cached_model(model));
  print("{}, {}: as the hub has them\n", counted(verified.files, "file"), bytes(verified.bytes));
  return {};
}

}  // namespace

std::function<Status()> prepare_encode(CLI::App& app) {
  auto args = std::make_shared<FileArgs>();
  args->model.add_to(app);
  args->add_to(app);
  return [args] { return run_encode(*args); };
}

std::function<Status()> prepare_tokenize(CLI::App& app) {
  auto args = std::make_shared<FileArgs>();
  auto tokens_max = std::make_shared<std::size_t>(0);
  app.add_option("folder", args->model.model, "A folder with a tokenizer, or ORG/NAME")
      ->required()
      ->type_name("FOLDER");
  args->add_to(app);
  app.add_option("--tokens-max", *tokens_max, "Ids of a text at most; 0: no limit")
      ->capture_default_str();
  return [args, tokens_max]() -> Status {
    COLVEC_ASSIGN(const FileReport report,
                  tokenize_file(args->model.model, args->input, args->output, *tokens_max));
    print(stderr, "{}, {}\n", counted(report.rows, "text"), counted(report.tokens, "token"));
    return {};
  };
}

std::function<Status()> prepare_verify(CLI::App& app) {
  auto model = std::make_shared<ModelArgs>();
  auto texts = std::make_shared<std::string>();
  auto vectors = std::make_shared<std::string>();
  auto difference_max = std::make_shared<std::optional<double>>();
  model->add_to(app);
  CLI::Option* const given = app.add_option("--texts", *texts, "JSON lines with the key text");
  app.add_option("--vectors", *vectors, "The expected vectors, a float32 NumPy file")->needs(given);
  given->needs(app.get_option("--vectors"));
  app.add_option("--difference-max", *difference_max,
                 "The largest difference of a number that passes; in f32 else 1e-5, in bf16 and "
                 "int8 only cosines count");
  return [=] {
    return texts->empty() ? run_verify_files(model->model)
                          : run_verify(*model, *texts, *vectors, *difference_max);
  };
}

std::function<Status()> prepare_synth(CLI::App& app) {
  auto config = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>();
  auto seed = std::make_shared<std::uint64_t>(1);
  app.add_option("--config", *config, "A model folder without weights")->required();
  app.add_option("--output", *output, "The folder to make")->required();
  app.add_option("--seed", *seed, "Decides the weights")->capture_default_str();
  return [=] { return synthesize_model(*config, *output, *seed); };
}

}  // namespace colvec::cli
