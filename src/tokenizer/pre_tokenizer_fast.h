// Splits UTF-8 text into words, without copies where no step changes the text.
//
// Gives what split_words() of pre_tokenizer.h gives; the last step's bytes are left as they are
// where the plain one writes them as characters.
//
// Thread-safety: immutable; buffers are the caller's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/pre_tokenizer.h"

namespace colvec {

class FastPreTokenizer {
 public:
  // A part of a text, not empty. Where settled < text.size(), the text goes on behind the piece,
  // and only its first `settled` bytes are sure.
  struct Piece {
    std::string_view text;
    std::size_t settled = 0;
    bool is_first = false;  // Whether it begins where the whole text does.
  };

  // Takes the words, one by one, in order.
  class Words {
   public:
    virtual ~Words() = default;
    // The arguments are those of FastModel::append_ids(). False: no more words are wanted.
    virtual bool take(std::string_view word, std::size_t settled) = 0;
  };

  // One string for each step, for text that it changes.
  using Buffers = std::vector<std::string>;

  explicit FastPreTokenizer(PreTokenizer steps) : steps_(std::move(steps)) {}

  // Splits `piece` into words; a word that is not settled is the last. False: stopped by `words`,
  // or by such a word.
  bool split(const Piece& piece, Buffers* buffers, Words* words) const;

 private:
  class Splitter;
  PreTokenizer steps_;
};

}  // namespace colvec
