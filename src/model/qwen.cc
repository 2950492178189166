#include "model/qwen.h"

#include <fmt/format.h>

#include "model/config_reader.h"
#include "model/decoder_config.h"
#include "model/layer_types.h"
#include "model/module_config.h"
#include "model/rotary.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

struct QwenConfig {
  TransformerShape shape;
  std::size_t positions = 0;  // That it was trained with; rotary positions have no end.
  RotaryConfig rotary;
  Activation activation = Activation::kSilu;
  float norm_eps = 1e-6f;
  bool causal = true;
  bool qkv_bias = false;
  bool out_bias = false;
  bool norms_heads = false;
};

struct QwenLayer {
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> qkv;            // ((heads + 2 * key_heads) * head_dim, hidden)
  std::optional<NormWeights> query_norm;  // (head_dim)
  std::optional<NormWeights> key_norm;    // (head_dim)
  std::unique_ptr<Linear> attention_out;  // (hidden, heads * head_dim)
  NormWeights mlp_norm;                   // (hidden)
  std::unique_ptr<Linear> up;             // (2 * intermediate, hidden): what is activated first
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
};

struct QwenWeights {
  TableWeights words;  // (vocabulary, hidden)
  std::vector<QwenLayer> layers;
  NormWeights norm;  // (hidden)
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat normed;   // (tokens, hidden)
  Mat qkv;      // (tokens, (heads + 2 * key_heads) * head_dim)
  Mat context;  // (tokens, heads * head_dim)
};

Status refuse_variants(const Json& config, std::size_t layers) {
  COLVEC_TRY(require_boolean(config, "use_sliding_window", false));
  COLVEC_ASSIGN(const std::optional<std::vector<LayerType>> types,
                read_layer_types(config, layers));
  if (!types) return {};
  for (const LayerType type : *types)
    if (type == LayerType::kSliding)
      return fail(ErrorCode::kUnsupported,
                  config.where() + ": layer_types: sliding_attention is not supported here");
  return {};
}

Result<QwenConfig> parse(const Json& config) {
  QwenConfig parsed;
  COLVEC_ASSIGN(parsed.shape, read_grouped_shape(config));
  COLVEC_TRY(refuse_variants(config, parsed.shape.layers));
  COLVEC_ASSIGN(parsed.positions,
                read_count_or(config, "max_position_embeddings", kPositionsMax, 32768));
  COLVEC_ASSIGN(parsed.rotary, read_rotary(config, parsed.shape.head_dim, {}));
  if (config.has("hidden_act")) {
    COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_act"));
  }
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "rms_norm_eps", 1e-6f));
  COLVEC_ASSIGN(parsed.causal, read_causal(config));
  COLVEC_ASSIGN(const std::string type, config.string("model_type"));
  parsed.norms_heads = type == "qwen3";
  COLVEC_ASSIGN(parsed.out_bias, config.boolean_or("attention_bias", false));
  parsed.qkv_bias = type == "qwen2" || parsed.out_bias;
  if (type == "qwen2") parsed.out_bias = false;
  return parsed;
}

Status visit_layer(const std::string& layer, const QwenConfig& c, WeightVisitor& visit,
                   QwenLayer& w) {
  const std::string self = layer + ".self_attn.";
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  const std::size_t query_width = c.shape.heads * c.shape.head_dim;
  const std::size_t key_width = c.shape.key_heads * c.shape.head_dim;
  const NormShape norm{.width = hidden, .eps = c.norm_eps, .kind = NormKind::kRms};
  const NormShape head_norm{.width = c.shape.head_dim, .eps = c.norm_eps, .kind = NormKind::kRms};
  COLVEC_TRY(visit.norm(layer + ".input_layernorm", norm, &w.attention_norm));
  COLVEC_TRY(visit.stacked(
      query_key_value({self + "q_proj", self + "k_proj", self + "v_proj"}, query_width, key_width),
      hidden, c.qkv_bias, &w.qkv));
  if (c.norms_heads) {
    COLVEC_TRY(visit.norm(self + "q_norm", head_norm, &w.query_norm.emplace()));
    COLVEC_TRY(visit.norm(self + "k_norm", head_norm, &w.key_norm.emplace()));
  }
  COLVEC_TRY(visit.linear(self + "o_proj", {.out = hidden, .in = query_width, .bias = c.out_bias},
                          &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".post_attention_layernorm", norm, &w.mlp_norm));
  COLVEC_TRY(visit.stacked({{layer + ".mlp.gate_proj", inner}, {layer + ".mlp.up_proj", inner}},
                           hidden, false, &w.up));
  return visit.linear(layer + ".mlp.down_proj", {.out = hidden, .in = inner, .bias = false},
                      &w.down);
}

Status visit_weights(const QwenConfig& c, WeightVisitor& visit, QwenWeights& w) {
  COLVEC_TRY(visit.table("embed_tokens", c.shape.vocabulary, c.shape.hidden, &w.words));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_layer("layers." + std::to_string(i), c, visit, w.layers.back()));
  }
  return visit.norm("norm", {.width = c.shape.hidden, .eps = c.norm_eps, .kind = NormKind::kRms},
                    &w.norm);
}

// The head that predicts tokens, and buffers.
bool is_unused(std::string_view name) {
  return name.starts_with("lm_head.") || name.ends_with("rotary_emb.inv_freq");
}

// One pre-norm layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat qwen_layer(Backend& on, const QwenConfig& c, const QwenLayer& w,
               const AttentionOptions& attention, const Rotation& rotation, RowStarts row_starts,
               WantedRows wanted, const Buffers& s, Mat x) {
  const std::size_t head_dim = attention.head_dim;
  const Mat queries = s.qkv.columns(0, attention.heads * head_dim);
  const Mat keys = s.qkv.columns(queries.cols, attention.key_heads * head_dim);
  on.norm(x, w.attention_norm.view(), s.normed);
  on.linear(s.normed, *w.qkv, Activation::kNone, s.qkv);
  if (w.query_norm) on.norm(queries, w.query_norm->view(), queries);
  if (w.key_norm) on.norm(keys, w.key_norm->view(), keys);
  on.rotate(s.qkv.columns(0, queries.cols + keys.cols), head_dim, row_starts, rotation);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add(), x);

  const Mat normed = s.normed.row_range(0, x.rows);
  on.norm(x, w.mlp_norm.view(), normed);
  on.feed_forward(normed,
                  {.up = w.up.get(),
                   .down = w.down.get(),
                   .activation = c.activation,
                   .gate = Gate::kFirstHalf},
                  x, Join::add(), x);
  return x;
}

class QwenModel final : public Model {
 public:
  QwenModel(const QwenConfig& config, QwenWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"qwen","heads":[{},{}],"activation":"{}","norm_eps":{},"causal":{},)"
        R"("rotary":{}}})",
        config_.shape.heads, config_.shape.key_heads, name_of(config_.activation), config_.norm_eps,
        config_.causal, config_.rotary.settings());
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    AttentionOptions attention = config_.shape.attention();
    attention.causal = config_.causal;
    const RotaryAngles angles(config_.rotary, row_starts);
    Mat x = scratch.wide(ids.size(), config_.shape.hidden);
    const Buffers buffers{.normed = scratch.mat(ids.size(), config_.shape.hidden),
                          .qkv = scratch.stream(ids.size(), attention.qkv_width()),
                          .context = scratch.mat(ids.size(), attention.context_width())};
    backend_.embed(ids, {}, {.words = weights_.words.view()}, x);
    for (const QwenLayer& layer : weights_.layers)
      x = qwen_layer(backend_, config_, layer, attention, angles.view(), row_starts,
                     wanted_of(layer, weights_.layers, wanted), buffers, x);
    backend_.norm(x, weights_.norm.view(), x);
    return x;
  }

 private:
  QwenConfig config_;
  QwenWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_qwen(const Json& config, const Weights& files,
                                         Backend& backend) {
  COLVEC_ASSIGN(const QwenConfig parsed, parse(config));
  WeightLoader loader(files, backend, find_prefix(files, {"model."}, "embed_tokens.weight"));
  QwenWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<QwenModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_qwen(const Json& config) {
  COLVEC_ASSIGN(const QwenConfig parsed, parse(config));
  WeightLister lister;
  QwenWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
