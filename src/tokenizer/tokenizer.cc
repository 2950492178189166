#include "colvec/tokenizer.h"

#include <array>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "tokenizer/config_overrides.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer_config.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/vocab_json.h"
#include "tokenizer/vocab_txt.h"

namespace colvec {
namespace {

using Loaded = Result<std::unique_ptr<Tokenizer>>;

// The largest in use have 40 MB.
constexpr std::size_t kFileBytesMax = 256u << 20;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Loaded load_tokenizer_json(const std::filesystem::path& path, const Tokenizer::Options& options) {
  TokenizerConfig config;
  if (options.reads_config) {
    COLVEC_ASSIGN(config, TokenizerConfig::read(path.parent_path()));
  }
  COLVEC_ASSIGN(const std::string text, read_file(path, kFileBytesMax));
  return parse_tokenizer_json(text, path.string(), options, Implementation::kFastest, config);
}

Loaded load_vocab_txt(const std::filesystem::path& path, const Tokenizer::Options& options) {
  COLVEC_ASSIGN(const TokenizerConfig config, TokenizerConfig::read(path.parent_path()));
  COLVEC_ASSIGN(const std::string text, read_file(path, kFileBytesMax));
  return parse_vocab_txt(text, path.string(), config, options);
}

Loaded load_vocab_json(const std::filesystem::path& path, const Tokenizer::Options& options) {
  const std::filesystem::path merges_path = path.parent_path() / "merges.txt";
  COLVEC_ASSIGN(const TokenizerConfig config, TokenizerConfig::read(path.parent_path()));
  COLVEC_ASSIGN(const std::string merges, read_file(merges_path, kFileBytesMax));
  COLVEC_ASSIGN(const Json vocab, Json::read(path, kFileBytesMax));
  return parse_vocab_json(vocab, merges, merges_path.string(), config, options);
}

Loaded load_sentencepiece(const std::filesystem::path& path, const Tokenizer::Options& options) {
  COLVEC_ASSIGN(const TokenizerConfig config, TokenizerConfig::read(path.parent_path()));
  COLVEC_ASSIGN(const std::string bytes, read_file(path, kFileBytesMax));
  return parse_sentencepiece(bytes, path.string(), config, options);
}

struct Format {
  std::string_view file;
  Loaded (*load)(const std::filesystem::path& path, const Tokenizer::Options& options);
  std::array<std::string_view, 4> more_files;  // That load() reads as well, where they are there.
};

constexpr std::string_view kConfig = "tokenizer_config.json";
constexpr std::string_view kSpecialTokens = "special_tokens_map.json";
constexpr std::string_view kAddedTokens = "added_tokens.json";

// All formats that we have; the first that is there counts.
constexpr Format kFormats[] = {
    {"tokenizer.json", load_tokenizer_json, {}},
    {"vocab.txt", load_vocab_txt, {kConfig, kSpecialTokens, kAddedTokens}},
    {"vocab.json", load_vocab_json, {"merges.txt", kConfig, kSpecialTokens, kAddedTokens}},
    {"sentencepiece.bpe.model", load_sentencepiece, {kConfig, kSpecialTokens, kAddedTokens}},
    {"spiece.model", load_sentencepiece, {kConfig, kSpecialTokens, kAddedTokens}},
    {"tokenizer.model", load_sentencepiece, {kConfig, kSpecialTokens, kAddedTokens}},
};

const Format* find_format(const std::filesystem::path& dir) {
  for (const Format& format : kFormats)
    if (is_there(dir / format.file)) return &format;
  return nullptr;
}

}  // namespace

Loaded Tokenizer::load(const std::filesystem::path& dir, const Options& options) {
  const Format* const format = find_format(dir);
  if (format != nullptr) return format->load(dir / format->file, options);
  std::string names;
  for (const Format& known : kFormats)
    names += (names.empty() ? "" : ", ") + std::string(known.file);
  return fail(ErrorCode::kNotFound, dir.string() + ": no tokenizer is there: none of " + names);
}

std::vector<std::string> Tokenizer::files(const std::filesystem::path& dir) {
  std::vector<std::string> names =
      files([&](const std::string& name) { return is_there(dir / name); });
  if (names.empty()) return names;
  // Most folders have files that only say again what holds without them. These leave the ids alone.
  const Result<TokenizerConfig> config = TokenizerConfig::read(dir);
  if (!config) return names;
  const std::string format = names.front();
  if (format == "tokenizer.json" && changes_ids(*config).value_or(false))
    names.emplace_back(kConfig);
  if (format == "vocab.txt" && !special_tokens_map_counts(*config).value_or(true))
    std::erase(names, kSpecialTokens);
  if (config->json() && config->json()->has("added_tokens_decoder"))
    std::erase(names, kAddedTokens);
  return names;
}

std::vector<std::string> Tokenizer::files(const std::function<bool(const std::string&)>& is_there) {
  for (const Format& format : kFormats) {
    if (!is_there(std::string(format.file))) continue;
    std::vector<std::string> names = {std::string(format.file)};
    for (const std::string_view name : format.more_files)
      if (!name.empty() && is_there(std::string(name))) names.emplace_back(name);
    return names;
  }
  return {};
}

}  // namespace colvec
