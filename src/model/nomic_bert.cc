#include "model/nomic_bert.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "model/config_reader.h"
#include "model/module_config.h"
#include "model/rotary.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

struct NomicConfig {
  TransformerShape shape;     // intermediate as the tensors have it.
  std::size_t positions = 0;  // That it was trained with; rotary positions have no end.
  std::size_t types = 0;      // 0: no token types.
  RotaryConfig rotary;
  Activation activation = Activation::kGeluErf;
  bool gated = false;
  float norm_eps = 1e-12f;
  bool qkv_bias = false;
  bool up_bias = false;
  bool down_bias = false;
  std::size_t experts = 0;
  std::size_t experts_top = 0;
  std::size_t experts_every = 0;  // 0: no layer has any.

  bool has_experts(std::size_t layer) const {
    return experts_every > 0 && layer % experts_every == 1;
  }
};

struct NomicLayer {
  std::unique_ptr<Linear> qkv;            // (3 * hidden, hidden)
  std::unique_ptr<Linear> attention_out;  // (hidden, hidden)
  NormWeights attention_norm;             // (hidden)
  NormWeights output_norm;                // (hidden)

  // One of each; in a mixture one for each expert.
  std::vector<std::unique_ptr<Linear>> up;    // (intermediate, hidden); twice as high with a gate.
  std::vector<std::unique_ptr<Linear>> down;  // (hidden, intermediate)
  TableWeights router;                        // (experts, hidden); no rows without a mixture.
  std::vector<float> experts_bias;            // (hidden)
};

struct NomicWeights {
  TableWeights words;  // (vocabulary, hidden)
  TableWeights types;  // (types, hidden); single texts use row 0.
  NormWeights norm;    // (hidden)
  std::vector<NomicLayer> layers;
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat qkv;      // (tokens, 3 * hidden)
  Mat context;  // (tokens, hidden)
  Mat experts;  // (tokens * experts_top, hidden)
};

// Settings of the original code that would compute something else.
Status refuse_variants(const Json& config) {
  for (const std::string_view key :
       {"prenorm", "parallel_block", "causal", "rotary_emb_interleaved", "use_rms_norm", "norm_mlp",
        "scale_attn_by_inverse_layer_idx", "expert_choice_router", "rotary_head_dim"})
    COLVEC_TRY(require_boolean(config, key, false));
  for (const std::string_view key : {"scale_attn_weights"})
    COLVEC_TRY(require_boolean(config, key, true));
  for (const std::string_view key : {"rotary_emb_scale_base", "num_heads_kv"})
    COLVEC_TRY(require_null(config, key));
  COLVEC_TRY(require_count(config, "num_shared_experts", 0));
  COLVEC_TRY(require_count(config, "ffn_div", 1));
  // False, or a power for the norm of the weights.
  COLVEC_ASSIGN(const std::optional<Json> normed, config.find("moe_normalize_expert_weights"));
  if (normed && normed->is_boolean())
    return require_boolean(config, "moe_normalize_expert_weights", false);
  return require_null(config, "moe_normalize_expert_weights");
}

struct NamedActivation {
  std::string_view name;
  Activation activation;
  bool gated;
};
constexpr std::array kActivations = {NamedActivation{"gelu", Activation::kGeluErf, false},
                                     NamedActivation{"geglu", Activation::kGeluErf, true},
                                     NamedActivation{"swiglu", Activation::kSilu, true}};

Status read_feed_forward(const Json& config, NomicConfig* parsed) {
  COLVEC_ASSIGN(const std::string name, config.string("activation_function"));
  bool known = false;
  for (const NamedActivation& row : kActivations) {
    if (row.name != name) continue;
    parsed->activation = row.activation;
    parsed->gated = row.gated;
    known = true;
  }
  if (!known)
    return fail(ErrorCode::kUnsupported,
                config.where() + ": activation_function: unknown activation: " + name);
  // The original code makes gated tensors in steps of 256.
  if (parsed->gated) parsed->shape.intermediate = (parsed->shape.intermediate + 255) / 256 * 256;
  COLVEC_ASSIGN(parsed->up_bias, config.boolean_or("mlp_fc1_bias", true));
  COLVEC_ASSIGN(parsed->down_bias, config.boolean_or("mlp_fc2_bias", true));
  COLVEC_ASSIGN(const std::uint64_t every, config.unsigned_or("moe_every_n_layers", 0));
  if (every == 0) return {};
  if (every > kLayersMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: moe_every_n_layers: not between 0 and {}: {}", config.where(),
                            kLayersMax, every));
  if (parsed->gated)
    return fail(ErrorCode::kUnsupported,
                config.where() + ": activation_function is not supported in a mixture: " + name);
  parsed->experts_every = every;
  COLVEC_ASSIGN(parsed->experts, read_count(config, "num_experts", kExpertsMax));
  COLVEC_ASSIGN(parsed->experts_top, read_count(config, "moe_top_k", parsed->experts));
  return {};
}

Status read_rotary(const Json& config, NomicConfig* parsed) {
  COLVEC_ASSIGN(const double fraction, read_positive_or(config, "rotary_emb_fraction", 1, 1));
  const double dims = std::floor(static_cast<double>(parsed->shape.head_dim) * fraction);
  const auto whole = static_cast<std::size_t>(dims);
  if (whole < 2 || whole % 2 != 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: rotary_emb_fraction: not an even part of head_dim {}: {}",
                            config.where(), parsed->shape.head_dim, fraction));
  parsed->rotary.pairs = whole / 2;
  COLVEC_ASSIGN(parsed->rotary.base, read_positive_or(config, "rotary_emb_base", 1e12, 10000));
  COLVEC_ASSIGN(parsed->rotary.growth, read_positive_or(config, "rotary_scaling_factor", 1e6, 0));
  COLVEC_ASSIGN(parsed->rotary.trained,
                read_count_or(config, "max_trained_positions", kPositionsMax, 2048));
  if (parsed->rotary.growth != 0 && whole == 2)
    return fail(ErrorCode::kInvalidArgument,
                config.where() + ": rotary_scaling_factor needs more than one pair");
  return {};
}

Result<NomicConfig> parse(const Json& config) {
  NomicConfig parsed;
  COLVEC_TRY(refuse_variants(config));
  COLVEC_ASSIGN(parsed.shape, read_shape(config, {.vocabulary = "vocab_size",
                                                  .hidden = "n_embd",
                                                  .layers = "n_layer",
                                                  .heads = "n_head",
                                                  .intermediate = "n_inner"}));
  // The original code makes the table in steps, too.
  COLVEC_ASSIGN(const std::size_t step,
                read_count_or(config, "pad_vocab_size_multiple", kVocabularyMax, 1));
  parsed.shape.vocabulary = (parsed.shape.vocabulary + step - 1) / step * step;
  COLVEC_ASSIGN(parsed.positions, read_count_or(config, "n_positions", kPositionsMax, 2048));
  COLVEC_ASSIGN(const std::uint64_t types, config.unsigned_or("type_vocab_size", 2));
  if (types > 0) {
    COLVEC_ASSIGN(parsed.types, read_count_or(config, "type_vocab_size", kWidthMax, 2));
  }
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "layer_norm_epsilon", 1e-5f));
  COLVEC_ASSIGN(parsed.qkv_bias, config.boolean_or("qkv_proj_bias", true));
  COLVEC_TRY(read_feed_forward(config, &parsed));
  COLVEC_TRY(read_rotary(config, &parsed));
  return parsed;
}

Status visit_feed_forward(const std::string& mlp, const NomicConfig& c, WeightVisitor& visit,
                          NomicLayer& w) {
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  w.up.resize(1);
  w.down.resize(1);
  if (c.gated) {
    // fc11(x) * activation(fc12(x))
    COLVEC_TRY(visit.stacked({{mlp + ".fc11", inner}, {mlp + ".fc12", inner}}, hidden, c.up_bias,
                             &w.up[0]));
  } else {
    COLVEC_TRY(
        visit.linear(mlp + ".fc1", {.out = inner, .in = hidden, .bias = c.up_bias}, &w.up[0]));
  }
  return visit.linear(mlp + ".fc2", {.out = hidden, .in = inner, .bias = c.down_bias}, &w.down[0]);
}

Status visit_experts(const std::string& mlp, const NomicConfig& c, WeightVisitor& visit,
                     NomicLayer& w) {
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  COLVEC_TRY(visit.table(mlp + ".router.layer", c.experts, hidden, &w.router));
  COLVEC_TRY(
      visit.slices(mlp + ".experts.mlp.w1", c.experts, {.out = inner, .in = hidden}, false, &w.up));
  COLVEC_TRY(visit.slices(mlp + ".experts.mlp.w2", c.experts, {.out = hidden, .in = inner}, true,
                          &w.down));
  return visit.vector(mlp + ".experts.bias", hidden, WeightRole::kBias, &w.experts_bias);
}

Status visit_layer(std::size_t index, const NomicConfig& c, WeightVisitor& visit, NomicLayer& w) {
  const std::string layer = "encoder.layers." + std::to_string(index);
  const std::size_t hidden = c.shape.hidden;
  const NormShape norm{.width = hidden, .eps = c.norm_eps};
  COLVEC_TRY(visit.linear(layer + ".attn.Wqkv",
                          {.out = 3 * hidden, .in = hidden, .bias = c.qkv_bias}, &w.qkv));
  COLVEC_TRY(visit.linear(layer + ".attn.out_proj",
                          {.out = hidden, .in = hidden, .bias = c.qkv_bias}, &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".norm1", norm, &w.attention_norm));
  COLVEC_TRY(visit.norm(layer + ".norm2", norm, &w.output_norm));
  return c.has_experts(index) ? visit_experts(layer + ".mlp", c, visit, w)
                              : visit_feed_forward(layer + ".mlp", c, visit, w);
}

Status visit_weights(const NomicConfig& c, WeightVisitor& visit, NomicWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
  if (c.types > 0)
    COLVEC_TRY(visit.table("embeddings.token_type_embeddings", c.types, hidden, &w.types));
  COLVEC_TRY(visit.norm("emb_ln", {.width = hidden, .eps = c.norm_eps}, &w.norm));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_layer(i, c, visit, w.layers.back()));
  }
  return {};
}

// Heads for other tasks.
bool is_unused(std::string_view name) {
  return name.starts_with("pooler.") || name.starts_with("cls.");
}

// One post-norm layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat nomic_layer(Backend& on, const NomicConfig& c, const NomicLayer& w, const Rotation& rotation,
                RowStarts row_starts, WantedRows wanted, const Buffers& s, Mat x) {
  AttentionOptions attention = c.shape.attention();
  attention.needs_f32 = c.experts > 0;  // A router turns small differences into other experts.
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.rotate(s.qkv.columns(0, 2 * c.shape.hidden), c.shape.head_dim, row_starts, rotation);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add_norm(w.attention_norm.view()), x);

  std::vector<FeedForward> feed_forwards;
  for (std::size_t i = 0; i < w.up.size(); ++i)
    feed_forwards.push_back({.up = w.up[i].get(),
                             .down = w.down[i].get(),
                             .activation = c.activation,
                             .gate = c.gated ? Gate::kSecondHalf : Gate::kNone,
                             .needs_f32 = c.experts > 0});
  const Join join = Join::add_norm(w.output_norm.view());
  if (w.router.rows == 0) {
    on.feed_forward(x, feed_forwards[0], x, join, x);
  } else {
    on.mixture(x,
               {.router = w.router.view(),
                .experts = feed_forwards,
                .top = c.experts_top,
                .bias = w.experts_bias},
               x, join, s.experts.row_range(0, x.rows * c.experts_top), x);
  }
  return x;
}

class NomicModel final : public Model {
 public:
  NomicModel(const NomicConfig& config, NomicWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"nomic_bert","heads":{},"activation":"{}","gated":{},"norm_eps":{},)"
        R"("rotary":{},"experts_top":{}}})",
        config_.shape.heads, name_of(config_.activation), config_.gated, config_.norm_eps,
        config_.rotary.settings(), config_.experts_top);
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const RotaryAngles angles(config_.rotary, row_starts);
    const std::size_t hidden = config_.shape.hidden;
    Mat x = scratch.stream(ids.size(), hidden);
    // Heads that are turned keep 32 bits where small differences matter most.
    const Buffers buffers{.qkv = config_.experts > 0 ? scratch.stream(ids.size(), 3 * hidden)
                                                     : scratch.mat(ids.size(), 3 * hidden),
                          .context = scratch.mat(ids.size(), hidden),
                          .experts = scratch.mat(ids.size() * config_.experts_top, hidden)};
    Embedding embedding{.words = weights_.words.view()};
    if (config_.types > 0) embedding.type_row = weights_.types.row(0);
    backend_.embed(ids, {}, embedding, x);
    backend_.norm(x, weights_.norm.view(), x);
    for (const NomicLayer& layer : weights_.layers)
      x = nomic_layer(backend_, config_, layer, angles.view(), row_starts,
                      wanted_of(layer, weights_.layers, wanted), buffers, x);
    return x;
  }

 private:
  NomicConfig config_;
  NomicWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_nomic_bert(const Json& config, const Weights& files,
                                               Backend& backend) {
  COLVEC_ASSIGN(const NomicConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"bert."}, "embeddings.word_embeddings.weight"));
  NomicWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<NomicModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_nomic_bert(const Json& config) {
  COLVEC_ASSIGN(const NomicConfig parsed, parse(config));
  WeightLister lister;
  NomicWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
