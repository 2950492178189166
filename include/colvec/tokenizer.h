// Turns text into the token ids that a model was trained on.
//
// Thread-safety: immutable; any number of threads may call encode() and count().
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

using TokenId = std::uint32_t;

/// No limit on the tokens of a text.
inline constexpr std::size_t kNoTokenLimit = static_cast<std::size_t>(-1);

class Tokenizer {
 public:
  struct Options {
    /// Whether the post-processor's tokens ([CLS], [SEP], ...) are added. Static models want none.
    bool special_tokens = true;
    /// Whether `tokenizer_config.json` counts beside `tokenizer.json`, as it does for transformers.
    /// Static models read `tokenizer.json` alone.
    bool reads_config = true;
  };

  /// What encode() did with one text.
  struct Encoded {
    std::size_t count = 0;   ///< Ids appended, special tokens included.
    bool truncated = false;  ///< Whether the text had more tokens than were asked for.
  };

  virtual ~Tokenizer() = default;

  /// Reads `tokenizer.json` of the model folder `dir`, with the ends of texts that
  /// `tokenizer_config.json` adds where the model has a tokenizer of its own. Padding inside it is
  /// ignored, truncation only known (file_tokens_max). Where there is none: `vocab.txt`
  /// (WordPiece), `vocab.json` with `merges.txt` (byte-level BPE), or a SentencePiece model
  /// (`sentencepiece.bpe.model`, `spiece.model`, `tokenizer.model`), as `tokenizer_config.json`
  /// says. kNotFound: none is there. kCorruption, kInvalidArgument: a malformed file, with the
  /// field. kUnsupported: a step that we do not have, by its name; and of a
  /// `tokenizer_config.json` that counts, what contradicts `tokenizer.json`, and
  /// `truncation_side: left`, which cuts texts at their start.
  static Result<std::unique_ptr<Tokenizer>> load(const std::filesystem::path& dir,
                                                 const Options& options);

  /// The names of the files in `dir` that load() reads and that decide the ids; none where there is
  /// no tokenizer.
  static std::vector<std::string> files(const std::filesystem::path& dir);
  /// The same for a folder that is elsewhere: `is_there` says whether it has a file of this name.
  static std::vector<std::string> files(
      const std::function<bool(const std::string& name)>& is_there);

  /// Appends the ids of `text` to `*ids`, at most `tokens_max` (the special tokens are kept, the
  /// text's own tokens are cut at the end). Invalid UTF-8 bytes are read as U+FFFD. Stops reading
  /// the text once the limit is certain: the ids are those of truncation after the whole. REQUIRES:
  /// tokens_max >= special_count().
  virtual Encoded encode(std::string_view text, std::size_t tokens_max,
                         std::vector<TokenId>* ids) const = 0;

  /// How many special tokens encode() adds to each text.
  virtual std::size_t special_count() const = 0;

  /// The largest id that encode() can give.
  virtual TokenId id_max() const = 0;

  /// The id of the unknown token, where there is one; else the largest TokenId.
  virtual TokenId unknown_id() const = 0;

  /// Whether the model names its unknown token, as WordPiece does and BPE may: model2vec leaves
  /// such tokens out. Unigram only knows its id.
  virtual bool names_unknown() const = 0;

  /// The tokens that `tokenizer.json` itself leaves of a text (`truncation`), kNoTokenLimit where
  /// it does not cut. encode() leaves that to the caller: transformers sets limits of its own,
  /// static models have none but this.
  virtual std::size_t file_tokens_max() const = 0;

  /// The median length in characters of the vocabulary's tokens, as model2vec counts it (tokens
  /// sorted by their length in code points, the upper middle one).
  virtual std::size_t median_token_chars() const = 0;
};

}  // namespace colvec
