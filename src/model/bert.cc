#include "model/bert.h"

#include <fmt/format.h>

#include "model/bert_layer.h"
#include "model/module_config.h"
#include "model/positions.h"

namespace colvec {
namespace {

constexpr BertLayerNames kNames = {.query = "attention.self.query",
                                   .key = "attention.self.key",
                                   .value = "attention.self.value",
                                   .attention_out = "attention.output.dense",
                                   .attention_norm = "attention.output.LayerNorm",
                                   .up = "intermediate.dense",
                                   .down = "output.dense",
                                   .output_norm = "output.LayerNorm"};

struct BertWeights {
  TableWeights words;      // (vocabulary, hidden)
  TableWeights positions;  // (positions, hidden)
  TableWeights types;      // (types, hidden); single texts use row 0.
  NormWeights norm;        // (hidden)
  std::vector<BertLayer> layers;
};

// Shows every weight with its name in the file; load and list use only this list.
Status visit_weights(const BertConfig& c, WeightVisitor& visit, BertWeights& w) {
  const std::size_t hidden = c.shape.hidden;
  COLVEC_TRY(visit.table("embeddings.word_embeddings", c.shape.vocabulary, hidden, &w.words));
  COLVEC_TRY(visit.table("embeddings.position_embeddings", c.positions, hidden, &w.positions));
  COLVEC_TRY(visit.table("embeddings.token_type_embeddings", c.types, hidden, &w.types));
  COLVEC_TRY(visit.norm("embeddings.LayerNorm", {.width = hidden, .eps = c.norm_eps}, &w.norm));
  for (std::size_t i = 0; i < c.shape.layers; ++i) {
    w.layers.emplace_back();
    COLVEC_TRY(visit_bert_layer("encoder.layer." + std::to_string(i), kNames, c.shape, c.norm_eps,
                                visit, w.layers.back()));
  }
  return {};
}

// Heads for other tasks, and buffers.
bool is_unused(std::string_view name) {
  return name.starts_with("pooler.") || name.starts_with("cls.") || name.starts_with("lm_head.") ||
         name == "embeddings.position_ids";
}

class BertModel final : public Model {
 public:
  BertModel(const BertConfig& config, BertWeights weights, Backend& backend)
      : config_(config), weights_(std::move(weights)), backend_(backend) {}

  std::size_t hidden() const override { return config_.shape.hidden; }
  std::size_t vocabulary() const override { return config_.shape.vocabulary; }
  std::size_t positions() const override { return config_.tokens_max(); }
  std::size_t trained_positions() const override { return positions(); }

  std::string settings() const override {
    const std::string rest =
        fmt::format(R"("heads":{},"activation":"{}","norm_eps":{}}})", config_.shape.heads,
                    name_of(config_.activation), config_.norm_eps);
    if (!config_.padding_id) return R"({"family":"bert",)" + rest;
    return fmt::format(R"({{"family":"roberta","padding_id":{},)", *config_.padding_id) + rest;
  }

  Mat forward(std::span<const std::uint32_t> ids, RowStarts row_starts, WantedRows wanted,
              Scratch& scratch) const override {
    const AttentionOptions attention = config_.shape.attention();
    Mat x = scratch.stream(ids.size(), config_.shape.hidden);
    const BertBuffers buffers(attention, ids.size(), scratch);
    const std::vector<std::uint32_t> positions =
        config_.padding_id ? positions_after_padding(ids, row_starts, *config_.padding_id)
                           : plain_positions(row_starts);
    backend_.embed(ids, positions,
                   {.words = weights_.words.view(),
                    .positions = weights_.positions.view(),
                    .type_row = weights_.types.row(0)},
                   x);
    backend_.norm(x, weights_.norm.view(), x);
    for (const BertLayer& layer : weights_.layers)
      x = bert_layer(backend_, attention, config_.activation, layer, row_starts,
                     wanted_of(layer, weights_.layers, wanted), buffers, x);
    return x;
  }

 private:
  BertConfig config_;
  BertWeights weights_;
  Backend& backend_;
};

// What the two have in common.
Result<BertConfig> parse(const Json& config) {
  BertConfig parsed;
  COLVEC_TRY(require_string(config, "position_embedding_type", "absolute"));
  COLVEC_TRY(require_boolean(config, "is_decoder", false));
  COLVEC_ASSIGN(parsed.shape, read_shape(config));
  COLVEC_ASSIGN(parsed.positions, read_count(config, "max_position_embeddings", kPositionsMax));
  COLVEC_ASSIGN(parsed.types, read_count_or(config, "type_vocab_size", kWidthMax, 2));
  COLVEC_ASSIGN(parsed.activation, parse_hidden_activation(config, "hidden_act"));
  COLVEC_ASSIGN(parsed.norm_eps, read_eps(config, "layer_norm_eps", 1e-12f));
  return parsed;
}

Result<std::unique_ptr<Model>> load(const BertConfig& config, const Weights& files,
                                    Backend& backend,
                                    std::initializer_list<std::string_view> prefixes) {
  WeightLoader loader(files, backend,
                      find_prefix(files, prefixes, "embeddings.word_embeddings.weight"));
  BertWeights weights;
  COLVEC_TRY(visit_weights(config, loader, weights));
  COLVEC_TRY(loader.finish(is_unused));
  return std::make_unique<BertModel>(config, std::move(weights), backend);
}

Result<std::vector<WeightSpec>> list(const BertConfig& config) {
  WeightLister lister;
  BertWeights none;
  COLVEC_TRY(visit_weights(config, lister, none));
  return lister.take();
}

}  // namespace

Result<BertConfig> parse_bert_config(const Json& config) { return parse(config); }

Result<BertConfig> parse_roberta_config(const Json& config) {
  COLVEC_ASSIGN(BertConfig parsed, parse(config));
  COLVEC_ASSIGN(const std::uint64_t padding_id, config.unsigned_or("pad_token_id", 1));
  if (parsed.positions < 2 || padding_id >= parsed.positions - 1)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: positions are counted from pad_token_id + 1, beyond "
                            "max_position_embeddings: {} and {}",
                            config.where(), padding_id, parsed.positions));
  parsed.padding_id = static_cast<std::uint32_t>(padding_id);
  return parsed;
}

Result<std::unique_ptr<Model>> load_bert(const Json& config, const Weights& files,
                                         Backend& backend) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_bert_config(config));
  return load(parsed, files, backend, {"bert."});
}

Result<std::vector<WeightSpec>> list_bert(const Json& config) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_bert_config(config));
  return list(parsed);
}

Result<std::unique_ptr<Model>> load_roberta(const Json& config, const Weights& files,
                                            Backend& backend) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_roberta_config(config));
  return load(parsed, files, backend, {"roberta.", "xlm_roberta.", "camembert."});
}

Result<std::vector<WeightSpec>> list_roberta(const Json& config) {
  COLVEC_ASSIGN(const BertConfig parsed, parse_roberta_config(config));
  return list(parsed);
}

}  // namespace colvec
