#include "colvec/model_tools.h"

#include <fmt/format.h>

#include <cmath>

#include "base/byte_stream.h"
#include "base/float_vectors.h"
#include "base/npy.h"
#include "base/parallel.h"
#include "colvec/tokenizer.h"
#include "encode/model_place.h"
#include "encode/prompted_encoder.h"
#include "encode/text_lines.h"
#include "encode/tokenised.h"
#include "model/synthesize.h"

namespace colvec {
namespace {

void count(std::span<const TextReport> reports, FileReport* total) {
  total->rows += reports.size();
  for (const TextReport& report : reports) {
    total->tokens += report.token_count;
    total->truncated += report.truncated ? 1 : 0;
  }
}

std::string_view bytes_of_floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

// Opening the output empties it: never the file that is to be read.
Status check_apart(const std::string& input, const std::string& output) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(input, output, ignored)) return {};
  return fail(ErrorCode::kInvalidArgument, "input and output are one file: " + output);
}

// {"ids": [101, 102]} and a line feed.
void append_ids_line(std::span<const TokenId> ids, std::string* out) {
  out->append("{\"ids\": [");
  for (std::size_t i = 0; i < ids.size(); ++i)
    fmt::format_to(std::back_inserter(*out), "{}{}", i == 0 ? "" : ", ", ids[i]);
  out->append("]}\n");
}

// Compares one row with its golden one.
void compare_row(std::span<const float> row, std::span<const float> golden, std::size_t index,
                 VerifyReport* report) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double a = row[i];
    const double b = golden[i];
    // Written so that a NaN counts as the worst.
    const double difference = std::isnan(a - b) ? HUGE_VAL : std::abs(a - b);
    if (difference > report->max_abs_diff) {
      report->max_abs_diff = difference;
      report->worst_row = index;
    }
  }
  report->min_cosine = std::min(report->min_cosine, cosine_of(row, golden));
}

}  // namespace

Result<FileReport> encode_file(std::string_view model, const EncoderOptions& options,
                               const std::string& input, const std::string& output) {
  COLVEC_TRY(check_apart(input, output));
  COLVEC_ASSIGN(PromptedEncoder encoder, PromptedEncoder::open(model, options));
  COLVEC_ASSIGN(TextLines lines, TextLines::open(input));
  COLVEC_ASSIGN(ByteWriter writer, ByteWriter::open(output));
  FileReport report{.dimension = encoder.dimension()};
  std::vector<float> held;  // Where the number of rows must be written before them.
  if (writer.can_rewrite()) COLVEC_TRY(writer.write(npy_header(0, report.dimension)));
  while (true) {
    COLVEC_ASSIGN(const std::vector<TextLine> window, lines.next({}));
    if (window.empty()) break;
    COLVEC_ASSIGN(const EncodedLines encoded, encoder.encode(window));
    count(encoded.reports, &report);
    if (writer.can_rewrite()) {
      COLVEC_TRY(writer.write(bytes_of_floats(encoded.vectors)));
    } else {
      held.insert(held.end(), encoded.vectors.begin(), encoded.vectors.end());
    }
  }
  const std::string header = npy_header(report.rows, report.dimension);
  if (writer.can_rewrite()) {
    COLVEC_TRY(writer.rewrite_start(header));
  } else {
    COLVEC_TRY(writer.write(header));
    COLVEC_TRY(writer.write(bytes_of_floats(held)));
  }
  return report;
}

Result<FileReport> tokenize_file(const std::filesystem::path& folder, const std::string& input,
                                 const std::string& output, std::size_t tokens_max) {
  COLVEC_TRY(check_apart(input, output));
  const Result<std::filesystem::path> place = find_model_folder(folder.string());
  COLVEC_ASSIGN(const std::unique_ptr<Tokenizer> tokenizer,
                Tokenizer::load(place.value_or(folder), {.special_tokens = true}));
  if (tokens_max != 0 && tokens_max < tokenizer->special_count())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("tokens_max: fewer than the {} special tokens: {}",
                            tokenizer->special_count(), tokens_max));
  const TextRules rules{.prompt = "", .tokens_max = tokens_max == 0 ? kNoTokenLimit : tokens_max};
  COLVEC_ASSIGN(TextLines lines, TextLines::open(input));
  COLVEC_ASSIGN(ByteWriter writer, ByteWriter::open(output));
  FileReport report;
  while (true) {
    COLVEC_ASSIGN(const std::vector<TextLine> window, lines.next({}));
    if (window.empty()) break;
    const std::vector<std::string_view> texts = [&] {
      std::vector<std::string_view> views;
      for (const TextLine& line : window) views.push_back(line.text);
      return views;
    }();
    std::vector<TextReport> reports(texts.size());
    const Tokenised tokenised = tokenise(*tokenizer, rules, texts, reports, nullptr);
    count(reports, &report);
    std::string out;
    for (std::size_t i = 0; i < texts.size(); ++i)
      append_ids_line(std::span(tokenised.ids).subspan(tokenised.starts[i], reports[i].token_count),
                      &out);
    COLVEC_TRY(writer.write(out));
  }
  return report;
}

Result<VerifyReport> verify_model(std::string_view model, const EncoderOptions& options,
                                  const std::string& texts, const std::filesystem::path& vectors) {
  COLVEC_ASSIGN(const NpyMatrix golden, read_npy(vectors));
  COLVEC_ASSIGN(PromptedEncoder encoder, PromptedEncoder::open(model, options));
  if (encoder.dimension() != golden.cols)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: vectors have {} numbers, those of the model {}", vectors.string(),
                            golden.cols, encoder.dimension()));
  COLVEC_ASSIGN(TextLines lines, TextLines::open(texts));
  VerifyReport report{
      .dimension = golden.cols, .precision = encoder.info().precision, .isa = encoder.info().isa};
  while (true) {
    COLVEC_ASSIGN(const std::vector<TextLine> window, lines.next({}));
    if (window.empty()) break;
    if (report.rows + window.size() > golden.rows) {
      report.rows += window.size();
      break;
    }
    COLVEC_ASSIGN(const EncodedLines encoded, encoder.encode(window));
    for (std::size_t i = 0; i < window.size(); ++i, ++report.rows)
      compare_row(std::span(encoded.vectors).subspan(i * golden.cols, golden.cols),
                  std::span(golden.values).subspan(report.rows * golden.cols, golden.cols),
                  report.rows, &report);
  }
  if (report.rows != golden.rows)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: has {} rows, another number than the texts", vectors.string(),
                            golden.rows));
  return report;
}

Status synthesize_model(const std::filesystem::path& config_dir,
                        const std::filesystem::path& output_dir, std::uint64_t seed) {
  return write_synthetic_model(config_dir, output_dir, seed);
}

}  // namespace colvec
