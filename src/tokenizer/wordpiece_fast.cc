// One pass over the bytes does all steps at once.
//
// Runs of ASCII letters and digits, most of most texts, are cut out by a table of bytes, made lower
// case in two registers and found whole in a hash table. All else goes, code point by code point,
// through the CharTable into a word that is being built. A word that is not found whole is cut
// greedily along a trie of the vocabulary, where tokens that continue a word begin at the node of
// "##". Added tokens are looked for only at bytes that can begin one. White space yields no ids
// whatever an added token's lstrip and rstrip say, so they need no work. The pass ends with the
// first id that is too many.
#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/utf8.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece_tables.h"

namespace colvec {
namespace {

// Reads `text` until it ends or more than `count_max` ids have been appended.
class Scan {
 public:
  Scan(const WordPieceTables& tables, std::string_view text, std::size_t count_max,
       std::vector<TokenId>* ids)
      : tables_(tables), text_(text), ids_(*ids), first_(ids->size()), count_max_(count_max) {}

  void run() {
    while (offset_ < text_.size() && !is_full()) {
      const unsigned char byte = byte_at(offset_);
      switch (tables_.byte_kinds[byte]) {
        case ByteKind::kAlnum:
          scan_alnum();
          break;
        case ByteKind::kSeparator:
          break_word();
          ++offset_;
          break;
        case ByteKind::kAlone:
          break_word();
          ids_.push_back(tables_.alone_ids[byte]);
          ++offset_;
          break;
        case ByteKind::kOther:
          scan_other();
          break;
      }
    }
    break_word();
  }

 private:
  // A place in the normalised text: the `part`-th character of what the code point at `offset`
  // becomes.
  struct Place {
    std::size_t offset = 0;
    std::size_t part = 0;
  };
  struct RawMatch {
    TokenId id;
    std::size_t end;
  };
  struct NormalizedMatch {
    TokenId id;
    Place end;
  };

  unsigned char byte_at(std::size_t offset) const {
    return static_cast<unsigned char>(text_[offset]);
  }
  bool is_full() const { return ids_.size() - first_ > count_max_; }

  void scan_alnum();
  void scan_other();
  void scan_expansion(CodePoint c, CharTable::Entry entry);
  std::optional<RawMatch> match_raw(std::size_t offset, std::size_t* blocked_until) const;
  std::optional<NormalizedMatch> match_normalized(Place start) const;
  bool is_isolated(std::size_t start, std::size_t end) const;

  void add_ascii(std::string_view run);
  void add_char(const NormalChar& c);
  void add_starter(char32_t value, CharClass kind);
  void flush_marks();
  void end_word();
  void break_word() {
    if (!marks_.empty()) flush_marks();
    if (word_chars_ > 0) end_word();
  }
  void emit_pieces(std::string_view word);

  const WordPieceTables& tables_;
  std::string_view text_;
  std::vector<TokenId>& ids_;
  std::size_t first_;
  std::size_t count_max_;

  std::size_t offset_ = 0;
  std::size_t blocked_until_ = 0;  // No raw token begins before this.

  // The word that is being built, normalised; only counted once it is longer than words may be.
  std::string word_;
  std::size_t word_chars_ = 0;
  CharClass word_kind_ = CharClass::kWord;
  std::vector<NormalChar> marks_;  // Non-starters that wait to be sorted behind it.
};

void Scan::scan_alnum() {
  const std::size_t start = offset_;
  std::size_t end = start + 1;
  while (end < text_.size() && tables_.byte_kinds[byte_at(end)] == ByteKind::kAlnum) ++end;
  offset_ = end;
  const std::string_view run = text_.substr(start, end - start);
  const bool ends_here =
      end == text_.size() || tables_.byte_kinds[byte_at(end)] != ByteKind::kOther;
  const bool is_whole_word = ends_here && word_chars_ == 0 && marks_.empty();
  if (!is_whole_word || run.size() > ShortWord::kBytesMax ||
      run.size() > tables_.options.word_chars_max) {
    add_ascii(run);
    return;
  }
  ShortWord word = start + ShortWord::kBytesMax <= text_.size()
                       ? ShortWord::from_bytes(run.data(), run.size())
                       : ShortWord::of(run);
  if (tables_.makes_lowercase) word = word.lowercase();
  const TokenId id = tables_.short_words.find(word);
  if (id != WordTable::kMissing) {
    ids_.push_back(id);
  } else {
    const std::uint64_t bytes[2] = {word.low, word.high};
    emit_pieces({reinterpret_cast<const char*>(bytes), word.size});
  }
}

void Scan::scan_other() {
  if (tables_.begins_raw_token[byte_at(offset_)]) {
    if (const auto match = match_raw(offset_, &blocked_until_)) {
      break_word();
      ids_.push_back(match->id);
      offset_ = match->end;
      return;
    }
  }
  const CodePoint c = decode_utf8(text_, offset_);
  const CharTable::Entry entry = tables_.chars.entry(c.value);
  switch (entry.kind()) {
    case CharTable::Kind::kSelf:
      add_starter(c.value, CharClass::kWord);
      break;
    case CharTable::Kind::kSelfAlone:
      add_starter(c.value, CharClass::kAlone);
      break;
    case CharTable::Kind::kSelfSymbol:
      add_starter(c.value, CharClass::kSymbol);
      break;
    case CharTable::Kind::kMapped:
      add_starter(CharTable::mapped(entry), CharClass::kWord);
      break;
    case CharTable::Kind::kRemoved:
      break;
    case CharTable::Kind::kSeparator:
      break_word();
      break;
    case CharTable::Kind::kExpansion:
      scan_expansion(c, entry);
      return;
  }
  offset_ += c.size;
}

// A normalised added token may begin and end between the characters of an expansion.
void Scan::scan_expansion(CodePoint c, CharTable::Entry entry) {
  std::size_t part = 0;
  for (;;) {
    const std::span<const NormalChar> chars = tables_.chars.expansion(entry);
    std::optional<NormalizedMatch> match;
    for (; part < chars.size(); ++part) {
      const char32_t value = chars[part].value;
      if (value < 0x80 && tables_.begins_normalized_token[value])
        match = match_normalized({offset_, part});
      if (match) break;
      add_char(chars[part]);
    }
    if (!match) {
      // An expansion without characters is a starter that was removed.
      offset_ += c.size;
      return;
    }
    break_word();
    ids_.push_back(match->id);
    offset_ = match->end.offset;
    part = match->end.part;
    if (part == 0) return;
    c = decode_utf8(text_, offset_);
    entry = tables_.chars.entry(c.value);
  }
}

// The longest added token that begins at `offset`. One that would have to be a word of its own and
// is not hides those that begin inside it.
std::optional<Scan::RawMatch> Scan::match_raw(std::size_t offset,
                                              std::size_t* blocked_until) const {
  if (offset < *blocked_until) return std::nullopt;
  std::uint32_t longest = Trie::kNoValue;
  std::size_t longest_end = offset;
  Trie::Node node = Trie::kRoot;
  for (std::size_t i = offset; i < text_.size(); ++i) {
    node = tables_.raw_tokens.step(node, byte_at(i));
    if (node == Trie::kNoNode) break;
    if (tables_.raw_tokens.value(node) == Trie::kNoValue) continue;
    longest = tables_.raw_tokens.value(node);
    longest_end = i + 1;
  }
  if (longest == Trie::kNoValue) return std::nullopt;
  const AddedToken& token = tables_.added_tokens[longest];
  if (token.single_word && !is_isolated(offset, longest_end)) {
    *blocked_until = longest_end;
    return std::nullopt;
  }
  return RawMatch{.id = token.id, .end = longest_end};
}

// The longest normalised added token that begins at `start`; a raw one ends the text that it may
// lie in.
std::optional<Scan::NormalizedMatch> Scan::match_normalized(Place start) const {
  std::optional<NormalizedMatch> longest;
  Trie::Node node = Trie::kRoot;
  std::size_t blocked_until = blocked_until_;
  std::size_t part = start.part;
  for (std::size_t offset = start.offset; offset < text_.size(); part = 0) {
    if (offset > start.offset && tables_.begins_raw_token[byte_at(offset)] &&
        match_raw(offset, &blocked_until))
      return longest;
    const CodePoint c = decode_utf8(text_, offset);
    const CharTable::Entry entry = tables_.chars.entry(c.value);
    const NormalChar self{
        .value = entry.kind() == CharTable::Kind::kMapped ? CharTable::mapped(entry) : c.value};
    std::span<const NormalChar> chars(&self, 1);
    if (entry.kind() == CharTable::Kind::kExpansion) chars = tables_.chars.expansion(entry);
    if (entry.kind() == CharTable::Kind::kRemoved) chars = {};
    for (; part < chars.size(); ++part) {
      if (chars[part].value == NormalChar::kRemovedStarter) continue;
      if (chars[part].value >= 0x80) return longest;
      node = tables_.normalized_tokens.step(node, static_cast<unsigned char>(chars[part].value));
      if (node == Trie::kNoNode) return longest;
      const std::uint32_t value = tables_.normalized_tokens.value(node);
      if (value == Trie::kNoValue) continue;
      const bool is_last = part + 1 == chars.size();
      longest = {.id = tables_.added_tokens[value].id,
                 .end = is_last ? Place{offset + c.size, 0} : Place{offset, part + 1}};
    }
    offset += c.size;
  }
  return longest;
}

bool Scan::is_isolated(std::size_t start, std::size_t end) const {
  const auto is_word_char = [](char32_t c) { return (properties_of(c) & kWordCharacter) != 0; };
  if (end < text_.size() && is_word_char(decode_utf8(text_, end).value)) return false;
  // The character before `start` is the valid one that ends there, if there is one.
  for (std::size_t size = 1; size <= std::min<std::size_t>(start, 4); ++size) {
    const CodePoint c = decode_utf8(text_, start - size);
    if (c.valid && c.size == size) return !is_word_char(c.value);
  }
  return true;
}

void Scan::add_ascii(std::string_view run) {
  if (!marks_.empty()) flush_marks();
  if (word_kind_ != CharClass::kWord) end_word();
  word_kind_ = CharClass::kWord;
  word_chars_ += run.size();
  if (word_chars_ > tables_.options.word_chars_max) return;
  for (const char c : run) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    word_ += is_upper && tables_.makes_lowercase ? static_cast<char>(c + ('a' - 'A')) : c;
  }
}

void Scan::add_char(const NormalChar& c) {
  if (c.value == NormalChar::kRemovedStarter) {
    flush_marks();
  } else if (c.combining == 0) {
    add_starter(c.value, c.kind);
  } else {
    marks_.push_back(c);
    // Of more marks than a word may have characters, the order does not matter.
    const std::size_t count_max = tables_.options.word_chars_max;
    if (marks_.size() == count_max + 1 &&
        std::all_of(marks_.begin(), marks_.end(),
                    [](const NormalChar& m) { return m.kind == CharClass::kWord; }))
      flush_marks();
  }
}

void Scan::add_starter(char32_t value, CharClass kind) {
  if (!marks_.empty()) flush_marks();
  if (kind != word_kind_ || kind == CharClass::kAlone) end_word();
  if (kind == CharClass::kSeparator) return;
  word_kind_ = kind;
  if (++word_chars_ <= tables_.options.word_chars_max) append_utf8(value, &word_);
  if (kind == CharClass::kAlone) end_word();
}

void Scan::flush_marks() {
  std::vector<NormalChar> marks;
  marks.swap(marks_);
  std::stable_sort(marks.begin(), marks.end(), [](const NormalChar& a, const NormalChar& b) {
    return a.combining < b.combining;
  });
  for (const NormalChar& mark : marks) add_starter(mark.value, mark.kind);
}

void Scan::end_word() {
  if (word_chars_ == 0) return;
  if (word_chars_ > tables_.options.word_chars_max) {
    ids_.push_back(tables_.options.unknown_id);
  } else {
    TokenId id = WordTable::kMissing;
    if (word_.size() <= ShortWord::kBytesMax) id = tables_.short_words.find(ShortWord::of(word_));
    if (id != WordTable::kMissing) {
      ids_.push_back(id);
    } else {
      emit_pieces(word_);
    }
  }
  word_.clear();
  word_chars_ = 0;
}

// The longest token that begins the word, then the longest that continues it, and so on; where
// nothing does, the whole word is unknown.
void Scan::emit_pieces(std::string_view word) {
  const std::size_t count_before = ids_.size();
  const Trie& vocabulary = tables_.vocabulary;
  Trie::Node start = Trie::kRoot;
  for (std::size_t done = 0; done < word.size();) {
    std::uint32_t longest = Trie::kNoValue;
    std::size_t longest_end = done;
    Trie::Node node = start;
    for (std::size_t i = done; i < word.size() && node != Trie::kNoNode;) {
      node = vocabulary.step(node, static_cast<unsigned char>(word[i++]));
      if (node == Trie::kNoNode || vocabulary.value(node) == Trie::kNoValue) continue;
      longest = vocabulary.value(node);
      longest_end = i;
    }
    if (longest == Trie::kNoValue) {
      ids_.resize(count_before);
      ids_.push_back(tables_.options.unknown_id);
      return;
    }
    ids_.push_back(longest);
    done = longest_end;
    start = tables_.continuation;
  }
}

class FastWordPiece final : public Tokenizer {
 public:
  FastWordPiece(const TokenizerSpec& spec, WordPieceOptions options)
      : tables_(spec, std::move(options)) {}

  Encoded encode(std::string_view text, std::size_t tokens_max,
                 std::vector<TokenId>* ids) const override {
    COLVEC_CHECK(tokens_max >= special_count());
    const std::size_t count_max = tokens_max - special_count();
    const SpecialTokens& special = tables_.special_tokens;
    ids->insert(ids->end(), special.before.begin(), special.before.end());
    const std::size_t first = ids->size();
    Scan(tables_, text, count_max, ids).run();
    const bool truncated = ids->size() - first > count_max;
    if (truncated) ids->resize(first + count_max);
    const std::size_t count = ids->size() - first + special_count();
    ids->insert(ids->end(), special.after.begin(), special.after.end());
    return {.count = count, .truncated = truncated};
  }

  std::size_t special_count() const override {
    return tables_.special_tokens.before.size() + tables_.special_tokens.after.size();
  }
  TokenId id_max() const override { return tables_.facts.id_max; }
  TokenId unknown_id() const override { return tables_.facts.unknown_id; }
  bool names_unknown() const override { return tables_.facts.names_unknown; }
  std::size_t file_tokens_max() const override { return tables_.facts.file_tokens_max; }
  std::size_t median_token_chars() const override { return tables_.facts.median_token_chars; }

 private:
  WordPieceTables tables_;
};

}  // namespace

bool is_fast_wordpiece(const TokenizerSpec& spec) {
  // Without a pre-tokenizer white space is a part of words.
  if (spec.pre_tokenizer.size() != 1 || !CharTable::serves(spec.normalizer)) return false;
  const PreTokenizerKind kind = spec.pre_tokenizer[0].kind;
  if (kind != PreTokenizerKind::kBert && kind != PreTokenizerKind::kWhitespace &&
      kind != PreTokenizerKind::kWhitespaceSplit)
    return false;
  const std::vector<std::string> normalized = normalized_patterns(spec);
  for (std::size_t i = 0; i < normalized.size(); ++i) {
    const AddedToken& token = spec.added_tokens[i];
    // An invalid byte of the text is no U+FFFD for the trie of raw tokens.
    if (!token.normalized && token.content.find("\xEF\xBF\xBD") != std::string::npos) return false;
    if (!token.normalized) continue;
    const bool is_plain = std::all_of(normalized[i].begin(), normalized[i].end(),
                                      [](char c) { return c > ' ' && c < 0x7F; });
    if (!is_plain || token.single_word) return false;
  }
  return true;
}

std::unique_ptr<Tokenizer> make_fast_wordpiece(const TokenizerSpec& spec,
                                               WordPieceOptions options) {
  COLVEC_CHECK(is_fast_wordpiece(spec));
  return std::make_unique<FastWordPiece>(spec, std::move(options));
}

}  // namespace colvec
