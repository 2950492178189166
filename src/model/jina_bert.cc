#include "model/jina_bert.h"

#include <fmt/format.h>

#include "model/config_reader.h"
#include "model/distance_bias.h"
#include "model/module_config.h"
#include "model/weight_visitor.h"

namespace colvec {
namespace {

// The code that made the checkpoint, which config.json names.
constexpr std::string_view kPlainCode = "jina-bert-implementation";
constexpr std::string_view kNormedCode = "jina-bert-v2-qk-post-norm";

struct JinaConfig {
  TransformerShape shape;
  std::size_t positions = 0;  // That it was made for; distances have no end.
  std::size_t types = 0;
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-12f;
  bool norms_queries = false;  // The variant.
};

struct JinaLayer {
  std::unique_ptr<Linear> qkv;            // (3 * hidden, hidden)
  std::unique_ptr<Linear> attention_out;  // (hidden, hidden)
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> up;             // (2 * intermediate, hidden)
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
  NormWeights output_norm;                // (hidden)

  // The variant's; over all heads together, (hidden).
  NormWeights query_norm;
  NormWeights key_norm;
  NormWeights residual_norm;
};

struct JinaWeights {
  TableWeights words;  // (vocabulary, hidden)
  TableWeights types;  // (types, hidden); single texts use row 0.
  NormWeights norm;    // (hidden)
  std::vector<JinaLayer> layers;
};

// The activations of a layer; made once per pass.
struct Buffers {
  Mat qkv;       // (tokens, 3 * hidden)
  Mat context;   // (tokens, hidden)
  Mat attended;  // (tokens, hidden); the variant's
};

// Whether `config` names this code, as a part of a path.
Result<bool> names_code(const Json& config, std::string_view code) {
  COLVEC_ASSIGN(const std::string path, config.string_or("_name_or_path", ""));
  if (path.find(code) != std::string::npos) return true;
  COLVEC_ASSIGN(const std::optional<Json> map, config.find("auto_map"));
  return map && map->dump().find(code) != std::string::npos;
}

Result<Activation> read_activation(const Json& config) {
  COLVEC_ASSIGN(const std::string type, config.string_or("feed_forward_type", "geglu"));
  if (type == "geglu") return Activation::kGeluErf;
  if (type == "reglu") return Activation::kRelu;
  return fail(ErrorCode::kUnsupported,
              config.where() + ": feed_forward_type is not supported: " + type);
}

Result<JinaConfig> parse(const Json& config) {
  JinaConfig parsed;
  COLVEC_TRY(require_string(config, "position_embedding_type", "alibi"));
  COLVEC_TRY(require_boolean(config, "is_decoder", false));
  COLVEC_ASSIGN(parsed.shape, read_shape(config));
  COLVEC_ASSIGN(parsed.positions, read_count(config, "max_position_embeddings", kPositionsMax));
  COLVEC_ASSIGN(parsed.types, read_count_or(config, "type_vocab_size", kWidthMax, 2));
  COLVEC_ASSIGN(parsed.activation, read_activation(config));
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "layer_norm_eps", 1e-12f));
  COLVEC_ASSIGN(parsed.norms_queries, names_code(config, kNormedCode));
  return parsed;
}

Status visit_feed_forward(const std::string& layer, const JinaConfig& c, WeightVisitor& visit,
                          JinaLayer& w) {
  const std::size_t hidden = c.shape.hidden;
  const std::size_t inner = c.shape.intermediate;
  const std::string up = layer + (c.norms_queries ? ".mlp.up_gated_layer" : ".mlp.gated_layers");
  const std::string down = layer + (c.norms_queries ? ".mlp.down_layer" : ".mlp.wo");
  const std::string norm = layer + (c.norms_queries ? ".layer_norm_2" : ".mlp.layernorm");
  COLVEC_TRY(visit.linear(up, {.out = 2 * inner, .in = hidden, .bias = false}, &w.up));
  COLVEC_TRY(visit.linear(down, {.out = hidden, .in = inner}, &w.down));
  return visit.norm(norm, {.width = hidden, .eps = c.norm_eps}, &w.output_norm);
}

Status visit_layer(const std::string& layer, const JinaConfig& c, WeightVisitor& visit,
                   JinaLayer& w) {
  const std::string self = layer + ".attention.self.";
  const std::size_t hidden = c.shape.hidden;
  const NormShape norm{.width = hidden, .eps = c.norm_eps};
  COLVEC_TRY(
      visit.stacked(query_key_value({self + "query", self + "key", self + "value"}, hidden, hidden),
                    hidden, true, &w.qkv));
  COLVEC_TRY(visit.linear(layer + ".attention.output.dense", {.out = hidden, .in = hidden},
                          &w.attention_out));
  COLVEC_TRY(visit.norm(layer + ".attention.output.LayerNorm", norm, &w.attention_norm));
  if (c.norms_queries) {
    COLVEC_TRY(visit.norm(self + "layer_norm_q", norm, &w.query_norm));
    COLVEC_TRY(visit.norm(self + "layer_norm_k", norm, &w.key_norm));
    COLVEC_TRY(visit.norm(layer + ".layer_norm_1", norm, &w.residual_norm));
  }
  return visit_feed_forward(layer, c, visit, w);
}

Status visit_weights(const JinaConfig& c, WeightVisitor& visit, JinaWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
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
  return name.starts_with("pooler.") || name.starts_with("cls.") ||
         name == "embeddings.position_ids";
}

// One post-norm layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat jina_layer(Backend& on, const JinaConfig& c, const JinaLayer& w,
               const AttentionOptions& attention, RowStarts row_starts, WantedRows wanted,
               const Buffers& s, Mat x) {
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add_norm(w.attention_norm.view()), x);
  on.feed_forward(x,
                  {.up = w.up.get(),
                   .down = w.down.get(),
                   .activation = c.activation,
                   .gate = Gate::kFirstHalf},
                  x, Join::add_norm(w.output_norm.view()), x);
  return x;
}

// The variant's: queries and keys are normalised, and what attention has changed is normalised,
// added to the stream once more, and normalised again; the other half of up is activated.
Mat jina_normed_layer(Backend& on, const JinaConfig& c, const JinaLayer& w,
                      const AttentionOptions& attention, RowStarts row_starts, WantedRows wanted,
                      const Buffers& s, Mat x) {
  const Mat query = s.qkv.columns(0, c.shape.hidden);
  const Mat key = s.qkv.columns(c.shape.hidden, c.shape.hidden);
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.norm(query, w.query_norm.view(), query);
  on.norm(key, w.key_norm.view(), key);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  const Mat attended = s.attended.row_range(0, x.rows);
  on.linear_join(context, *w.attention_out, x, Join::add_norm(w.attention_norm.view()), attended);
  on.join(attended, x, Join::add_norm(w.residual_norm.view()), x);
  on.feed_forward(x,
                  {.up = w.up.get(),
                   .down = w.down.get(),
                   .activation = c.activation,
                   .gate = Gate::kSecondHalf},
                  x, Join::add_norm(w.output_norm.view()), x);
  return x;
}

class JinaModel final : public Model {
 public:
  JinaModel(const JinaConfig& config, JinaWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return kPositionsMax; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(
        R"({{"family":"jina_bert","heads":{},"activation":"{}","norm_eps":{},"norms_queries":{}}})",
        config_.shape.heads, name_of(config_.activation), config_.norm_eps, config_.norms_queries);
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const DistanceBias bias = alibi_bias(config_.shape.heads, reach_of(row_starts));
    AttentionOptions attention = config_.shape.attention();
    attention.distance_bias = bias.view();
    const std::size_t hidden = config_.shape.hidden;
    Mat x = scratch.stream(ids.size(), hidden);
    const Buffers buffers{
        .qkv = scratch.mat(ids.size(), 3 * hidden),
        .context = scratch.mat(ids.size(), hidden),
        .attended = scratch.stream(config_.norms_queries ? ids.size() : 0, hidden)};
    backend_.embed(ids, {}, {.words = weights_.words.view(), .type_row = weights_.types.row(0)}, x);
    backend_.norm(x, weights_.norm.view(), x);
    const auto layer = config_.norms_queries ? jina_normed_layer : jina_layer;
    for (const JinaLayer& w : weights_.layers)
      x = layer(backend_, config_, w, attention, row_starts, wanted_of(w, weights_.layers, wanted),
                buffers, x);
    return x;
  }

 private:
  JinaConfig config_;
  JinaWeights weights_;
  Backend& backend_;
};

}  // namespace

bool is_jina_bert(const Json& config) {
  const Result<std::string> positions = config.string_or("position_embedding_type", "absolute");
  if (positions && *positions == "alibi") return true;
  for (const std::string_view code : {kPlainCode, kNormedCode}) {
    const Result<bool> named = names_code(config, code);
    if (named && *named) return true;
  }
  return false;
}

Result<std::unique_ptr<Model>> load_jina_bert(const Json& config, const Weights& files,
                                              Backend& backend) {
  COLVEC_ASSIGN(const JinaConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"bert."}, "embeddings.word_embeddings.weight"));
  JinaWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<JinaModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_jina_bert(const Json& config) {
  COLVEC_ASSIGN(const JinaConfig parsed, parse(config));
  WeightLister lister;
  JinaWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
