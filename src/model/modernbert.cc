#include "model/modernbert.h"

#include <fmt/format.h>

#include "model/config_reader.h"
#include "model/layer_types.h"
#include "model/module_config.h"
#include "model/rotary.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

struct ModernbertConfig {
  TransformerShape shape;
  std::size_t positions = 0;     // That it was trained with; rotary positions have no end.
  std::vector<LayerType> types;  // (layers)
  std::size_t window = 0;        // Of sliding layers: tokens to either side.
  RotaryConfig full_rotary;
  RotaryConfig sliding_rotary;
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-5f;
  bool norm_bias = false;
  bool attention_bias = false;
  bool mlp_bias = false;
};

struct ModernbertLayer {
  std::optional<NormWeights> attention_norm;  // (hidden); the first layer has none.
  std::unique_ptr<Linear> qkv;                // (3 * hidden, hidden)
  std::unique_ptr<Linear> attention_out;      // (hidden, hidden)
  NormWeights mlp_norm;                       // (hidden)
  std::unique_ptr<Linear> up;                 // (2 * intermediate, hidden): what is activated first
  std::unique_ptr<Linear> down;               // (hidden, intermediate)
};

struct ModernbertWeights {
  TableWeights words;  // (vocabulary, hidden)
  NormWeights norm;    // (hidden)
  std::vector<ModernbertLayer> layers;
  NormWeights final_norm;  // (hidden)
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat normed;   // (tokens, hidden)
  Mat qkv;      // (tokens, 3 * hidden)
  Mat context;  // (tokens, hidden)
};

Status read_layers(const Json& config, ModernbertConfig* parsed) {
  COLVEC_ASSIGN(const std::size_t local,
                read_count_or(config, "local_attention", kPositionsMax, 128));
  parsed->window = local / 2;
  COLVEC_ASSIGN(const std::optional<std::vector<LayerType>> types,
                read_layer_types(config, parsed->shape.layers));
  if (types) {
    parsed->types = *types;
    return {};
  }
  COLVEC_ASSIGN(const std::size_t every,
                read_count_or(config, "global_attn_every_n_layers", kLayersMax, 3));
  for (std::size_t i = 0; i < parsed->shape.layers; ++i)
    parsed->types.push_back(i % every == 0 ? LayerType::kFull : LayerType::kSliding);
  return {};
}

Status read_rotaries(const Json& config, ModernbertConfig* parsed) {
  const std::size_t head_dim = parsed->shape.head_dim;
  RotaryKeys full{.theta = "global_rope_theta", .theta_default = 160000};
  RotaryKeys sliding{.theta = "local_rope_theta", .theta_default = 10000};
  COLVEC_ASSIGN(const std::optional<Json> parameters, config.find("rope_parameters"));
  if (!parameters) {
    COLVEC_ASSIGN(parsed->full_rotary, read_rotary(config, head_dim, full));
    // Null means the same base as for the whole.
    if (config.member("local_rope_theta")) sliding.theta_default = parsed->full_rotary.base;
    COLVEC_ASSIGN(parsed->sliding_rotary, read_rotary(config, head_dim, sliding));
    return {};
  }
  full.theta = sliding.theta = "rope_theta";
  COLVEC_ASSIGN(const Json of_full, parameters->member("full_attention"));
  COLVEC_ASSIGN(parsed->full_rotary, read_rotary_parameters(of_full, head_dim, full));
  COLVEC_ASSIGN(const Json of_sliding, parameters->member("sliding_attention"));
  COLVEC_ASSIGN(parsed->sliding_rotary, read_rotary_parameters(of_sliding, head_dim, sliding));
  return {};
}

Result<ModernbertConfig> parse(const Json& config) {
  ModernbertConfig parsed;
  COLVEC_ASSIGN(parsed.shape, read_shape(config));
  COLVEC_ASSIGN(parsed.positions,
                read_count_or(config, "max_position_embeddings", kPositionsMax, 8192));
  COLVEC_TRY(read_layers(config, &parsed));
  COLVEC_TRY(read_rotaries(config, &parsed));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_activation"));
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "norm_eps", 1e-5f));
  COLVEC_ASSIGN(parsed.norm_bias, config.boolean_or("norm_bias", false));
  COLVEC_ASSIGN(parsed.attention_bias, config.boolean_or("attention_bias", false));
  COLVEC_ASSIGN(parsed.mlp_bias, config.boolean_or("mlp_bias", false));
  return parsed;
}

Status visit_layer(std::size_t index, const ModernbertConfig& c, WeightVisitor& visit,
                   ModernbertLayer& w) {
  const std::string layer = "layers." + std::to_string(index);
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  const NormShape norm{.width = hidden, .eps = c.norm_eps, .bias = c.norm_bias};
  if (index > 0) COLVEC_TRY(visit.norm(layer + ".attn_norm", norm, &w.attention_norm.emplace()));
  COLVEC_TRY(visit.linear(layer + ".attn.Wqkv",
                          {.out = 3 * hidden, .in = hidden, .bias = c.attention_bias}, &w.qkv));
  COLVEC_TRY(visit.linear(layer + ".attn.Wo",
                          {.out = hidden, .in = hidden, .bias = c.attention_bias},
                          &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".mlp_norm", norm, &w.mlp_norm));
  COLVEC_TRY(
      visit.linear(layer + ".mlp.Wi", {.out = 2 * inner, .in = hidden, .bias = c.mlp_bias}, &w.up));
  return visit.linear(layer + ".mlp.Wo", {.out = hidden, .in = inner, .bias = c.mlp_bias}, &w.down);
}

Status visit_weights(const ModernbertConfig& c, WeightVisitor& visit, ModernbertWeights& w) {
  const NormShape norm{.width = c.shape.hidden, .eps = c.norm_eps, .bias = c.norm_bias};
  COLVEC_TRY(
      visit.table("embeddings.tok_embeddings", c.shape.vocabulary, c.shape.hidden, &w.words));
  COLVEC_TRY(visit.norm("embeddings.norm", norm, &w.norm));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_layer(i, c, visit, w.layers.back()));
  }
  return visit.norm("final_norm", norm, &w.final_norm);
}

// Heads for other tasks.
bool is_unused(std::string_view name) {
  return name.starts_with("head.") || name.starts_with("decoder.") ||
         name.starts_with("classifier.");
}

// One pre-norm layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat modernbert_layer(Backend& on, const ModernbertLayer& w, const AttentionOptions& attention,
                     const Rotation& rotation, Activation activation, RowStarts row_starts,
                     WantedRows wanted, const Buffers& s, Mat x) {
  if (w.attention_norm) on.norm(x, w.attention_norm->view(), s.normed);
  on.linear(w.attention_norm ? s.normed : x, *w.qkv, Activation::kNone, s.qkv);
  on.rotate(s.qkv.columns(0, 2 * attention.context_width()), attention.head_dim, row_starts,
            rotation);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add(), x);

  const Mat normed = s.normed.row_range(0, x.rows);
  on.norm(x, w.mlp_norm.view(), normed);
  on.feed_forward(
      normed,
      {.up = w.up.get(), .down = w.down.get(), .activation = activation, .gate = Gate::kFirstHalf},
      x, Join::add(), x);
  return x;
}

class ModernbertModel final : public Model {
 public:
  ModernbertModel(ModernbertConfig config, ModernbertWeights weights, Backend& backend)
      : config_(std::move(config)), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"modernbert","heads":{},"activation":"{}","norm_eps":{},"layers":"{}",)"
        R"("window":{},"rotary":[{},{}]}})",
        config_.shape.heads, name_of(config_.activation), config_.norm_eps, text_of(config_.types),
        config_.window, config_.full_rotary.settings(), config_.sliding_rotary.settings());
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const AttentionOptions full = config_.shape.attention();
    AttentionOptions sliding = full;
    sliding.window = config_.window;
    const RotaryAngles full_angles(config_.full_rotary, row_starts);
    const RotaryAngles sliding_angles(config_.sliding_rotary, row_starts);

    const std::size_t hidden = config_.shape.hidden;
    Mat x = scratch.wide(ids.size(), hidden);
    const Buffers buffers{.normed = scratch.mat(ids.size(), hidden),
                          .qkv = scratch.stream(ids.size(), 3 * hidden),
                          .context = scratch.mat(ids.size(), hidden)};
    backend_.embed(ids, {}, {.words = weights_.words.view()}, x);
    backend_.norm(x, weights_.norm.view(), x);
    for (std::size_t i = 0; i < weights_.layers.size(); ++i) {
      const bool is_full = config_.types[i] == LayerType::kFull;
      x = modernbert_layer(backend_, weights_.layers[i], is_full ? full : sliding,
                           (is_full ? full_angles : sliding_angles).view(), config_.activation,
                           row_starts, wanted_of(weights_.layers[i], weights_.layers, wanted),
                           buffers, x);
    }
    backend_.norm(x, weights_.final_norm.view(), x);
    return x;
  }

 private:
  ModernbertConfig config_;
  ModernbertWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_modernbert(const Json& config, const Weights& files,
                                               Backend& backend) {
  COLVEC_ASSIGN(ModernbertConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"model."}, "embeddings.tok_embeddings.weight"));
  ModernbertWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<ModernbertModel>(std::move(parsed), std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_modernbert(const Json& config) {
  COLVEC_ASSIGN(const ModernbertConfig parsed, parse(config));
  WeightLister lister;
  ModernbertWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
