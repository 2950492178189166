// Steps call one another: each finds the end of its next part, and hands it to the next step before
// it looks for more.
#include "tokenizer/pre_tokenizer_fast.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/unicode.h"
#include "tokenizer/utf8_reader.h"

namespace colvec {

class FastPreTokenizer::Splitter {
 public:
  Splitter(const PreTokenizer& steps, Buffers* buffers, Words* words)
      : steps_(steps), buffers_(*buffers), words_(*words) {}

  // Runs the steps from `index` on. False: no more.
  bool run(std::size_t index, const Piece& piece) {
    if (index == steps_.size()) return words_.take(piece.text, piece.settled);
    const PreTokenizerStep& step = steps_[index];
    switch (step.kind) {
      case PreTokenizerKind::kNone:
        return run(index + 1, piece);
      case PreTokenizerKind::kWhitespaceSplit:
      case PreTokenizerKind::kBert:
      case PreTokenizerKind::kWhitespace:
        return split_classes(index, piece);
      case PreTokenizerKind::kMetaspace:
        return step.splits ? split_metaspace(index, piece) : replace_blanks(index, piece);
      case PreTokenizerKind::kByteLevel:
        return split_bytes(index, piece);
      case PreTokenizerKind::kSplit:
        if (step.text.empty() && step.behavior == SplitBehavior::kIsolated)
          return split_pattern(index, piece, step.pattern);
        return split_matches(index, piece);
      case PreTokenizerKind::kDigits:
      case PreTokenizerKind::kPunctuation:
        return split_matches(index, piece);
    }
    return false;
  }

 private:
  // The part [begin, end) of a piece; whether it separates others.
  struct Match {
    std::size_t begin;
    std::size_t end;
    bool is_separator;
  };

  // Hands the part [begin, end) of `piece` to the next step.
  bool pass_on(std::size_t index, const Piece& piece, std::size_t begin, std::size_t end) {
    if (begin == end) return true;
    const bool is_whole = piece.settled == piece.text.size();
    if (!is_whole && begin >= piece.settled) return false;
    const Piece part{.text = piece.text.substr(begin, end - begin),
                     .settled = std::min(end, piece.settled) - begin,
                     .is_first = piece.is_first && begin == 0};
    return run(index + 1, part);
  }

  bool split_classes(std::size_t index, const Piece& piece) {
    const std::string_view text = piece.text;
    const PreTokenizerKind kind = steps_[index].kind;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t begin = i;
      const CharClass found = class_at(kind, text, &i);
      if (found == CharClass::kSeparator) continue;
      while (found != CharClass::kAlone && i < text.size()) {
        std::size_t next = i;
        if (class_at(kind, text, &next) != found) break;
        i = next;
      }
      if (!pass_on(index, piece, begin, i)) return false;
    }
    return true;
  }

  // Of the character at `*i`, which moves behind it.
  CharClass class_at(PreTokenizerKind kind, std::string_view text, std::size_t* i) const {
    const auto byte = static_cast<unsigned char>(text[*i]);
    if (byte < 0x80 && kind == PreTokenizerKind::kWhitespaceSplit) {
      ++*i;
      return byte == ' ' || (byte >= 9 && byte <= 13) ? CharClass::kSeparator : CharClass::kWord;
    }
    const char32_t c = char_at(text, *i);
    *i += char_size(byte);
    return char_class(kind, c);
  }

  bool split_pattern(std::size_t index, const Piece& piece, SplitPattern pattern) {
    for (std::size_t i = 0; i < piece.text.size();) {
      const std::size_t end = match_end_utf8(pattern, piece.text, i);
      if (!pass_on(index, piece, i, end)) return false;
      i = end;
    }
    return true;
  }

  bool split_bytes(std::size_t index, const Piece& piece) {
    const PreTokenizerStep& step = steps_[index];
    Piece whole = piece;
    if (step.adds_blank && piece.text[0] != ' ') {
      std::string& buffer = buffers_[index];
      buffer.assign(1, ' ').append(piece.text);
      whole.text = buffer;
      if (piece.settled > 0) ++whole.settled;
    }
    if (!step.has_pattern) return run(index + 1, whole);
    return split_pattern(index, whole, SplitPattern::kGpt2);
  }

  bool may_prepend(const PreTokenizerStep& step, const Piece& piece) const {
    return step.prepend == PrependScheme::kAlways ||
           (step.prepend == PrependScheme::kFirst && piece.is_first);
  }

  // The size of the blank or replacement at `i`; 0 where there is none.
  static std::size_t mark_size(std::string_view text, std::size_t i, std::string_view mark) {
    if (i >= text.size()) return 0;
    if (text[i] == ' ') return 1;
    return text[i] == mark[0] && text.substr(i).starts_with(mark) ? mark.size() : 0;
  }

  // Metaspace: a word is a mark and what follows it up to the next one.
  bool split_metaspace(std::size_t index, const Piece& piece) {
    const PreTokenizerStep& step = steps_[index];
    const std::string mark = encode_utf32(std::u32string_view(&step.replacement, 1));
    const std::string_view text = piece.text;
    const bool is_whole = piece.settled == text.size();
    std::string& buffer = buffers_[index];
    for (std::size_t i = 0; i < text.size();) {
      if (!is_whole && i >= piece.settled) return false;
      const std::size_t begin = i;
      const std::size_t found = mark_size(text, i, mark);
      const bool has_mark = found > 0 || (i == 0 && may_prepend(step, piece));
      i += found;
      const std::size_t body = i;
      while (i < text.size() && mark_size(text, i, mark) == 0) ++i;
      // A mark that follows a mark, or that ends the text, stands alone: nothing to do for it.
      buffer.assign(has_mark ? mark : "").append(text.substr(body, i - body));
      const std::size_t added = buffer.size() - (i - begin);
      std::size_t settled = std::min(i, piece.settled) - begin;
      settled = i > piece.settled ? std::min(settled + added, buffer.size() - 1) : buffer.size();
      const Piece part{
          .text = buffer, .settled = settled, .is_first = piece.is_first && begin == 0};
      if (!run(index + 1, part)) return false;
    }
    return true;
  }

  // Metaspace without a split.
  bool replace_blanks(std::size_t index, const Piece& piece) {
    const PreTokenizerStep& step = steps_[index];
    const std::string mark = encode_utf32(std::u32string_view(&step.replacement, 1));
    std::string& buffer = buffers_[index];
    buffer.clear();
    if (may_prepend(step, piece) && mark_size(piece.text, 0, mark) == 0) buffer = mark;
    std::size_t settled = piece.settled == 0 ? 0 : buffer.size();
    for (std::size_t i = 0; i < piece.text.size(); ++i) {
      if (piece.text[i] == ' ') {
        buffer += mark;
      } else {
        buffer += piece.text[i];
      }
      if (i + 1 == piece.settled) settled = buffer.size();
    }
    return run(index + 1, {.text = buffer, .settled = settled, .is_first = piece.is_first});
  }

  bool split_matches(std::size_t index, const Piece& piece) {
    const PreTokenizerStep& step = steps_[index];
    const std::vector<Match> matches = find_matches(step, piece.text);
    for (std::size_t k = 0; k < matches.size();) {
      const std::size_t first = k++;
      const bool is_separator = matches[first].is_separator;
      if (step.behavior == SplitBehavior::kRemoved && is_separator) continue;
      if (joins_next(step.behavior, matches, first)) do
          ++k;
        while (step.behavior == SplitBehavior::kContiguous &&
               joins_next(step.behavior, matches, k - 1));
      if (!pass_on(index, piece, matches[first].begin, matches[k - 1].end)) return false;
    }
    return true;
  }

  // Whether match `k`, which begins a part, goes on with the next.
  static bool joins_next(SplitBehavior behavior, const std::vector<Match>& matches, std::size_t k) {
    if (k + 1 == matches.size()) return false;
    const bool is_separator = matches[k].is_separator;
    const bool next_is_separator = matches[k + 1].is_separator;
    switch (behavior) {
      case SplitBehavior::kMergedWithPrevious:
        return !is_separator && next_is_separator;
      case SplitBehavior::kMergedWithNext:
        return is_separator && !next_is_separator;
      case SplitBehavior::kContiguous:
        return is_separator == next_is_separator;
      default:
        return false;
    }
  }

  static std::vector<Match> find_matches(const PreTokenizerStep& step, std::string_view text) {
    std::vector<Match> matches;
    std::size_t done = 0;
    const auto add = [&](std::size_t begin, std::size_t end) {
      if (done < begin) matches.push_back({done, begin, step.is_inverted});
      if (begin < end) matches.push_back({begin, end, !step.is_inverted});
      done = end;
    };
    if (step.kind == PreTokenizerKind::kSplit && !step.text.empty()) {
      const std::string part = encode_utf32(step.text);
      for (std::size_t i = text.find(part); i != std::string_view::npos;
           i = text.find(part, i + part.size()))
        add(i, i + part.size());
    } else if (step.kind == PreTokenizerKind::kSplit) {
      while (done < text.size()) add(done, match_end_utf8(step.pattern, text, done));
    } else {
      const Property property = step.kind == PreTokenizerKind::kDigits ? kNumeric : kPunctuation;
      for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = i + char_size(static_cast<unsigned char>(text[i]));
        if ((properties_of(char_at(text, i)) & property) != 0) add(i, end);
        i = end;
      }
    }
    add(text.size(), text.size());
    return matches;
  }

  const PreTokenizer& steps_;
  Buffers& buffers_;
  Words& words_;
};

bool FastPreTokenizer::split(const Piece& piece, Buffers* buffers, Words* words) const {
  if (buffers->size() < steps_.size()) buffers->resize(steps_.size());
  return Splitter(steps_, buffers, words).run(0, piece);
}

}  // namespace colvec
