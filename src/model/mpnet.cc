#include "model/mpnet.h"

#include <fmt/format.h>

#include "model/bert_layer.h"
#include "model/distance_bias.h"
#include "model/module_config.h"
#include "model/positions.h"

namespace colvec {
namespace {

// Not settings of this family: the reference has them in its code.
constexpr std::uint32_t kPaddingId = 1;
constexpr std::size_t kBuckets = 32;

constexpr BertLayerNames kNames = {.query = "attention.attn.q",
                                   .key = "attention.attn.k",
                                   .value = "attention.attn.v",
                                   .attention_out = "attention.attn.o",
                                   .attention_norm = "attention.LayerNorm",
                                   .up = "intermediate.dense",
                                   .down = "output.dense",
                                   .output_norm = "output.LayerNorm"};

struct MpnetConfig {
  TransformerShape shape;
  std::size_t positions = 0;  // Rows of the table.
  Activation activation = Activation::kGeluErf;
  float norm_eps = 1e-12f;
};

struct MpnetWeights {
  TableWeights words;          // (vocabulary, hidden)
  TableWeights positions;      // (positions, hidden)
  NormWeights norm;            // (hidden)
  TableWeights distance_bias;  // (buckets, heads)
  std::vector<BertLayer> layers;
};

Result<MpnetConfig> parse(const Json& config) {
  MpnetConfig parsed;
  COLVEC_ASSIGN(parsed.shape, read_shape(config));
  COLVEC_ASSIGN(parsed.positions, read_count(config, "max_position_embeddings", kPositionsMax));
  if (parsed.positions < kPaddingId + 2)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: max_position_embeddings leaves no position beside padding: {}",
                            config.where(), parsed.positions));
  COLVEC_TRY(require_count(config, "relative_attention_num_buckets", kBuckets));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_act"));
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "layer_norm_eps", 1e-12f));
  return parsed;
}

Status visit_weights(const MpnetConfig& c, WeightVisitor& visit, MpnetWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
  COLVEC_TRY(visit.table("embeddings.position_embeddings", c.positions, hidden, &w.positions));
  COLVEC_TRY(visit.norm("embeddings.LayerNorm", {.width = hidden, .eps = c.norm_eps}, &w.norm));
  COLVEC_TRY(
      visit.table("encoder.relative_attention_bias", kBuckets, c.shape.heads, &w.distance_bias));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_bert_layer("encoder.layer." + std::to_string(i), kNames, c.shape, c.norm_eps,
                                visit, w.layers.back()));
  }
  return {};
}

bool is_unused(std::string_view name) {
  return name.starts_with("pooler.") || name.starts_with("lm_head.") ||
         name == "embeddings.position_ids";
}

class MpnetModel final : public Model {
 public:
  MpnetModel(const MpnetConfig& config, MpnetWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return config_.positions - (kPaddingId + 1); }
  std::size_t trained_positions() const override { return positions(); }

  std::string settings() const override {
    return fmt::format(R"({{"family":"mpnet","heads":{},"activation":"{}","norm_eps":{}}})",
                       config_.shape.heads, name_of(config_.activation), config_.norm_eps);
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const DistanceBias bias = bucket_bias(weights_.distance_bias.view(), reach_of(row_starts));
    AttentionOptions attention = config_.shape.attention();
    attention.distance_bias = bias.view();
    Mat x = scratch.stream(ids.size(), config_.shape.hidden);
    const BertBuffers buffers(attention, ids.size(), scratch);
    backend_.embed(ids, positions_after_padding(ids, row_starts, kPaddingId),
                   {.words = weights_.words.view(), .positions = weights_.positions.view()}, x);
    backend_.norm(x, weights_.norm.view(), x);
    for (const BertLayer& layer : weights_.layers)
      x = bert_layer(backend_, attention, config_.activation, layer, row_starts,
                     wanted_of(layer, weights_.layers, wanted), buffers, x);
    return x;
  }

 private:
  MpnetConfig config_;
  MpnetWeights weights_;
  Backend& backend_;
};

}  // namespace

Result<std::unique_ptr<Model>> load_mpnet(const Json& config, const Weights& files,
                                          Backend& backend) {
  COLVEC_ASSIGN(const MpnetConfig parsed, parse(config));
  WeightLoader loader(files, backend,
                      find_prefix(files, {"mpnet."}, "embeddings.word_embeddings.weight"));
  MpnetWeights weights;
  COLVEC_TRY(visit_weights(parsed, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<MpnetModel>(parsed, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list_mpnet(const Json& config) {
  COLVEC_ASSIGN(const MpnetConfig parsed, parse(config));
  WeightLister lister;
  MpnetWeights none;
  COLVEC_TRY(visit_weights(parsed, lister, none));
  return lister.take();
}

}  // namespace colvec
