// The plain implementation, step by step as the format describes it: find added tokens in the raw
// text, normalise what lies between them, find the normalised added tokens, split into words, cut
// each word greedily, and truncate at the end.
#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece.h"

namespace colvec {
namespace {

bool is_word_char(char32_t c) { return (properties_of(c) & kWordCharacter) != 0; }
bool is_space(char32_t c) { return (properties_of(c) & kWhitespace) != 0; }

// A part of the text: an added token, or what lies between two.
struct Piece {
  std::u32string_view text;
  const AddedToken* token = nullptr;
};

// Finds added tokens: the leftmost match, the longest of those that begin there.
class Matcher {
 public:
  void add(std::u32string content, const AddedToken* token) {
    if (content.empty()) return;
    std::vector<Pattern>& patterns = by_first_[content.front()];
    // Where two contents are the same, the earlier one counts.
    for (const Pattern& pattern : patterns)
      if (pattern.content == content) return;
    const auto before = std::find_if(patterns.begin(), patterns.end(), [&](const Pattern& other) {
      return other.content.size() < content.size();
    });
    patterns.insert(before, {std::move(content), token});
  }

  // All of `text`, cut at the added tokens.
  std::vector<Piece> split(std::u32string_view text) const {
    std::vector<Piece> pieces;
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size();) {
      const Pattern* pattern = longest_at(text, i);
      if (pattern == nullptr) {
        ++i;
        continue;
      }
      std::size_t start = i;
      std::size_t end = i + pattern->content.size();
      i = end;
      const AddedToken& token = *pattern->token;
      if (token.single_word && ((start > 0 && is_word_char(text[start - 1])) ||
                                (end < text.size() && is_word_char(text[end]))))
        continue;
      if (token.lstrip)
        while (start > done && is_space(text[start - 1])) --start;
      if (token.rstrip)
        while (end < text.size() && is_space(text[end])) ++end;
      if (done < start) pieces.push_back({text.substr(done, start - done), nullptr});
      pieces.push_back({{}, &token});
      done = end;
    }
    if (done < text.size()) pieces.push_back({text.substr(done), nullptr});
    return pieces;
  }

 private:
  struct Pattern {
    std::u32string content;
    const AddedToken* token;
  };

  const Pattern* longest_at(std::u32string_view text, std::size_t i) const {
    const auto found = by_first_.find(text[i]);
    if (found == by_first_.end()) return nullptr;
    for (const Pattern& pattern : found->second)
      if (text.substr(i).starts_with(pattern.content)) return &pattern;
    return nullptr;
  }

  std::unordered_map<char32_t, std::vector<Pattern>> by_first_;
};

class ReferenceWordPiece final : public Tokenizer {
 public:
  ReferenceWordPiece(TokenizerSpec spec, WordPieceOptions options)
      : spec_(std::move(spec)), options_(std::move(options)), facts_(facts_of(spec_)) {
    facts_.unknown_id = options_.unknown_id;
    for (const auto& [token, id] : spec_.vocabulary.ids())
      token_bytes_max_ = std::max(token_bytes_max_, token.size());
    for (const AddedToken& token : spec_.added_tokens) {
      const std::u32string content = decode_utf32(token.content);
      if (token.normalized) {
        normalized_.add(normalize(spec_.normalizer, content), &token);
      } else {
        raw_.add(content, &token);
      }
    }
  }

  Encoded encode(std::string_view text, std::size_t tokens_max,
                 std::vector<TokenId>* ids) const override {
    COLVEC_CHECK(tokens_max >= special_count());
    std::vector<TokenId> found;
    const std::u32string decoded = decode_utf32(text);
    for (const Piece& piece : raw_.split(decoded)) {
      if (piece.token != nullptr) {
        found.push_back(piece.token->id);
      } else {
        encode_segment(normalize(spec_.normalizer, piece.text), &found);
      }
    }
    const std::size_t room = tokens_max - special_count();
    const Encoded encoded{.count = std::min(found.size(), room) + special_count(),
                          .truncated = found.size() > room};
    found.resize(std::min(found.size(), room));
    const auto append = [&](const std::vector<TokenId>& part) {
      ids->insert(ids->end(), part.begin(), part.end());
    };
    append(spec_.special_tokens.before);
    append(found);
    append(spec_.special_tokens.after);
    return encoded;
  }

  std::size_t special_count() const override {
    return spec_.special_tokens.before.size() + spec_.special_tokens.after.size();
  }
  TokenId id_max() const override { return facts_.id_max; }
  TokenId unknown_id() const override { return facts_.unknown_id; }
  std::size_t median_token_chars() const override { return facts_.median_token_chars; }

 private:
  void encode_segment(const std::u32string& text, std::vector<TokenId>* ids) const {
    for (const Piece& piece : normalized_.split(text)) {
      if (piece.token != nullptr) {
        ids->push_back(piece.token->id);
        continue;
      }
      for (const std::u32string_view word : split_words(spec_.pre_tokenizer, piece.text))
        encode_word(word, ids);
    }
  }

  void encode_word(std::u32string_view word, std::vector<TokenId>* ids) const {
    const std::size_t count_before = ids->size();
    if (word.size() <= options_.word_chars_max && append_pieces(word, ids)) return;
    ids->resize(count_before);
    ids->push_back(options_.unknown_id);
  }

  // Whether all of `word` could be cut into tokens.
  bool append_pieces(std::u32string_view word, std::vector<TokenId>* ids) const {
    for (std::size_t start = 0; start < word.size();) {
      std::size_t end = std::min(word.size(), start + token_bytes_max_);
      std::optional<TokenId> id;
      for (; end > start; --end) {
        const std::string piece = encode_utf32(word.substr(start, end - start));
        id = spec_.vocabulary.id_of(start == 0 ? piece : options_.continuing_prefix + piece);
        if (id) break;
      }
      if (!id) return false;
      ids->push_back(*id);
      start = end;
    }
    return true;
  }

  TokenizerSpec spec_;
  WordPieceOptions options_;
  TokenizerFacts facts_;
  std::size_t token_bytes_max_ = 0;
  Matcher raw_;
  Matcher normalized_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_reference_wordpiece(TokenizerSpec spec, WordPieceOptions options) {
  return std::make_unique<ReferenceWordPiece>(std::move(spec), std::move(options));
}

}  // namespace colvec
