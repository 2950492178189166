#include "store/token_figures.h"

#include "base/token_histogram.h"

namespace colvec {

Result<StoreTokens> token_figures(ColumnStore& store, const StoreView& view, const VectorSet& set) {
  COLVEC_TRY(store.check_files(view, set, false));
  COLVEC_ASSIGN(const Rows rows,
                store.connection().query(
                    "SELECT token_count, count(*), count(*) FILTER (truncated) FROM " +
                    store.vectors_sql(view, set) + " WHERE token_count IS NOT NULL GROUP BY 1"));
  TokenHistogram histogram;
  StoreTokens figures;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    histogram.add(rows.number(r, 0), rows.number(r, 1));
    figures.truncated += rows.number(r, 2);
  }
  figures.texts = histogram.texts();
  figures.tokens_mean = histogram.tokens_mean();
  figures.tokens_max = histogram.tokens_max();
  figures.histogram = histogram.steps();
  return figures;
}

}  // namespace colvec
