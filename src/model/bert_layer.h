// The layer of BERT, which several families share under other names: attention and feed-forward,
// each added to the residual stream, which is normalised after that.
//
// Vaswani et al., "Attention Is All You Need" (2017); Devlin et al., "BERT" (2018).
//
// Thread-safety: pure functions.
#pragma once

#include <memory>
#include <string>

#include "colvec/error.h"
#include "compute/backend.h"
#include "model/config_reader.h"
#include "model/wanted_rows.h"
#include "model/weight_visitor.h"

namespace colvec {

struct BertLayer {
  std::unique_ptr<Linear> qkv;            // (3 * hidden, hidden), fused when the model is loaded.
  std::unique_ptr<Linear> attention_out;  // (hidden, hidden)
  NormWeights attention_norm;             // (hidden)
  std::unique_ptr<Linear> up;             // (intermediate, hidden)
  std::unique_ptr<Linear> down;           // (hidden, intermediate)
  NormWeights output_norm;                // (hidden)
};

// What a family calls the tensors of a layer, behind the layer's own name.
struct BertLayerNames {
  std::string_view query, key, value, attention_out, attention_norm, up, down, output_norm;
};

// Shows every weight of the layer called `layer`; load and list use only this list.
Status visit_bert_layer(const std::string& layer, const BertLayerNames& names,
                        const TransformerShape& shape, float norm_eps, WeightVisitor& visit,
                        BertLayer& w);

// The activations of a layer; made once per pass.
struct BertBuffers {
  BertBuffers(const AttentionOptions& attention, std::size_t tokens, Scratch& scratch)
      : qkv(scratch.mat(tokens, attention.qkv_width())),
        context(scratch.mat(tokens, attention.context_width())) {}
  Mat qkv;      // (tokens, 3 * hidden)
  Mat context;  // (tokens, hidden)
};

// One layer, in place on x (tokens, hidden). Returns the rows that are asked for.
Mat bert_layer(Backend& on, const AttentionOptions& attention, Activation activation,
               const BertLayer& w, RowStarts row_starts, WantedRows wanted, const BertBuffers& s,
               Mat x);

}  // namespace colvec
