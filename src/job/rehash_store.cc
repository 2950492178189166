// Embeds a sample of a store's texts again: do the vectors there still come from this model?
#include <algorithm>

#include "base/float_vectors.h"
#include "base/parallel.h"
#include "colvec/store.h"
#include "store/open_store.h"
#include "store/query_rows.h"

namespace colvec {

Result<double> rehash_store(const std::filesystem::path& folder, Encoder& encoder,
                            const StoreOptions& options, std::size_t sample) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(OpenedStore opened, open_store(folder, options, nullptr));
  ColumnStore& store = *opened.store;
  COLVEC_ASSIGN(const StoreView view, store.view());
  const EncoderInfo& info = encoder.info();
  COLVEC_ASSIGN(const VectorSet set, set_of(store, view, vector_set_of(info.fingerprint, "").model,
                                            std::string(name_of(info.precision))));
  COLVEC_TRY(store.check_files(view, set, true));
  // Hashes are random: the first ones are a sample, the same each time.
  COLVEC_ASSIGN(
      Stream rows,
      store.connection().stream(
          "SELECT text_value, embedding FROM " + store.vectors_sql(view, set) +
          " WHERE text_value IS NOT NULL ORDER BY text_hash LIMIT " + std::to_string(sample)));
  double smallest = 1;
  std::uint64_t compared = 0;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, rows.next());
    if (!chunk) break;
    std::vector<std::string_view> texts;
    for (std::size_t r = 0; r < chunk->rows(); ++r) texts.push_back(chunk->text(0, r));
    std::vector<float> vectors(texts.size() * info.dimension);
    std::vector<TextReport> reports(texts.size());
    const VectorRows out{vectors.data(), texts.size(), info.dimension};
    COLVEC_TRY(encoder.encode(texts, out, reports, nullptr));
    for (std::size_t r = 0; r < texts.size(); ++r) {
      const std::span<const float> stored = chunk->floats(1, r);
      if (stored.size() != info.dimension)
        return fail(ErrorCode::kCorruption,
                    folder.string() + ": a vector of " + std::to_string(stored.size()) +
                        " numbers where the model gives " + std::to_string(info.dimension));
      smallest = std::min(smallest, cosine_of(out.row(r), stored));
      ++compared;
    }
  }
  if (compared == 0)
    return fail(ErrorCode::kUnsupported, folder.string() + ": keeps no texts of this model");
  return smallest;
}

}  // namespace colvec
