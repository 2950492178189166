// The steps of a distillation, in order: the vectors of single tokens, their principal components,
// the weights of the tokens, the table on disk, and what it is worth.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>
#include <unordered_set>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/parallel.h"
#include "colvec/distill.h"
#include "colvec/tokenizer.h"
#include "dataset/projection.h"
#include "encode/model_place.h"
#include "encode/static_folder.h"
#include "encode/tokenised.h"
#include "job/agreement.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTokensAtOnce = 1024;
constexpr std::size_t kNeighbours = 10;
constexpr double kTableSecondsMin = 0.5;  // It is so fast that one pass says little.
// A token of share p weighs a / (a + p): Arora, Liang, Ma: "A simple but tough-to-beat baseline for
// sentence embeddings", 2017.
constexpr double kWeightOfFrequent = 1e-4;

// Vectors of tokens or texts, row by row.
struct Vectors {
  std::vector<float> values;
  std::size_t dimension = 0;
  std::size_t rows() const { return values.size() / dimension; }
};

// What the model's tokenizer puts around a text: [CLS] before, [SEP] behind.
struct Frame {
  std::vector<TokenId> before;
  std::vector<TokenId> behind;
};

Result<Frame> find_frame(const fs::path& tokenizer, const Tokenizer& plain) {
  constexpr std::string_view kText = "a";
  COLVEC_ASSIGN(const std::unique_ptr<Tokenizer> framing,
                Tokenizer::load(tokenizer, {.special_tokens = true}));
  std::vector<TokenId> inner;
  std::vector<TokenId> whole;
  plain.encode(kText, kNoTokenLimit, &inner);
  framing->encode(kText, kNoTokenLimit, &whole);
  const auto found = std::search(whole.begin(), whole.end(), inner.begin(), inner.end());
  if (inner.empty() || found == whole.end())
    return fail(ErrorCode::kUnsupported,
                tokenizer.string() + ": what the tokenizer puts around a text is not clear");
  return Frame{{whole.begin(), found},
               {found + static_cast<std::ptrdiff_t>(inner.size()), whole.end()}};
}

// The teacher's vector of each token by itself.
Result<Vectors> encode_tokens(Encoder& teacher, const Frame& frame, std::size_t count,
                              const DistillOptions& options) {
  Vectors vectors{.values = {}, .dimension = teacher.info().dimension};
  vectors.values.resize(count * vectors.dimension);
  for (std::size_t begin = 0; begin < count; begin += kTokensAtOnce) {
    if (options.cancel != nullptr && options.cancel->requested())
      return fail(ErrorCode::kCancelled, "cancelled");
    const std::size_t end = std::min(count, begin + kTokensAtOnce);
    std::vector<std::vector<TokenId>> ids;
    for (std::size_t token = begin; token < end; ++token) {
      std::vector<TokenId>& one = ids.emplace_back(frame.before);
      one.push_back(static_cast<TokenId>(token));
      one.insert(one.end(), frame.behind.begin(), frame.behind.end());
    }
    const std::vector<std::span<const TokenId>> views(ids.begin(), ids.end());
    std::vector<TextReport> reports(views.size());
    float* const first = vectors.values.data() + begin * vectors.dimension;
    COLVEC_TRY(teacher.encode_ids(views, {first, views.size(), vectors.dimension}, reports));
    if (options.on_tokens) options.on_tokens(end, count);
  }
  const bool are_finite = std::all_of(vectors.values.begin(), vectors.values.end(),
                                      [](float value) { return std::isfinite(value); });
  if (are_finite) return vectors;
  return fail(ErrorCode::kUnsupported,
              teacher.info().model + ": gives vectors of tokens that are not finite");
}

std::vector<double> mean_of(const Vectors& vectors) {
  std::vector<double> mean(vectors.dimension, 0.0);
  for (std::size_t i = 0; i < vectors.values.size(); ++i)
    mean[i % vectors.dimension] += static_cast<double>(vectors.values[i]);
  for (double& value : mean) value /= static_cast<double>(vectors.rows());
  return mean;
}

// The centred vectors along the first `dimension` principal components.
Result<Vectors> reduce(const Vectors& vectors, std::size_t dimension, double* variance_explained) {
  Pca pca(vectors.dimension);
  pca.add(vectors.values);
  COLVEC_ASSIGN(const PrincipalComponents components, pca.components());
  const Projection projection = project_on(components, "", dimension, false);
  *variance_explained = projection.explained_variance;
  const std::vector<double> mean = mean_of(vectors);
  Vectors reduced{.values = {}, .dimension = dimension};
  reduced.values.resize(vectors.rows() * dimension);
  parallel_for(vectors.rows(), [&](std::size_t row) {
    std::vector<float> centred(vectors.dimension);
    for (std::size_t d = 0; d < vectors.dimension; ++d)
      centred[d] = vectors.values[row * vectors.dimension + d] - static_cast<float>(mean[d]);
    projection.apply(centred, std::span(reduced.values).subspan(row * dimension, dimension));
  });
  return reduced;
}

// The share of each token in the texts; without texts that of Zipf's law, by the order of the ids.
std::vector<double> shares_of_tokens(const Tokenizer& tokenizer, std::size_t count,
                                     const std::vector<std::string>& texts) {
  std::vector<double> shares(count, 0.0);
  if (texts.empty()) {
    for (std::size_t i = 0; i < count; ++i) shares[i] = 1.0 / static_cast<double>(i + 2);
  } else {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<TextReport> reports(views.size());
    const Tokenised tokenised = tokenise(tokenizer, {}, views, reports, nullptr);
    for (const TokenId id : tokenised.ids) shares[id] += 1;
  }
  double all = 0;
  for (const double share : shares) all += share;
  for (double& share : shares) share /= std::max(all, 1.0);
  return shares;
}

void weigh(const std::vector<double>& shares, Vectors* table) {
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto weight = static_cast<float>(kWeightOfFrequent / (kWeightOfFrequent + shares[row]));
    for (std::size_t d = 0; d < table->dimension; ++d)
      table->values[row * table->dimension + d] *= weight;
  }
}

// Evenly spread over the texts, each once.
std::vector<std::string_view> sample_of(const std::vector<std::string>& texts, std::size_t max) {
  std::vector<std::string_view> distinct;
  std::unordered_set<std::string_view> seen;
  for (const std::string& text : texts)
    if (!text.empty() && seen.insert(text).second) distinct.push_back(text);
  const std::size_t count = std::min(max, distinct.size());
  std::vector<std::string_view> sample;
  for (std::size_t i = 0; i < count; ++i) sample.push_back(distinct[i * distinct.size() / count]);
  return sample;
}

// Encodes the texts again and again for a while; the rate counts all passes.
Result<Vectors> encode_timed(Encoder& encoder, std::span<const std::string_view> texts,
                             double seconds_min, double* texts_per_second) {
  Vectors vectors{.values = {}, .dimension = encoder.info().dimension};
  vectors.values.resize(texts.size() * vectors.dimension);
  std::vector<TextReport> reports(texts.size());
  const Clock::time_point begin = Clock::now();
  double seconds = 0;
  std::size_t passes = 0;
  do {
    COLVEC_TRY(encoder.encode(texts, {vectors.values.data(), texts.size(), vectors.dimension},
                              reports, nullptr));
    ++passes;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (seconds < seconds_min);
  *texts_per_second = static_cast<double>(passes * texts.size()) / seconds;
  return vectors;
}

Status compare(Encoder& teacher, const fs::path& folder, const DistillOptions& options,
               DistillReport* report) {
  const std::vector<std::string_view> sample = sample_of(options.texts, options.sample_max);
  if (sample.size() < 2) return {};
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> table, open_encoder(folder.string(), {}));
  COLVEC_ASSIGN(const Vectors of_teacher,
                encode_timed(teacher, sample, 0, &report->teacher_texts_per_second));
  COLVEC_ASSIGN(const Vectors of_table,
                encode_timed(*table, sample, kTableSecondsMin, &report->table_texts_per_second));
  const Agreement agreement = agreement_of({of_teacher.values, of_teacher.dimension},
                                           {of_table.values, of_table.dimension}, kNeighbours);
  report->sampled_texts = sample.size();
  report->neighbour_overlap = agreement.neighbour_overlap;
  report->rank_correlation = agreement.rank_correlation;
  return {};
}

Status check_free(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(folder, ignored) ||
      (fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored)))
    return {};
  return fail(ErrorCode::kConflict, folder.string() + ": has something in it");
}

}  // namespace

Result<DistillReport> distill_model(std::string_view teacher_name, const fs::path& folder,
                                    const DistillOptions& options) {
  COLVEC_TRY(check_free(folder));
  COLVEC_ASSIGN(const std::unique_ptr<Encoder> teacher,
                open_encoder(teacher_name, {.precision = options.precision}));
  if (teacher->info().kind != "transformer")
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: only a transformer can be the teacher of a table, not one that is "
                            "{}",
                            teacher_name, teacher->info().kind));
  COLVEC_ASSIGN(const fs::path tokenizer_folder, core_folder(teacher_name));
  COLVEC_ASSIGN(const std::unique_ptr<Tokenizer> tokenizer,
                Tokenizer::load(tokenizer_folder, {.special_tokens = false}));

  DistillReport report;
  report.teacher = teacher->info();
  report.vocabulary = std::size_t{tokenizer->id_max()} + 1;
  report.dimension = std::min(options.dimension, teacher->info().dimension);
  report.has_frequencies = !options.texts.empty();
  COLVEC_ASSIGN(const Frame frame, find_frame(tokenizer_folder, *tokenizer));
  COLVEC_ASSIGN(Vectors vectors, encode_tokens(*teacher, frame, report.vocabulary, options));
  COLVEC_ASSIGN(Vectors table, reduce(vectors, report.dimension, &report.variance_explained));
  vectors = {};
  weigh(shares_of_tokens(*tokenizer, report.vocabulary, options.texts), &table);
  COLVEC_TRY(write_static_folder(folder, {.table = table.values,
                                          .rows = report.vocabulary,
                                          .dimension = report.dimension,
                                          .tokenizer_from = tokenizer_folder,
                                          .made_from = std::string(teacher_name)}));
  COLVEC_TRY(compare(*teacher, folder, options, &report));
  COLVEC_TRY(replace_file(folder / "distillation.json", to_json(report) + "\n"));
  return report;
}

std::string to_json(const DistillReport& report) {
  JsonWriter json;
  json.begin_object().key("teacher").text(report.teacher.model);
  json.key("teacher_fingerprint").text(report.teacher.fingerprint);
  json.key("teacher_precision").text(name_of(report.teacher.precision));
  json.key("vocabulary").number(std::uint64_t{report.vocabulary});
  json.key("dimension").number(std::uint64_t{report.dimension});
  json.key("variance_explained").number(report.variance_explained);
  json.key("weights").text(report.has_frequencies ? "corpus" : "zipf");
  json.key("sampled_texts").number(std::uint64_t{report.sampled_texts});
  const bool is_measured = report.sampled_texts > 0;
  const auto measured = [&](std::string_view key, double value) {
    json.key(key);
    is_measured ? json.number(value) : json.null();
  };
  measured("neighbour_overlap_at_10", report.neighbour_overlap);
  measured("rank_correlation", report.rank_correlation);
  measured("teacher_texts_per_second", report.teacher_texts_per_second);
  measured("table_texts_per_second", report.table_texts_per_second);
  measured("speedup", report.teacher_texts_per_second > 0
                          ? report.table_texts_per_second / report.teacher_texts_per_second
                          : 0);
  return json.end_object().take();
}

}  // namespace colvec
