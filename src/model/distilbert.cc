#include "model/distilbert.h"

#include <fmt/format.h>

#include "model/bert_layer.h"
#include "model/module_config.h"
#include "model/positions.h"

namespace colvec {
namespace {

constexpr float kNormEps = 1e-12f;  // Not a setting of this family.

constexpr BertLayerNames kNames = {.query = "attention.q_lin",
                                   .key = "attention.k_lin",
                                   .value = "attention.v_lin",
                                   .attention_out = "attention.out_lin",
                                   .attention_norm = "sa_layer_norm",
                                   .up = "ffn.lin1",
                                   .down = "ffn.lin2",
                                   .output_norm = "output_layer_norm"};

struct DistilbertConfig {
  TransformerShape shape;
  std::size_t positions = 0;
  Activation activation = Activation::kGeluErf;
};

struct DistilbertWeights {
  TableWeights words;      // (vocabulary, hidden)
  TableWeights positions;  // (positions, hidden)
  NormWeights norm;        // (hidden)
  std::vector<BertLayer> layers;
};

// Sinusoidal positions are a table in the file like learned ones.
Result<DistilbertConfig> parse(const Json& config) {
  DistilbertConfig parsed;
  COLVEC_ASSIGN(parsed.shape, read_shape(config, {.vocabulary = "vocab_size",
                                                  .hidden = "dim",
                                                  .layers = "n_layers",
                                                  .heads = "n_heads",
                                                  .intermediate = "hidden_dim"}));
  COLVEC_ASSIGN(parsed.positions, read_count(config, "max_position_embeddings", kPositionsMax));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "activation"));
  return parsed;
}

Status visit_weights(const DistilbertConfig& c, WeightVisitor& visit, DistilbertWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
  COLVEC_TRY(visit.table("embeddings.position_embeddings", c.positions, hidden, &w.positions));
  COLVEC_TRY(visit.norm("embeddings.LayerNorm", {.width = hidden, .eps = kNormEps}, &w.norm));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_bert_layer("transformer.layer." + std::to_string(i), kNames, c.shape, kNormEps,
                                visit, w.layers.back()));
  }
  return {};
}

bool is_unused(std::string_view name) {
  return name.starts_with("vocab_") || name == "embeddings.position_ids";
}

class DistilbertModel final : public Model {
 public:
  DistilbertModel(const DistilbertConfig& config, DistilbertWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return config_.positions; }
  std::size_t trained_positions() const override { return config_.positions; }

  std::string settings() const override {
    return fmt::format(R"({{"family":"distilbert","heads":{},"activation":"{}"}})",
                       config_.shape.heads, name_of(config_.activation));
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const AttentionOptions attention = config_.shape.attention();
    Mat x = scratch.stream(ids.size(), config_.shape.hidden);
    const BertBuffers buffers(attention, ids.size(), scratch);
    backend_.embed(ids, plain_positions(row_starts),
                   {.words = weights_.words.view(), .positions = weights_.positions.view()}, x);
    backend_.norm(x, weights_.norm.view(), x);
    for (const BertLayer& layer : weights_.layers)
      x = bert_layer(backend_, attention, config_.activation, layer, row_starts,
                     wanted_of(layer, weights_.layers, wanted), buffers, x);
    return x;
  }

 private:
  DistilbertConfig config_;
  DistilbertWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_distilbert(const Json& config, const Weights& files,
                                               Backend& backend) {
  COLVEC_ASSIGN(const DistilbertConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"distilbert."}, "embeddings.word_embeddings.weight"));
  DistilbertWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<DistilbertModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_distilbert(const Json& config) {
  COLVEC_ASSIGN(const DistilbertConfig parsed, parse(config));
  WeightLister lister;
  DistilbertWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
