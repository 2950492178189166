#include "encode/static_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "colvec/tokenizer.h"
#include "encode/encoder_choices.h"
#include "encode/fingerprint.h"
#include "encode/stopwatch.h"
#include "encode/tokenised.h"
#include "model/static_table.h"
#include "model/weights.h"

namespace colvec {
namespace {

constexpr std::size_t kModel2vecTokensMax =
    512;  // The default of its library, which folders do not change.
constexpr std::size_t kTextsPerTask = 32;

// How a text becomes the ids that count.
struct StaticRules {
  bool drop_unknown = false;
  std::size_t chars_max = 0;                    // Code points of a text that are read; 0: all.
  std::size_t tokens_max = 0;                   // Ids that count; 0: all.
  std::size_t file_tokens_max = kNoTokenLimit;  // Ids that are made, before unknown ones go.
};

struct StaticParts {
  std::string name;
  StaticTable table;
  std::unique_ptr<Tokenizer> tokenizer;
  StaticRules rules;
  bool own_normalize = false;
  PromptConfig prompts;
  std::string weight_sums;
  std::string tokenizer_sums;
};

// The first `chars_max` code points of `text`.
std::string_view cut_chars(std::string_view text, std::size_t chars_max) {
  if (text.size() <= chars_max) return text;
  std::size_t offset = 0;
  for (std::size_t chars = 0; chars < chars_max && offset < text.size(); ++chars)
    offset += decode_utf8(text, offset).size;
  return text.substr(0, offset);
}

class StaticEncoder final : public Encoder {
 public:
  StaticEncoder(std::shared_ptr<const StaticParts> parts, std::string prompt, bool normalize,
                EncoderInfo info)
      : parts_(std::move(parts)),
        prompt_(std::move(prompt)),
        normalize_(normalize),
        info_(std::move(info)) {}

  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    COLVEC_CHECK(out.rows == texts.size() && reports.size() == texts.size());
    COLVEC_CHECK(out.dimension == info_.dimension);
    std::atomic<std::uint64_t> tokenise_ns = 0;
    std::atomic<std::uint64_t> encode_ns = 0;
    parallel_for((texts.size() + kTextsPerTask - 1) / kTextsPerTask, [&](std::size_t task) {
      const std::size_t begin = task * kTextsPerTask;
      const std::size_t count = std::min(kTextsPerTask, texts.size() - begin);
      EncodeTimes spent;
      run(texts.subspan(begin, count), begin, out, reports, &spent);
      tokenise_ns += spent.tokenise_ns;
      encode_ns += spent.encode_ns;
    });
    if (times != nullptr) {
      times->tokenise_ns += tokenise_ns;
      times->encode_ns += encode_ns;
    }
    return {};
  }

  Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                    std::span<TextReport> reports) override {
    COLVEC_CHECK(out.rows == ids.size() && reports.size() == ids.size());
    COLVEC_CHECK(out.dimension == info_.dimension);
    COLVEC_TRY(take_ids(
        ids, {.vocabulary = parts_->table.vocabulary(), .tokens_max = parts_->rules.tokens_max},
        reports));
    std::vector<float> whole(parts_->table.dimension());
    for (std::size_t i = 0; i < ids.size(); ++i)
      average(ids[i], 0, ids[i].size(), &whole, out.row(i));
    return {};
  }

 private:
  // The texts of one task, which are rows `begin` and on.
  void run(std::span<const std::string_view> texts, std::size_t begin, VectorRows out,
           std::span<TextReport> reports, EncodeTimes* spent) const {
    const Stopwatch tokenise_watch;
    std::vector<TokenId> ids;
    std::vector<std::size_t> starts = {0};
    std::string buffer;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      reports[begin + i] = append_ids(texts[i], &buffer, &ids);
      starts.push_back(ids.size());
    }
    spent->tokenise_ns += tokenise_watch.elapsed_ns();

    const Stopwatch encode_watch;
    std::vector<float> whole(parts_->table.dimension());
    for (std::size_t i = 0; i < texts.size(); ++i)
      average(ids, starts[i], starts[i + 1], &whole, out.row(begin + i));
    spent->encode_ns += encode_watch.elapsed_ns();
  }

  // The vector of the ids [begin, end), before others; `whole` is memory for a row of the table.
  void average(std::span<const TokenId> ids, std::size_t begin, std::size_t end,
               std::vector<float>* whole, std::span<float> row) const {
    parts_->table.mean(ids, begin, end, *whole);
    if (parts_->own_normalize) normalize_row(*whole);
    std::copy_n(whole->begin(), row.size(), row.begin());
    if (normalize_) normalize_row(row);
  }

  TextReport append_ids(std::string_view text, std::string* buffer,
                        std::vector<TokenId>* ids) const {
    if (!prompt_.empty()) {
      buffer->assign(prompt_).append(text);
      text = *buffer;
    }
    const StaticRules& rules = parts_->rules;
    const std::size_t text_bytes = text.size();
    if (rules.chars_max != 0) text = cut_chars(text, rules.chars_max);
    bool truncated = text.size() < text_bytes;

    const auto begin = static_cast<std::ptrdiff_t>(ids->size());
    truncated |= parts_->tokenizer->encode(text, rules.file_tokens_max, ids).truncated;
    if (rules.drop_unknown) {
      const TokenId unknown = parts_->tokenizer->unknown_id();
      ids->erase(std::remove(ids->begin() + begin, ids->end(), unknown), ids->end());
    }
    std::size_t count = ids->size() - static_cast<std::size_t>(begin);
    if (rules.tokens_max != 0 && count > rules.tokens_max) {
      truncated = true;
      count = rules.tokens_max;
      ids->resize(static_cast<std::size_t>(begin) + count);
    }
    return {static_cast<std::uint32_t>(count), truncated};
  }

  std::shared_ptr<const StaticParts> parts_;
  std::string prompt_;
  bool normalize_;  // After the model's own steps and the cut.
  EncoderInfo info_;
};

std::string made_of(const StaticParts& parts, const std::string& prompt, bool normalize) {
  JsonMembers members = {{"kind", "\"static\""},
                         {"weights", parts.weight_sums},
                         {"tokenizer", parts.tokenizer_sums},
                         {"drop_unknown", parts.rules.drop_unknown ? "true" : "false"},
                         {"chars_max", std::to_string(parts.rules.chars_max)},
                         {"tokens_max", std::to_string(parts.rules.tokens_max)},
                         {"own_normalize", parts.own_normalize ? "true" : "false"},
                         {"prompt", json_quote(prompt)},
                         {"normalize", normalize ? "true" : "false"}};
  // Only where there is one: fingerprints without it stay what they were.
  if (parts.rules.file_tokens_max != kNoTokenLimit)
    members.emplace_back("file_tokens_max", std::to_string(parts.rules.file_tokens_max));
  return json_object(members);
}

class OpenedStatic final : public OpenedModel {
 public:
  explicit OpenedStatic(std::shared_ptr<const StaticParts> parts) : parts_(std::move(parts)) {}

  Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const override {
    const std::size_t own_dimension = parts_->table.dimension();
    COLVEC_TRY(check_no_strip(parts_->name, options));
    COLVEC_ASSIGN(std::string prompt, choose_prompt(parts_->prompts, options));
    COLVEC_ASSIGN(const std::size_t dimension,
                  choose_dimension(parts_->prompts, own_dimension, options));
    EncoderInfo info;
    info.model = parts_->name;
    info.kind = "static";
    info.tokens_max = parts_->rules.tokens_max;
    info.shorter_dimensions = parts_->prompts.matryoshka_dims;
    for (const auto& named : parts_->prompts.prompts) info.prompt_names.push_back(named.first);
    info.isa = "any";  // Sums in one order, which no instruction set changes.
    set_fingerprint(made_of(*parts_, prompt, options.normalize), own_dimension, dimension, &info);
    const bool is_normalized = parts_->own_normalize && dimension == own_dimension;
    return std::make_unique<StaticEncoder>(parts_, std::move(prompt),
                                           options.normalize && !is_normalized, std::move(info));
  }

 private:
  std::shared_ptr<const StaticParts> parts_;
};

Status apply_steps(const ModelFolder& folder, StaticParts* parts) {
  for (const TailStep& step : folder.tail) {
    if (step.kind != ModuleKind::kNormalize)
      return fail(ErrorCode::kUnsupported,
                  folder.dir.string() +
                      ": modules.json: only Normalize after StaticEmbedding is supported");
    parts->own_normalize = true;
  }
  const std::size_t file_tokens_max = parts->tokenizer->file_tokens_max();
  if (file_tokens_max != kNoTokenLimit) parts->rules.tokens_max = file_tokens_max;
  if (folder.kind == FolderKind::kModel2vec) {
    COLVEC_ASSIGN(parts->own_normalize, folder.config->boolean_or("normalize", false));
    parts->rules = {.drop_unknown = parts->tokenizer->names_unknown(),
                    .chars_max = kModel2vecTokensMax * parts->tokenizer->median_token_chars(),
                    .tokens_max = kModel2vecTokensMax};
  }
  parts->rules.file_tokens_max = file_tokens_max;
  return {};
}

}  // namespace

Result<std::unique_ptr<OpenedModel>> open_static(const ModelFolder& folder, std::string name) {
  auto parts = std::make_shared<StaticParts>();
  parts->name = std::move(name);
  parts->prompts = folder.prompts;
  COLVEC_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  COLVEC_ASSIGN(parts->table, StaticTable::load(weights));
  parts->weight_sums = weight_checksums(weights);
  COLVEC_ASSIGN(parts->tokenizer,
                Tokenizer::load(folder.core_dir, {.special_tokens = false, .reads_config = false}));
  COLVEC_ASSIGN(parts->tokenizer_sums, tokenizer_checksums(folder.core_dir));
  COLVEC_TRY(apply_steps(folder, parts.get()));
  if (parts->tokenizer->id_max() >= parts->table.vocabulary())
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the tokenizer gives ids up to {}, but the table has {} rows",
                            folder.core_dir.string(), parts->tokenizer->id_max(),
                            parts->table.vocabulary()));
  return std::make_unique<OpenedStatic>(std::move(parts));
}

}  // namespace colvec
