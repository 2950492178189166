#include "model/bert.h"

#include <fmt/format.h>

#include "model/module_config.h"

namespace colvec {
namespace {

// Bounds beyond any published model, within which no product of sizes overflows.
constexpr std::uint64_t kVocabularyMax = 1 << 24;
constexpr std::uint64_t kPositionsMax = 1 << 20;
constexpr std::uint64_t kWidthMax = 1 << 16;
constexpr std::uint64_t kLayersMax = 1 << 10;

struct BertLayer {
  std::unique_ptr<Linear> qkv;            // (3 * hidden, hidden), fused when the model is loaded.
  std::unique_ptr<Linear> attention_out;  // (hidden, hidden)
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> up;             // (intermediate, hidden)
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
  NormWeights output_norm;                // (hidden)
};

struct BertWeights {
  TableWeights words;      // (vocabulary, hidden)
  TableWeights positions;  // (positions, hidden)
  TableWeights types;      // (types, hidden); single texts use row 0.
  NormWeights norm;        // (hidden)
  std::vector<BertLayer> layers;
};

// The activations of a layer; made once per pass.
struct BertBuffers {
  Mat qkv;      // (tokens, 3 * hidden)
  Mat context;  // (tokens, hidden)
};

// Shows every weight of a layer with its name in the file; load and list use only this list.
Status visit_layer(const std::string& layer, const BertConfig& c, WeightVisitor& visit,
                   BertLayer& w) {
  const std::string self = layer + ".attention.self.";
  const LinearShape square{.out = c.hidden, .in = c.hidden};
  COLVEC_TRY(visit.qkv({self + "query", self + "key", self + "value"}, square, &w.qkv));
  COLVEC_TRY(visit.linear(layer + ".attention.output.dense", square, &w.attention_out));
  COLVEC_TRY(
      visit.norm(layer + ".attention.output.LayerNorm", c.hidden, c.norm_eps, &w.attention_norm));
  COLVEC_TRY(
      visit.linear(layer + ".intermediate.dense", {.out = c.intermediate, .in = c.hidden}, &w.up));
  COLVEC_TRY(
      visit.linear(layer + ".output.dense", {.out = c.hidden, .in = c.intermediate}, &w.down));
  return visit.norm(layer + ".output.LayerNorm", c.hidden, c.norm_eps, &w.output_norm);
}

Status visit_weights(const BertConfig& c, WeightVisitor& visit, BertWeights& w) {
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.vocabulary, c.hidden, &w.words));
  COLVEC_TRY(visit.table("embeddings.position_embeddings", c.positions, c.hidden, &w.positions));
  COLVEC_TRY(visit.table("embeddings.token_type_embeddings", c.types, c.hidden, &w.types));
  COLVEC_TRY(visit.norm("embeddings.LayerNorm", c.hidden, c.norm_eps, &w.norm));
  for (std::size_t i = 0; i < c.layers; ++i) {
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

// One post-norm encoder layer, in place on x (tokens, hidden).
void bert_layer(Backend& on, const BertConfig& config, const BertLayer& w, RowStarts row_starts,
                const BertBuffers& s, Mat x) {
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.attention(s.qkv, row_starts, config.heads, s.context);
  on.linear_add_norm(s.context, *w.attention_out, x, w.attention_norm.view(), x);
  on.feed_forward(x, *w.up, config.activation, *w.down, w.output_norm.view(), x);
}

class BertModel final : public Model {
 public:
  BertModel(const BertConfig& config, BertWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.hidden; }
  std::size_t vocabulary() const override { return config_.vocabulary; }
  std::size_t positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(R"({{"family":"bert","heads":{},"activation":"{}","norm_eps":{}}})",
                       config_.heads, name_of(config_.activation), config_.norm_eps);
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts,
              Scratch& scratch) const override {
    const std::size_t tokens = ids.size();
    const Mat x = scratch.mat(tokens, config_.hidden);
    const BertBuffers buffers{.qkv = scratch.mat(tokens, 3 * config_.hidden),
                              .context = scratch.mat(tokens, config_.hidden)};
    const std::span<const float> type_row(weights_.types.values.data(), config_.hidden);
    backend_.embed(ids, row_starts, weights_.words.view(), weights_.positions.view(), type_row,
                   weights_.norm.view(), x);
    for (const BertLayer& layer : weights_.layers)
      bert_layer(backend_, config_, layer, row_starts, buffers, x);
    return x;
  }

 private:
  BertConfig config_;
  BertWeights weights_;
  Backend& backend_;
};

// A count of config.json: 1 to `max`.
Result<std::size_t> count(const Json& config, std::string_view key, std::uint64_t max) {
  COLVEC_ASSIGN(const Json value, config.member(key));
  COLVEC_ASSIGN(const std::uint64_t number, value.as_unsigned());
  if (number == 0 || number > max) return value.wrong(fmt::format("not between 1 and {}", max));
  return static_cast<std::size_t>(number);
}

// Variants of BERT that compute something else under the same model_type.
Status refuse_variants(const Json& config) {
  COLVEC_ASSIGN(const std::string position,
                config.string_or("position_embedding_type", "absolute"));
  if (position != "absolute")
    return fail(ErrorCode::kUnsupported,
                config.where() + ": position_embedding_type is not supported: " + position);
  COLVEC_ASSIGN(const bool decoder, config.boolean_or("is_decoder", false));
  if (decoder)
    return fail(ErrorCode::kUnsupported, config.where() + ": is_decoder is not supported");
  return {};
}

}  // namespace

Result<BertConfig> parse_bert_config(const Json& config) {
  BertConfig parsed;
  COLVEC_TRY(refuse_variants(config));
  COLVEC_ASSIGN(parsed.vocabulary, count(config, "vocab_size", kVocabularyMax));
  COLVEC_ASSIGN(parsed.positions, count(config, "max_position_embeddings", kPositionsMax));
  COLVEC_ASSIGN(parsed.hidden, count(config, "hidden_size", kWidthMax));
  COLVEC_ASSIGN(parsed.layers, count(config, "num_hidden_layers", kLayersMax));
  COLVEC_ASSIGN(parsed.heads, count(config, "num_attention_heads", kWidthMax));
  COLVEC_ASSIGN(parsed.intermediate, count(config, "intermediate_size", kWidthMax));
  parsed.types = 2;
  if (config.has("type_vocab_size")) {
    COLVEC_ASSIGN(parsed.types, count(config, "type_vocab_size", kWidthMax));
  }
  if (parsed.hidden % parsed.heads != 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: num_attention_heads does not divide hidden_size: {} and {}",
                            config.where(), parsed.heads, parsed.hidden));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_act"));
  if (const Result<Json> eps = config.member("layer_norm_eps")) {
    COLVEC_ASSIGN(const double value, eps->as_number());
    if (value < 0 || value > 1) return eps->wrong("not between 0 and 1");
    parsed.norm_eps = static_cast<float>(value);
  }
  return parsed;
}

Result<std::unique_ptr<Model>> load_bert(const Json& config, const Weights& files,
                                         Backend& backend) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_bert_config(config));
  const bool prefixed = files.find("bert.embeddings.word_embeddings.weight") != nullptr;
  WeightLoader loader(files, backend, prefixed ? "bert." : "");
  BertWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<BertModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_bert(const Json& config) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_bert_config(config));
  WeightLister lister;
  BertWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
