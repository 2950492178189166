#include "model/gemma3.h"

#include <fmt/format.h>

#include <cmath>

#include "model/config_reader.h"
#include "model/decoder_config.h"
#include "model/layer_types.h"
#include "model/module_config.h"
#include "model/rotary.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

struct GemmaConfig {
  TransformerShape shape;
  std::size_t positions = 0;     // That it was trained with; rotary positions have no end.
  std::vector<LayerType> types;  // (layers)
  std::size_t window = 0;        // Of sliding layers: the farthest distance.
  RotaryConfig full_rotary;
  RotaryConfig sliding_rotary;
  Activation activation = Activation::kGeluTanh;
  float norm_eps = 1e-6f;
  float scale = 0;  // Of scores.
  bool causal = true;
};

struct GemmaLayer {
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> qkv;            // ((heads + 2 * key_heads) * head_dim, hidden)
  NormWeights query_norm;                 // (head_dim)
  NormWeights key_norm;                   // (head_dim)
  std::unique_ptr<Linear> attention_out;  // (hidden, heads * head_dim)
  NormWeights attention_out_norm;         // (hidden)
  NormWeights mlp_norm;                   // (hidden)
  std::unique_ptr<Linear> up;             // (2 * intermediate, hidden): what is activated first
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
  NormWeights mlp_out_norm;               // (hidden)
};

struct GemmaWeights {
  TableWeights words;  // (vocabulary, hidden)
  std::vector<GemmaLayer> layers;
  NormWeights norm;  // (hidden)
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat normed;   // (tokens, hidden)
  Mat qkv;      // (tokens, (heads + 2 * key_heads) * head_dim)
  Mat context;  // (tokens, heads * head_dim)
};

Status read_layers(const Json& config, GemmaConfig* parsed) {
  COLVEC_ASSIGN(const std::size_t window,
                read_count_or(config, "sliding_window", kPositionsMax, 4096));
  // A causal window counts the token itself; one to both sides is cut in half.
  parsed->window = parsed->causal ? window - 1 : window / 2;
  COLVEC_ASSIGN(const std::optional<std::vector<LayerType>> types,
                read_layer_types(config, parsed->shape.layers));
  if (types) {
    parsed->types = *types;
    return {};
  }
  const std::string_view key =
      config.has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern";
  COLVEC_ASSIGN(const std::size_t every, read_count_or(config, key, kLayersMax, 6));
  for (std::size_t i = 0; i < parsed->shape.layers; ++i)
    parsed->types.push_back((i + 1) % every == 0 ? LayerType::kFull : LayerType::kSliding);
  return {};
}

Status read_rotaries(const Json& config, GemmaConfig* parsed) {
  const std::size_t head_dim = parsed->shape.head_dim;
  const RotaryKeys full{.theta_default = 1e6};
  COLVEC_ASSIGN(const std::optional<Json> parameters, config.find("rope_parameters"));
  if (parameters) {
    COLVEC_ASSIGN(const Json of_full, parameters->member("full_attention"));
    COLVEC_ASSIGN(parsed->full_rotary, read_rotary_parameters(of_full, head_dim, full));
    COLVEC_ASSIGN(const Json of_sliding, parameters->member("sliding_attention"));
    COLVEC_ASSIGN(parsed->sliding_rotary, read_rotary_parameters(of_sliding, head_dim, {}));
    return {};
  }
  COLVEC_ASSIGN(parsed->full_rotary, read_rotary(config, head_dim, full));
  // `rope_scaling` is for the whole alone.
  parsed->sliding_rotary.pairs = parsed->full_rotary.pairs;
  COLVEC_ASSIGN(parsed->sliding_rotary.base,
                read_positive_or(config, "rope_local_base_freq", 1e12, 10000));
  return {};
}

Result<GemmaConfig> parse(const Json& config) {
  GemmaConfig parsed;
  for (const std::string_view key : {"attn_logit_softcapping", "final_logit_softcapping"})
    COLVEC_TRY(require_null(config, key));
  COLVEC_TRY(require_boolean(config, "attention_bias", false));
  COLVEC_ASSIGN(parsed.shape, read_grouped_shape(config));
  COLVEC_ASSIGN(parsed.positions,
                read_count_or(config, "max_position_embeddings", kPositionsMax, 131072));
  COLVEC_ASSIGN(parsed.causal, read_causal(config));
  COLVEC_TRY(read_layers(config, &parsed));
  COLVEC_TRY(read_rotaries(config, &parsed));
  if (config.has("hidden_activation")) {
    COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_activation"));
  }
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "rms_norm_eps", 1e-6f));
  COLVEC_ASSIGN(const double scalar, read_positive_or(config, "query_pre_attn_scalar", 1e9, 256));
  parsed.scale = static_cast<float>(1 / std::sqrt(scalar));
  return parsed;
}

Status visit_layer(const std::string& layer, const GemmaConfig& c, WeightVisitor& visit,
                   GemmaLayer& w) {
  const std::string self = layer + ".self_attn.";
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  const std::size_t query_width = c.shape.heads * c.shape.head_dim;
  const std::size_t key_width = c.shape.key_heads * c.shape.head_dim;
  const NormShape norm{.width = hidden, .eps = c.norm_eps, .kind = NormKind::kRms, .offset = 1};
  NormShape head_norm = norm;
  head_norm.width = c.shape.head_dim;
  COLVEC_TRY(visit.norm(layer + ".input_layernorm", norm, &w.attention_norm));
  COLVEC_TRY(visit.stacked(
      query_key_value({self + "q_proj", self + "k_proj", self + "v_proj"}, query_width, key_width),
      hidden, false, &w.qkv));
  COLVEC_TRY(visit.norm(self + "q_norm", head_norm, &w.query_norm));
  COLVEC_TRY(visit.norm(self + "k_norm", head_norm, &w.key_norm));
  COLVEC_TRY(visit.linear(self + "o_proj", {.out = hidden, .in = query_width, .bias = false},
                          &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".post_attention_layernorm", norm, &w.attention_out_norm));
  COLVEC_TRY(visit.norm(layer + ".pre_feedforward_layernorm", norm, &w.mlp_norm));
  COLVEC_TRY(visit.stacked({{layer + ".mlp.gate_proj", inner}, {layer + ".mlp.up_proj", inner}},
                           hidden, false, &w.up));
  COLVEC_TRY(
      visit.linear(layer + ".mlp.down_proj", {.out = hidden, .in = inner, .bias = false}, &w.down));
  return visit.norm(layer + ".post_feedforward_layernorm", norm, &w.mlp_out_norm);
}

Status visit_weights(const GemmaConfig& c, WeightVisitor& visit, GemmaWeights& w) {
  COLVEC_TRY(visit.table("embed_tokens", c.shape.vocabulary, c.shape.hidden, &w.words));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_layer("layers." + std::to_string(i), c, visit, w.layers.back()));
  }
  return visit.norm(
      "norm", {.width = c.shape.hidden, .eps = c.norm_eps, .kind = NormKind::kRms, .offset = 1},
      &w.norm);
}

// The head that predicts tokens, and buffers.
bool is_unused(std::string_view name) {
  return name.starts_with("lm_head.") || name.ends_with("rotary_emb.inv_freq");
}

// One layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat gemma_layer(Backend& on, const GemmaConfig& c, const GemmaLayer& w,
                const AttentionOptions& attention, const Rotation& rotation, RowStarts row_starts,
                WantedRows wanted, const Buffers& s, Mat x) {
  const std::size_t head_dim = attention.head_dim;
  const Mat queries = s.qkv.columns(0, attention.heads * head_dim);
  const Mat keys = s.qkv.columns(queries.cols, attention.key_heads * head_dim);
  on.norm(x, w.attention_norm.view(), s.normed);
  on.linear(s.normed, *w.qkv, Activation::kNone, s.qkv);
  on.norm(queries, w.query_norm.view(), queries);
  on.norm(keys, w.key_norm.view(), keys);
  on.rotate(s.qkv.columns(0, queries.cols + keys.cols), head_dim, row_starts, rotation);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::norm_add(w.attention_out_norm.view()), x);

  const Mat normed = s.normed.row_range(0, x.rows);
  on.norm(x, w.mlp_norm.view(), normed);
  on.feed_forward(normed,
                  {.up = w.up.get(),
                   .down = w.down.get(),
                   .activation = c.activation,
                   .gate = Gate::kFirstHalf},
                  x, Join::norm_add(w.mlp_out_norm.view()), x);
  return x;
}

class GemmaModel final : public Model {
 public:
  GemmaModel(GemmaConfig config, GemmaWeights weights, Backend& backend)
      : config_(std::move(config)), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"gemma3","heads":[{},{}],"activation":"{}","norm_eps":{},"causal":{},)"
        R"("scale":{},"layers":"{}","window":{},"rotary":[{},{}]}})",
        config_.shape.heads, config_.shape.key_heads, name_of(config_.activation), config_.norm_eps,
        config_.causal, config_.scale, text_of(config_.types), config_.window,
        config_.full_rotary.settings(), config_.sliding_rotary.settings());
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    AttentionOptions full = config_.shape.attention();
    full.causal = config_.causal;
    full.scale = config_.scale;
    full.needs_f32 = true;  // Heads are normed and scaled: their scores are large.
    AttentionOptions sliding = full;
    sliding.window = config_.window;
    const RotaryAngles full_angles(config_.full_rotary, row_starts);
    const RotaryAngles sliding_angles(config_.sliding_rotary, row_starts);

    Mat x = scratch.wide(ids.size(), config_.shape.hidden);
    const Buffers buffers{.normed = scratch.mat(ids.size(), config_.shape.hidden),
                          .qkv = scratch.stream(ids.size(), full.qkv_width()),
                          .context = scratch.mat(ids.size(), full.context_width())};
    backend_.embed(ids, {},
                   {.words = weights_.words.view(),
                    .scale = std::sqrt(static_cast<float>(config_.shape.hidden))},
                   x);
    for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
      const bool is_full = config_.types[i] == LayerType::kFull;
      x = gemma_layer(backend_, config_, weights_.layers[i], is_full ? full : sliding,
                      (is_full ? full_angles : sliding_angles).view(), row_starts,
                      wanted_of(weights_.layers[i], weights_.layers, wanted), buffers, x);
    }
    backend_.norm(x, weights_.norm.view(), x);
    return x;
  }

 private:
  GemmaConfig config_;
  GemmaWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_gemma3(const Json& config, const Weights& files,
                                           Backend& backend) {
  COLVEC_ASSIGN(GemmaConfig parsed, parse(config));
  WeightLoader loader(files, backend, find_prefix(files, {"model."}, "embed_tokens.weight"));
  GemmaWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<GemmaModel>(std::move(parsed), std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_gemma3(const Json& config) {
  COLVEC_ASSIGN(const GemmaConfig parsed, parse(config));
  WeightLister lister;
  GemmaWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
