#include "colvec/tokenizer.h"

#include <optional>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/vocab_txt.h"

namespace colvec {
namespace {

// The largest in use have 40 MB.
constexpr std::size_t kFileBytesMax = 256u << 20;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::load(const std::filesystem::path& dir,
                                                   const Options& options) {
  const std::filesystem::path json_path = dir / "tokenizer.json";
  if (is_there(json_path)) {
    COLVEC_ASSIGN(const std::string text, read_file(json_path, kFileBytesMax));
    return parse_tokenizer_json(text, json_path.string(), options);
  }
  const std::filesystem::path vocab_path = dir / "vocab.txt";
  if (!is_there(vocab_path))
    return fail(ErrorCode::kNotFound,
                dir.string() + ": neither tokenizer.json nor vocab.txt is there");
  const std::filesystem::path config_path = dir / "tokenizer_config.json";
  std::optional<Json> config;
  if (is_there(config_path)) {
    COLVEC_ASSIGN(config, Json::read(config_path));
  }
  COLVEC_ASSIGN(const std::string text, read_file(vocab_path, kFileBytesMax));
  return parse_vocab_txt(text, vocab_path.string(), config, options);
}

}  // namespace colvec
