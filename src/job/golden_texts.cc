#include "job/golden_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/float_vectors.h"
#include "base/json.h"
#include "base/npy.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextsBytesMax = 1 << 20;

constexpr std::array<std::string_view, 16> kTexts = {
    "a",
    "The quick brown fox jumps over the lazy dog.",
    "Red leather office chair with adjustable armrests, 120 kg",
    "database index scan join hash table",
    "How do I reset my password if I no longer have the phone that I signed up with?",
    "PRICE: $1,299.99 (incl. 19% VAT) -- ships in 3-5 days!!!",
    "https://example.org/path?query=1&other=%20#fragment user@example.org",
    "Die Straßenbahn fährt heute nicht über die große Brücke.",
    "Le café près de l'Opéra était fermé, malgré l'heure.",
    "今日はとても良い天気ですね。散歩に行きましょう。",
    "Быстрая коричневая лиса перепрыгивает через ленивую собаку.",
    "مرحبا بالعالم، كيف حالك اليوم؟",
    "Emoji 🙂👍🏽 and symbols ± ≤ ∞ → √",
    "   several   spaces\tand\ttabs\nand\nlines   ",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "Embeddings turn texts into vectors of numbers, such that texts which mean similar things have "
    "vectors that point in similar directions. A column of them makes a table searchable by "
    "meaning, "
    "lets a classifier learn from free text, and finds duplicates that differ in every word. They "
    "are computed once for each distinct text and model, kept beside the table, and brought up to "
    "date when rows are added or changed, so that tonight's refresh costs what changed today."};

Result<std::vector<float>> vectors_of(Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> vectors(texts.size() * encoder.info().dimension);
  std::vector<TextReport> reports(texts.size());
  COLVEC_TRY(encoder.encode(views, {vectors.data(), texts.size(), encoder.info().dimension},
                            reports, nullptr));
  return vectors;
}

Result<std::vector<std::string>> read_texts(const fs::path& path) {
  COLVEC_ASSIGN(const std::string lines, read_file(path, kTextsBytesMax));
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    COLVEC_ASSIGN(const Json line, Json::parse(lines.substr(at, end - at), path.string()));
    COLVEC_ASSIGN(texts.emplace_back(), line.string("text"));
    at = end + 1;
  }
  return texts;
}

}  // namespace

std::span<const std::string_view> golden_texts() { return kTexts; }

Status write_golden(Encoder& encoder, const fs::path& texts_path, const fs::path& vectors_path) {
  const std::vector<std::string> texts(kTexts.begin(), kTexts.end());
  COLVEC_ASSIGN(const std::vector<float> vectors, vectors_of(encoder, texts));
  std::string lines;
  for (const std::string& text : texts) lines += "{\"text\":" + json_quote(text) + "}\n";
  COLVEC_TRY(replace_file(texts_path, lines));
  std::string bytes = npy_header(texts.size(), encoder.info().dimension);
  bytes.append(reinterpret_cast<const char*>(vectors.data()), vectors.size() * sizeof(float));
  return replace_file(vectors_path, bytes);
}

Result<double> check_golden(Encoder& encoder, const fs::path& texts_path,
                            const fs::path& vectors_path) {
  COLVEC_ASSIGN(const std::vector<std::string> texts, read_texts(texts_path));
  COLVEC_ASSIGN(const NpyMatrix golden, read_npy(vectors_path));
  const std::size_t dimension = encoder.info().dimension;
  if (texts.empty() || golden.rows != texts.size() || golden.cols != dimension)
    return fail(ErrorCode::kCorruption, vectors_path.string() + ": not the vectors of its texts");
  COLVEC_ASSIGN(const std::vector<float> vectors, vectors_of(encoder, texts));
  double smallest = 1;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::span<const float> vector = std::span(vectors).subspan(i * dimension, dimension);
    const double cosine =
        is_finite(vector)
            ? cosine_of(vector, std::span(golden.values).subspan(i * dimension, dimension))
            : 0;
    smallest = std::min(smallest, cosine);
  }
  const double wanted = cosine_min_of(encoder.info().precision);
  if (smallest >= wanted) return smallest;
  return fail(ErrorCode::kCorruption,
              fmt::format("{}: the self-check fails: the model gives other vectors here (smallest "
                          "cosine {:.6f}, at least {} is wanted)",
                          vectors_path.string(), smallest, wanted));
}

}  // namespace colvec
