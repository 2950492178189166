#include "encode/transformer_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "compute/backend.h"
#include "encode/batch_plan.h"
#include "encode/encoder_choices.h"
#include "encode/fingerprint.h"
#include "encode/stopwatch.h"
#include "encode/tokenised.h"
#include "model/model.h"
#include "model/tail.h"

namespace colvec {
namespace {

// What encoders of one folder share. The backend is declared first: it outlives what it made.
struct TransformerParts {
  std::string name;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Model> model;
  Tail tail;
  std::unique_ptr<Tokenizer> tokenizer;
  std::size_t tokens_max = 0;
  bool lower_case = false;
  bool has_modules = false;
  PromptConfig prompts;
  // JSON for the fingerprint.
  std::string weight_sums;
  std::string dense_sums;
  std::string tokenizer_sums;
};

// Memory for forward passes, one piece for each that runs at the same time. Thread-safe.
class ScratchPool {
 public:
  explicit ScratchPool(Backend& backend) : backend_(backend) {}

  std::unique_ptr<Scratch> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Scratch> scratch = std::move(idle_.back());
        idle_.pop_back();
        return scratch;
      }
    }
    return backend_.make_scratch();
  }

  void put_back(std::unique_ptr<Scratch> scratch) {
    scratch->clear();
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }

 private:
  Backend& backend_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

class TransformerEncoder final : public Encoder {
 public:
  struct Settings {
    TextRules rules;
    BatchLimits limits;
    std::size_t dimension = 0;      // At most that of the tail.
    bool normalize = false;         // After the tail and the cut.
    std::size_t prompt_tokens = 0;  // Left out of averages.
  };

  TransformerEncoder(std::shared_ptr<const TransformerParts> parts, Settings settings,
                     EncoderInfo info)
      : parts_(std::move(parts)),
        settings_(std::move(settings)),
        info_(std::move(info)),
        scratches_(*parts_->backend) {}

  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == settings_.dimension);
    EncodeTimes spent;
    const Tokenised tokenised =
        tokenise(*parts_->tokenizer, settings_.rules, texts, reports, &spent.tokenise_ns);

    spent.encode_ns = run(tokenised, settings_.prompt_tokens, reports, out);
    if (times != nullptr) {
      times->tokenise_ns += spent.tokenise_ns;
      times->encode_ns += spent.encode_ns;
    }
    return {};
  }

  Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                    std::span<TextReport> reports) override {
    COLVEC_CHECK(out.rows == ids.size() && reports.size() == ids.size());
    COLVEC_CHECK(out.dimension == settings_.dimension);
    COLVEC_ASSIGN(const Tokenised taken, take_ids(ids,
                                                  {.vocabulary = parts_->model->vocabulary(),
                                                   .tokens_max = settings_.rules.tokens_max},
                                                  reports));
    run(taken, 0, reports, out);
    return {};
  }

 private:
  // Returns the thread time that it took.
  std::uint64_t run(const Tokenised& tokenised, std::size_t prompt_tokens,
                    std::span<const TextReport> reports, VectorRows out) {
    std::vector<std::uint32_t> token_counts;
    for (const TextReport& report : reports) token_counts.push_back(report.token_count);
    const std::vector<Batch> batches = plan_batches(token_counts, settings_.limits);
    std::atomic<std::uint64_t> encode_ns = 0;
    parallel_for(batches.size(), [&](std::size_t i) {
      const Stopwatch watch;
      run_batch(tokenised, batches[i], prompt_tokens, out);
      encode_ns += watch.elapsed_ns();
    });
    return encode_ns;
  }

  void run_batch(const Tokenised& tokenised, const Batch& batch, std::size_t prompt_tokens,
                 VectorRows out) {
    const std::size_t first = tokenised.starts[batch.begin];
    std::vector<std::uint32_t> row_starts;
    for (std::size_t i = batch.begin; i <= batch.end; ++i)
      row_starts.push_back(static_cast<std::uint32_t>(tokenised.starts[i] - first));
    const std::size_t texts = batch.end - batch.begin;
    const MatView<float> rows(out.data + batch.begin * out.dimension, texts, out.dimension);
    if (row_starts.back() == 0) {
      // Without special tokens, texts may have no tokens at all.
      std::fill_n(rows.data, texts * out.dimension, 0.0f);
      return;
    }
    const std::vector<std::uint32_t> skip(prompt_tokens == 0 ? 0 : texts,
                                          static_cast<std::uint32_t>(prompt_tokens));
    const std::span ids(tokenised.ids.data() + first, row_starts.back());

    Backend& backend = *parts_->backend;
    std::unique_ptr<Scratch> scratch = scratches_.take();
    const Mat hidden = parts_->model->forward(ids, row_starts, *scratch);
    Mat vectors = parts_->tail.run(hidden, row_starts, skip, *scratch);
    vectors.cols = settings_.dimension;  // A cut keeps the first numbers.
    if (settings_.normalize) backend.normalize(vectors);
    backend.download(vectors, rows);
    scratches_.put_back(std::move(scratch));
  }

  std::shared_ptr<const TransformerParts> parts_;
  Settings settings_;
  EncoderInfo info_;
  ScratchPool scratches_;
};

std::string made_of(const TransformerParts& parts, const TextRules& rules, bool normalize) {
  JsonMembers members = {{"kind", "\"transformer\""},
                         {"weights", parts.weight_sums},
                         {"dense_weights", parts.dense_sums},
                         {"tokenizer", parts.tokenizer_sums},
                         {"model", parts.model->settings()},
                         {"steps", parts.tail.settings()},
                         {"tokens_max", std::to_string(parts.tokens_max)},
                         {"lower_case", rules.lower_case ? "true" : "false"},
                         {"prompt", json_quote(rules.prompt)},
                         {"normalize", normalize ? "true" : "false"}};
  // Only where it is on: fingerprints without it stay what they were.
  if (rules.strip) members.emplace_back("strip", "true");
  return json_object(members);
}

class OpenedTransformer final : public OpenedModel {
 public:
  explicit OpenedTransformer(std::shared_ptr<const TransformerParts> parts)
      : parts_(std::move(parts)) {}

  Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const override {
    const TransformerParts& parts = *parts_;
    const std::size_t own_dimension = parts.tail.dimension();
    TransformerEncoder::Settings settings;
    COLVEC_ASSIGN(settings.rules.prompt, choose_prompt(parts.prompts, options));
    COLVEC_ASSIGN(settings.dimension, choose_dimension(parts.prompts, own_dimension, options));
    settings.rules.lower_case = parts.lower_case;
    settings.rules.strip = options.strip;
    settings.rules.tokens_max = parts.tokens_max;
    const BatchLimits defaults;
    settings.limits.texts_max =
        options.batch_texts_max == 0 ? defaults.texts_max : options.batch_texts_max;
    settings.limits.tokens_max =
        options.batch_tokens_max == 0 ? defaults.tokens_max : options.batch_tokens_max;
    const bool is_normalized = parts.tail.ends_normalized() && settings.dimension == own_dimension;
    settings.normalize = options.normalize && !is_normalized;
    if (parts.tail.leaves_prompt_out())
      settings.prompt_tokens = prompt_token_count(*parts.tokenizer, settings.rules);

    EncoderInfo info;
    info.model = parts.name;
    info.kind = "transformer";
    info.tokens_max = parts.tokens_max;
    info.isa = parts.backend->isa();
    info.precision = parts.backend->precision();
    info.shorter_dimensions = parts.prompts.matryoshka_dims;
    for (const auto& named : parts.prompts.prompts) info.prompt_names.push_back(named.first);
    if (!parts.has_modules) {
      info.note =
          parts.name + " has no modules.json: its tokens are averaged, and nothing else is done";
    }
    set_fingerprint(made_of(parts, settings.rules, options.normalize), own_dimension,
                    settings.dimension, &info);
    return std::make_unique<TransformerEncoder>(parts_, std::move(settings), std::move(info));
  }

 private:
  std::shared_ptr<const TransformerParts> parts_;
};

// Loads the weights on one core while another reads them for the checksum.
Status load_weights(const ModelFolder& folder, TransformerParts* parts) {
  COLVEC_ASSIGN(const Family* family, find_family(*folder.config));
  COLVEC_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  Status loaded;
  parallel_for(2, [&](std::size_t task) {
    if (task == 0) {
      parts->weight_sums = weight_checksums(weights);
      return;
    }
    loaded = [&]() -> Status {
      COLVEC_ASSIGN(parts->model, family->load(*folder.config, weights, *parts->backend));
      return {};
    }();
  });
  COLVEC_TRY(loaded);
  COLVEC_ASSIGN(parts->tail, Tail::load(folder, parts->model->hidden(), *parts->backend));
  std::string& sums = parts->dense_sums;
  for (const Weights& dense : parts->tail.weights()) {
    sums.push_back(sums.empty() ? '[' : ',');
    sums += weight_checksums(dense);
  }
  sums += sums.empty() ? "[]" : "]";
  return {};
}

}  // namespace

Result<std::unique_ptr<OpenedModel>> open_transformer(const ModelFolder& folder, std::string name,
                                                      Precision precision) {
  auto parts = std::make_shared<TransformerParts>();
  parts->name = std::move(name);
  parts->lower_case = folder.text.lower_case;
  parts->has_modules = folder.has_modules;
  parts->prompts = folder.prompts;
  COLVEC_ASSIGN(parts->backend, open_cpu_backend(precision));
  COLVEC_TRY(load_weights(folder, parts.get()));

  COLVEC_ASSIGN(parts->tokenizer, Tokenizer::load(folder.core_dir, {.special_tokens = true}));
  COLVEC_ASSIGN(parts->tokenizer_sums, tokenizer_checksums(folder.core_dir));
  COLVEC_ASSIGN(parts->tokens_max, choose_tokens_max(folder,
                                                     {.most = parts->model->positions(),
                                                      .trained = parts->model->trained_positions()},
                                                     parts->tokenizer->special_count()));
  if (parts->tokenizer->id_max() >= parts->model->vocabulary())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the tokenizer gives ids up to {}, but vocab_size is {}",
                            folder.core_dir.string(), parts->tokenizer->id_max(),
                            parts->model->vocabulary()));
  return std::make_unique<OpenedTransformer>(std::move(parts));
}

}  // namespace colvec
