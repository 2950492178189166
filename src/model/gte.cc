#include "model/gte.h"

#include <fmt/format.h>

#include "model/config_reader.h"
#include "model/module_config.h"
#include "model/rotary.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

struct GteConfig {
  TransformerShape shape;
  std::size_t positions = 0;  // That it was trained with; rotary positions have no end.
  std::size_t types = 0;      // 0: no token types.
  RotaryConfig rotary;
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-12f;
  bool packed_qkv = true;  // Whether the file keeps query, key and value in one tensor.
};

struct GteLayer {
  std::unique_ptr<Linear> qkv;            // (3 * hidden, hidden)
  std::unique_ptr<Linear> attention_out;  // (hidden, hidden)
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> up;             // (2 * intermediate, hidden): what is activated second
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
  NormWeights output_norm;                // (hidden)
};

struct GteWeights {
  TableWeights words;  // (vocabulary, hidden)
  TableWeights types;  // (types, hidden); single texts use row 0.
  NormWeights norm;    // (hidden)
  std::vector<GteLayer> layers;
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat qkv;      // (tokens, 3 * hidden)
  Mat context;  // (tokens, hidden)
};

Result<GteConfig> parse(const Json& config) {
  GteConfig parsed;
  COLVEC_TRY(require_string(config, "position_embedding_type", "rope"));
  COLVEC_TRY(require_string(config, "layer_norm_type", "layer_norm"));
  COLVEC_TRY(require_boolean(config, "logn_attention_scale", false));
  COLVEC_ASSIGN(parsed.shape, read_shape(config));
  COLVEC_ASSIGN(parsed.positions, read_count(config, "max_position_embeddings", kPositionsMax));
  COLVEC_ASSIGN(const std::uint64_t types, config.unsigned_or("type_vocab_size", 1));
  if (types > 0) {
    COLVEC_ASSIGN(parsed.types, read_count_or(config, "type_vocab_size", kWidthMax, 1));
  }
  COLVEC_ASSIGN(parsed.rotary, read_rotary(config, parsed.shape.head_dim, {.takes_ntk = true}));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_act"));
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "layer_norm_eps", 1e-12f));
  COLVEC_ASSIGN(parsed.packed_qkv, config.boolean_or("pack_qkv", true));
  return parsed;
}

Status visit_layer(const std::string& layer, const GteConfig& c, WeightVisitor& visit,
                   GteLayer& w) {
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  const NormShape norm{.width = hidden, .eps = c.norm_eps};
  const std::string attention = layer + ".attention.";
  if (c.packed_qkv) {
    COLVEC_TRY(visit.linear(attention + "qkv_proj", {.out = 3 * hidden, .in = hidden}, &w.qkv));
  } else {
    COLVEC_TRY(visit.stacked(
        query_key_value({attention + "q_proj", attention + "k_proj", attention + "v_proj"}, hidden,
                        hidden),
        hidden, true, &w.qkv));
  }
  COLVEC_TRY(visit.linear(attention + "o_proj", {.out = hidden, .in = hidden}, &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".attn_ln", norm, &w.attention_norm));
  COLVEC_TRY(visit.linear(layer + ".mlp.up_gate_proj",
                          {.out = 2 * inner, .in = hidden, .bias = false}, &w.up));
  COLVEC_TRY(visit.linear(layer + ".mlp.down_proj", {.out = hidden, .in = inner}, &w.down));
  return visit.norm(layer + ".mlp_ln", norm, &w.output_norm);
}

Status visit_weights(const GteConfig& c, WeightVisitor& visit, GteWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
  if (c.types > 0)
    COLVEC_TRY(visit.table("embeddings.token_type_embeddings", c.types, hidden, &w.types));
  COLVEC_TRY(visit.norm("embeddings.LayerNorm", {.width = hidden, .eps = c.norm_eps}, &w.norm));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_layer("encoder.layer." + std::to_string(i), c, visit, w.layers.back()));
  }
  return {};
}

// Heads for other tasks, and buffers.
bool is_unused(std::string_view name) {
  return name.starts_with("pooler.") || name.starts_with("lm_head.") ||
         name.starts_with("classifier.") || name == "embeddings.position_ids";
}

// One post-norm layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat gte_layer(Backend& on, const GteConfig& c, const GteLayer& w, const Rotation& rotation,
              RowStarts row_starts, WantedRows wanted, const Buffers& s, Mat x) {
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.rotate(s.qkv.columns(0, 2 * c.shape.hidden), c.shape.head_dim, row_starts, rotation);
  on.attention(s.qkv, row_starts, c.shape.attention(), s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add_norm(w.attention_norm.view()), x);
  on.feed_forward(x,
                  {.up = w.up.get(),
                   .down = w.down.get(),
                   .activation = c.activation,
                   .gate = Gate::kSecondHalf,
                   .needs_f32 = true},  // A vector is one token's: no mean evens roundings out.
                  x, Join::add_norm(w.output_norm.view()), x);
  return x;
}

class GteModel final : public Model {
 public:
  GteModel(const GteConfig& config, GteWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"gte","heads":{},"activation":"{}","norm_eps":{},"rotary":{}}})",
        config_.shape.heads, name_of(config_.activation), config_.norm_eps,
        config_.rotary.settings());
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const RotaryAngles angles(config_.rotary, row_starts);
    const std::size_t hidden = config_.shape.hidden;
    Mat x = scratch.stream(ids.size(), hidden);
    const Buffers buffers{.qkv = scratch.stream(ids.size(), 3 * hidden),
                          .context = scratch.mat(ids.size(), hidden)};
    Embedding embedding{.words = weights_.words.view()};
    if (config_.types > 0) embedding.type_row = weights_.types.row(0);
    backend_.embed(ids, {}, embedding, x);
    backend_.norm(x, weights_.norm.view(), x);
    for (const GteLayer& layer : weights_.layers)
      x = gte_layer(backend_, config_, layer, angles.view(), row_starts,
                    wanted_of(layer, weights_.layers, wanted), buffers, x);
    return x;
  }

 private:
  GteConfig config_;
  GteWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_gte(const Json& config, const Weights& files,
                                        Backend& backend) {
  COLVEC_ASSIGN(const GteConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"new.", "gte."}, "embeddings.word_embeddings.weight"));
  GteWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<GteModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_gte(const Json& config) {
  COLVEC_ASSIGN(const GteConfig parsed, parse(config));
  WeightLister lister;
  GteWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
