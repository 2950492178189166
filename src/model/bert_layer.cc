#include "model/bert_layer.h"

namespace colvec {

Status visit_bert_layer(const std::string& layer, const BertLayerNames& names,
                        const TransformerShape& shape, float norm_eps, WeightVisitor& visit,
                        BertLayer& w) {
  const auto full = [&](std::string_view name) { return layer + "." + std::string(name); };
  const std::size_t hidden = shape.hidden;
  const NormShape norm{.width = hidden, .eps = norm_eps};
  COLVEC_TRY(visit.stacked(
      query_key_value({full(names.query), full(names.key), full(names.value)}, hidden, hidden),
      hidden, true, &w.qkv));
  COLVEC_TRY(
      visit.linear(full(names.attention_out), {.out = hidden, .in = hidden}, &w.attention_out));
  COLVEC_TRY(visit.norm(full(names.attention_norm), norm, &w.attention_norm));
  COLVEC_TRY(visit.linear(full(names.up), {.out = shape.intermediate, .in = hidden}, &w.up));
  COLVEC_TRY(visit.linear(full(names.down), {.out = hidden, .in = shape.intermediate}, &w.down));
  return visit.norm(full(names.output_norm), norm, &w.output_norm);
}

Mat bert_layer(Backend& on, const AttentionOptions& attention, Activation activation,
               const BertLayer& w, RowStarts row_starts, WantedRows wanted, const BertBuffers& s,
               Mat x) {
  on.linear(x, *w.qkv, Activation::kNone, s.qkv);
  on.attention(s.qkv, row_starts, attention, s.context);

  const Mat context = keep_wanted(on, s.context, wanted);
  x = keep_wanted(on, x, wanted);
  on.linear_join(context, *w.attention_out, x, Join::add_norm(w.attention_norm.view()), x);
  on.feed_forward(x, {.up = w.up.get(), .down = w.down.get(), .activation = activation}, x,
                  Join::add_norm(w.output_norm.view()), x);
  return x;
}

}  // namespace colvec
