#include "encode/transformer_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "compute/backend.h"
#include "compute/open_backends.h"
#include "encode/batch_plan.h"
#include "encode/encoder_choices.h"
#include "encode/fingerprint.h"
#include "encode/pass_places.h"
#include "encode/stopwatch.h"
#include "encode/tokenised.h"
#include "model/model.h"
#include "model/tail.h"

namespace colvec {
namespace {

// The model on one device. The backend is declared first: it outlives what it made.
struct Replica {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Model> model;
  Tail tail;
};

// The forward passes that run at once, over all encoders of one folder.
struct Passes {
  PassPlaces places;
  // Of a batch; falls where a device has too little memory.
  std::atomic<std::size_t> tokens_max = std::numeric_limits<std::size_t>::max();
};

// What encoders of one folder share.
struct TransformerParts {
  std::string name;
  std::vector<Replica> replicas;  // One for each device; at least one.
  std::unique_ptr<Passes> passes;
  std::string note;
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

class TransformerEncoder final : public Encoder {
 public:
  struct Settings {
    TextRules rules;
    BatchLimits limits;
    std::size_t dimension = 0;      // At most that of the tail.
    bool normalize = false;         // After the tail and the cut.
    std::size_t prompt_tokens = 0;  // Left out of averages.
    std::size_t bytes_at_once = 0;  // As Encoder::bytes_at_once().
  };

  TransformerEncoder(std::shared_ptr<const TransformerParts> parts, Settings settings,
                     EncoderInfo info)
      : parts_(std::move(parts)),
        settings_(std::move(settings)),
        info_(std::move(info)),
        passes_(*parts_->passes) {}

  const EncoderInfo& info() const override { return info_; }
  std::size_t bytes_at_once() const override { return settings_.bytes_at_once; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == settings_.dimension);
    EncodeTimes spent;
    const Tokenised tokenised =
        tokenise(*parts_->tokenizer, settings_.rules, texts, reports, &spent.tokenise_ns);

    COLVEC_ASSIGN(spent.encode_ns, run(tokenised, settings_.prompt_tokens, reports, out));
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
    COLVEC_ASSIGN(const Tokenised taken,
                  take_ids(ids,
                           {.vocabulary = parts_->replicas[0].model->vocabulary(),
                            .tokens_max = settings_.rules.tokens_max},
                           reports));
    COLVEC_ASSIGN(const std::uint64_t spent, run(taken, 0, reports, out));
    static_cast<void>(spent);
    return {};
  }

 private:
  // Texts of one call, with what is the same for all of its batches.
  struct Call {
    const Tokenised& tokenised;
    std::size_t prompt_tokens;
    VectorRows out;
  };

  // Returns the thread time that it took.
  Result<std::uint64_t> run(const Tokenised& tokenised, std::size_t prompt_tokens,
                            std::span<const TextReport> reports, VectorRows out) {
    std::vector<std::uint32_t> token_counts;
    for (const TextReport& report : reports) token_counts.push_back(report.token_count);
    BatchLimits limits = settings_.limits;
    limits.tokens_max = std::min<std::size_t>(limits.tokens_max, passes_.tokens_max);
    const std::vector<Batch> batches = plan_batches(token_counts, limits);
    const Call call{tokenised, prompt_tokens, out};
    std::vector<Status> statuses(batches.size());
    std::atomic<std::uint64_t> encode_ns = 0;
    parallel_for(batches.size(), [&](std::size_t i) {
      const Stopwatch watch;
      statuses[i] = run_batch(call, batches[i]);
      encode_ns += watch.elapsed_ns();
    });
    for (Status& status : statuses) COLVEC_TRY(std::move(status));
    return encode_ns.load();
  }

  // Where a device has not enough memory for the batch, first fewer passes run on it at once; then
  // the batch is halved, as often as it takes.
  Status run_batch(const Call& call, const Batch& batch) {
    Attempt attempt = Attempt::kAgain;
    while (attempt == Attempt::kAgain) {
      COLVEC_ASSIGN(attempt, try_batch(call, batch));
    }
    if (attempt == Attempt::kDone) return {};
    const std::size_t texts = batch.end - batch.begin;
    const std::size_t tokens =
        call.tokenised.starts[batch.end] - call.tokenised.starts[batch.begin];
    if (texts == 1)
      return fail(ErrorCode::kIo,
                  fmt::format("not enough memory on the GPU for a text of {} tokens", tokens));
    // Later batches begin with what is left.
    std::size_t most = passes_.tokens_max;
    while (most > tokens / 2 && !passes_.tokens_max.compare_exchange_weak(most, tokens / 2)) {
    }
    const std::size_t middle = batch.begin + texts / 2;
    COLVEC_TRY(run_batch(call, {batch.begin, middle}));
    return run_batch(call, {middle, batch.end});
  }

  // What became of a batch: it is done; its device had no room, but has more now; or it has none.
  enum class Attempt { kDone, kAgain, kNoRoom };

  // Goes back also where an exception passes by.
  class TakenPlace {
   public:
    explicit TakenPlace(PassPlaces& places) : places_(places), place_(places.take()) {}
    ~TakenPlace() {
      if (place_.scratch != nullptr) places_.put_back(std::move(place_));
    }
    TakenPlace(const TakenPlace&) = delete;
    TakenPlace& operator=(const TakenPlace&) = delete;
    std::size_t device() const { return place_.device; }
    Scratch& scratch() const { return *place_.scratch; }
    bool give_up() { return places_.give_up(std::move(place_)); }

   private:
    PassPlaces& places_;
    PassPlace place_;
  };

  Result<Attempt> try_batch(const Call& call, const Batch& batch) {
    const std::vector<std::size_t>& starts = call.tokenised.starts;
    const std::size_t first = starts[batch.begin];
    std::vector<std::uint32_t> row_starts;
    for (std::size_t i = batch.begin; i <= batch.end; ++i)
      row_starts.push_back(static_cast<std::uint32_t>(starts[i] - first));
    const std::size_t texts = batch.end - batch.begin;
    const std::size_t dimension = call.out.dimension;
    const MatView<float> rows(call.out.data + batch.begin * dimension, texts, dimension);
    if (row_starts.back() == 0) {
      // Without special tokens, texts may have no tokens at all.
      std::fill_n(rows.data, texts * dimension, 0.0f);
      return Attempt::kDone;
    }
    const std::vector<std::uint32_t> skip(call.prompt_tokens == 0 ? 0 : texts,
                                          static_cast<std::uint32_t>(call.prompt_tokens));
    const std::span ids(call.tokenised.ids.data() + first, row_starts.back());

    TakenPlace place(passes_.places);
    const Replica& replica = parts_->replicas[place.device()];
    const PooledRows pooled = replica.tail.pooled_rows(row_starts);
    const Mat hidden = replica.model->forward(ids, row_starts, pooled.rows, place.scratch());
    Mat vectors = replica.tail.run(hidden, pooled.row_starts, skip, place.scratch());
    vectors.cols = settings_.dimension;  // A cut keeps the first numbers.
    if (settings_.normalize) replica.backend->normalize(vectors);
    COLVEC_ASSIGN(const bool had_room, replica.backend->download(vectors, rows));
    if (had_room) return Attempt::kDone;
    return place.give_up() ? Attempt::kAgain : Attempt::kNoRoom;
  }

  std::shared_ptr<const TransformerParts> parts_;
  Settings settings_;
  EncoderInfo info_;
  Passes& passes_;
};

// Text of a call that gives a GPU a few full batches.
constexpr std::size_t kBytesForGpu = 256 * 1024;

// Tokens of a pass that suit all devices; 0: no wish.
std::size_t tokens_at_once(const TransformerParts& parts) {
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Replica& replica : parts.replicas)
    least = std::min(least, replica.backend->tokens_at_once(replica.model->hidden()));
  return least;
}

// The caller's limits, else the device's wish, else the default.
BatchLimits batch_limits(const EncoderOptions& options, std::size_t device_tokens) {
  BatchLimits limits;
  if (device_tokens > 0) limits = {.texts_max = device_tokens, .tokens_max = device_tokens};
  if (options.batch_texts_max > 0) limits.texts_max = options.batch_texts_max;
  if (options.batch_tokens_max > 0) limits.tokens_max = options.batch_tokens_max;
  return limits;
}

std::string made_of(const TransformerParts& parts, const TextRules& rules, bool normalize) {
  JsonMembers members = {{"kind", "\"transformer\""},
                         {"weights", parts.weight_sums},
                         {"dense_weights", parts.dense_sums},
                         {"tokenizer", parts.tokenizer_sums},
                         {"model", parts.replicas[0].model->settings()},
                         {"steps", parts.replicas[0].tail.settings()},
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
    const Replica& replica = parts.replicas[0];
    const Backend& backend = *replica.backend;
    const std::size_t own_dimension = replica.tail.dimension();
    TransformerEncoder::Settings settings;
    COLVEC_ASSIGN(settings.rules.prompt, choose_prompt(parts.prompts, options));
    COLVEC_ASSIGN(settings.dimension, choose_dimension(parts.prompts, own_dimension, options));
    settings.rules.lower_case = parts.lower_case;
    settings.rules.strip = options.strip;
    settings.rules.tokens_max = parts.tokens_max;
    settings.limits = batch_limits(options, tokens_at_once(parts));
    if (backend.passes_at_once() > 0) settings.bytes_at_once = kBytesForGpu;
    const bool is_normalized =
        replica.tail.ends_normalized() && settings.dimension == own_dimension;
    settings.normalize = options.normalize && !is_normalized;
    if (replica.tail.leaves_prompt_out())
      settings.prompt_tokens = prompt_token_count(*parts.tokenizer, settings.rules);

    EncoderInfo info;
    info.model = parts.name;
    info.kind = "transformer";
    info.tokens_max = parts.tokens_max;
    info.isa = backend.isa();
    info.precision = backend.precision();
    info.shorter_dimensions = parts.prompts.matryoshka_dims;
    for (const auto& named : parts.prompts.prompts) info.prompt_names.push_back(named.first);
    if (!parts.has_modules) {
      info.note =
          parts.name + " has no modules.json: its tokens are averaged, and nothing else is done";
    }
    if (!parts.note.empty()) info.note += (info.note.empty() ? "" : "; ") + parts.note;
    set_fingerprint(made_of(parts, settings.rules, options.normalize), own_dimension,
                    settings.dimension, &info);
    return std::make_unique<TransformerEncoder>(parts_, std::move(settings), std::move(info));
  }

 private:
  std::shared_ptr<const TransformerParts> parts_;
};

// Loads the weights on each device while another core reads them for the checksum.
Status load_weights(const ModelFolder& folder, TransformerParts* parts) {
  COLVEC_ASSIGN(const Family* family, find_family(*folder.config));
  COLVEC_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  const auto load = [&](Replica& replica) -> Status {
    COLVEC_ASSIGN(replica.model, family->load(*folder.config, weights, *replica.backend));
    COLVEC_ASSIGN(replica.tail, Tail::load(folder, replica.model->hidden(), *replica.backend));
    return replica.backend->loaded();
  };
  std::vector<Status> loaded(parts->replicas.size());
  parallel_for(loaded.size() + 1, [&](std::size_t task) {
    if (task == loaded.size())
      parts->weight_sums = weight_checksums(weights);
    else
      loaded[task] = load(parts->replicas[task]);
  });
  for (Status& status : loaded) COLVEC_TRY(std::move(status));
  std::string& sums = parts->dense_sums;
  for (const Weights& dense : parts->replicas[0].tail.weights()) {
    sums.push_back(sums.empty() ? '[' : ',');
    sums += weight_checksums(dense);
  }
  sums += sums.empty() ? "[]" : "]";
  return {};
}

Result<std::shared_ptr<TransformerParts>> load_parts(const ModelFolder& folder,
                                                     std::string_view device, Precision precision) {
  auto parts = std::make_shared<TransformerParts>();
  COLVEC_ASSIGN(OpenedBackends opened, open_backends(device, precision));
  parts->note = std::move(opened.note);
  for (std::unique_ptr<Backend>& backend : opened.backends)
    parts->replicas.push_back({std::move(backend), nullptr, {}});
  COLVEC_TRY(load_weights(folder, parts.get()));
  const auto make_scratch = [replicas = &parts->replicas](std::size_t i) {
    return (*replicas)[i].backend->make_scratch();
  };
  parts->passes.reset(
      new Passes{.places = {parts->replicas.size(), parts->replicas[0].backend->passes_at_once(),
                            make_scratch}});
  return parts;
}

// A GPU without room for the weights is passed over like one that is not there, unless it was asked
// for.
Result<std::shared_ptr<TransformerParts>> load_parts(const ModelFolder& folder,
                                                     const EncoderOptions& options) {
  COLVEC_ASSIGN(const DeviceChoice device, choose_device(options.device));
  Result<std::shared_ptr<TransformerParts>> parts =
      load_parts(folder, options.device, options.precision);
  const bool was_asked_for = device.kind != DeviceChoice::Kind::kAuto;
  if (parts || parts.error().code != ErrorCode::kIo || was_asked_for) return parts;
  const std::string reason = parts.error().message;
  Result<std::shared_ptr<TransformerParts>> on_cpu = load_parts(folder, "cpu", options.precision);
  if (!on_cpu) return parts;
  (*on_cpu)->note = "the GPU is not used: " + reason;
  return on_cpu;
}

}  // namespace

Result<std::unique_ptr<OpenedModel>> open_transformer(const ModelFolder& folder, std::string name,
                                                      const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::shared_ptr<TransformerParts> parts, load_parts(folder, options));
  const Model& model = *parts->replicas[0].model;
  parts->name = std::move(name);
  parts->lower_case = folder.text.lower_case;
  parts->has_modules = folder.has_modules;
  parts->prompts = folder.prompts;

  COLVEC_ASSIGN(parts->tokenizer, Tokenizer::load(folder.core_dir, {.special_tokens = true}));
  COLVEC_ASSIGN(parts->tokenizer_sums, tokenizer_checksums(folder.core_dir));
  COLVEC_ASSIGN(
      parts->tokens_max,
      choose_tokens_max(folder, {.most = model.positions(), .trained = model.trained_positions()},
                        parts->tokenizer->special_count()));
  if (parts->tokenizer->id_max() >= model.vocabulary())
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: the tokenizer gives ids up to {}, but vocab_size is {}",
                    folder.core_dir.string(), parts->tokenizer->id_max(), model.vocabulary()));
  return std::make_unique<OpenedTransformer>(parts);
}

}  // namespace colvec
