#include "tokenizer/wordpiece_tables.h"

#include <algorithm>

namespace colvec {
namespace {

Trie trie_of(const std::vector<std::string>& patterns) {
  std::vector<std::pair<std::string_view, std::uint32_t>> keys;
  for (std::size_t i = 0; i < patterns.size(); ++i)
    keys.emplace_back(patterns[i], static_cast<std::uint32_t>(i));
  return Trie(std::move(keys));
}

// The characters that begin one of `patterns`.
std::string first_bytes(const std::vector<std::string>& patterns) {
  std::string bytes;
  for (const std::string& pattern : patterns)
    if (!pattern.empty()) bytes += pattern[0];
  return bytes;
}

// Tokens longer than any word that is looked up are left out: they are never found.
Trie vocabulary_trie(const Vocabulary& vocabulary, const WordPieceOptions& options) {
  constexpr std::size_t kBytesOfCharMax = 4;
  const std::size_t bytes_max =
      options.word_chars_max * kBytesOfCharMax + options.continuing_prefix.size();
  std::vector<std::pair<std::string_view, std::uint32_t>> keys;
  keys.reserve(vocabulary.size());
  for (const auto& [token, id] : vocabulary.ids())
    if (token.size() <= bytes_max) keys.emplace_back(token, id);
  return Trie(std::move(keys));
}

// Tokens with the prefix are left to the trie: few words begin like that.
WordTable short_word_table(const Vocabulary& vocabulary, const WordPieceOptions& options) {
  std::vector<std::pair<ShortWord, TokenId>> words;
  for (const auto& [token, id] : vocabulary.ids()) {
    if (token.empty() || token.size() > ShortWord::kBytesMax) continue;
    if (!options.continuing_prefix.empty() && token.starts_with(options.continuing_prefix))
      continue;
    words.emplace_back(ShortWord::of(token), id);
  }
  WordTable table(words.size());
  for (const auto& [word, id] : words) table.add(word, id);
  return table;
}

}  // namespace

std::vector<std::string> normalized_patterns(const TokenizerSpec& spec) {
  std::vector<std::string> patterns;
  for (const AddedToken& token : spec.added_tokens) {
    patterns.push_back(token.normalized ? normalized_content(spec.normalizer, token) : "");
  }
  return patterns;
}

std::vector<std::string> raw_patterns(const TokenizerSpec& spec) {
  std::vector<std::string> patterns;
  for (const AddedToken& token : spec.added_tokens)
    patterns.push_back(token.normalized ? std::string() : token.content);
  return patterns;
}

WordPieceTables::WordPieceTables(const TokenizerSpec& spec, WordPieceOptions model_options)
    : options(std::move(model_options)),
      facts(facts_of(spec)),
      special_tokens(spec.special_tokens),
      added_tokens(spec.added_tokens),
      raw_tokens(trie_of(raw_patterns(spec))),
      normalized_tokens(trie_of(normalized_patterns(spec))),
      chars(spec.normalizer, spec.pre_tokenizer.at(0).kind, first_bytes(normalized_patterns(spec))),
      vocabulary(vocabulary_trie(spec.vocabulary, options)),
      continuation(vocabulary.walk(Trie::kRoot, options.continuing_prefix)),
      short_words(short_word_table(spec.vocabulary, options)) {
  facts.unknown_id = options.unknown_id;
  for (const char c : first_bytes(raw_patterns(spec)))
    begins_raw_token[static_cast<unsigned char>(c)] = true;
  for (const char c : first_bytes(normalized_patterns(spec)))
    begins_normalized_token[static_cast<unsigned char>(c)] = true;
  fill_bytes();
}

void WordPieceTables::fill_bytes() {
  makes_lowercase = chars.entry(U'A').kind() == CharTable::Kind::kMapped;
  const auto is_alnum = [&](unsigned char byte) {
    const bool is_upper = byte >= 'A' && byte <= 'Z';
    const bool is_lower_or_digit = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
    const CharTable::Entry entry = chars.entry(byte);
    if (is_upper && makes_lowercase)
      return entry.kind() == CharTable::Kind::kMapped &&
             CharTable::mapped(entry) == byte + char32_t{'a' - 'A'};
    return (is_upper || is_lower_or_digit) && entry.kind() == CharTable::Kind::kSelf;
  };
  byte_kinds.fill(ByteKind::kOther);
  alone_ids.fill(options.unknown_id);
  for (unsigned char byte = 0; byte < 0x80; ++byte) {
    if (begins_raw_token[byte]) continue;
    const CharTable::Kind kind = chars.entry(byte).kind();
    if (kind == CharTable::Kind::kSeparator) byte_kinds[byte] = ByteKind::kSeparator;
    if (kind == CharTable::Kind::kSelfAlone) {
      byte_kinds[byte] = ByteKind::kAlone;
      const Trie::Node node = vocabulary.step(Trie::kRoot, byte);
      if (node != Trie::kNoNode && vocabulary.value(node) != Trie::kNoValue &&
          options.word_chars_max > 0)
        alone_ids[byte] = vocabulary.value(node);
    }
    if (is_alnum(byte)) byte_kinds[byte] = ByteKind::kAlnum;
  }
}

}  // namespace colvec
