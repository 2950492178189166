// Maps tokens to ids, as a model's file lists them.
//
// The tokens lie end to end in one string; a table of open addressing finds them.
//
// Thread-safety: immutable once filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {

// Ids index the rows of a table in memory: no model comes near this many.
inline constexpr std::uint64_t kTokenIdMax = 1u << 30;

class Vocabulary {
  struct Entry {
    std::size_t offset;
    std::uint32_t size;
    TokenId id;
  };

 public:
  // Walks over tokens and their ids, each token once, in the order in which they came.
  class Ids {
   public:
    class Iterator {
     public:
      Iterator(const Vocabulary* vocabulary, std::size_t index)
          : vocabulary_(vocabulary), index_(index) {}
      std::pair<std::string_view, TokenId> operator*() const {
        const Entry& entry = vocabulary_->entries_[index_];
        return {vocabulary_->text_of(entry), entry.id};
      }
      Iterator& operator++() {
        ++index_;
        return *this;
      }
      bool operator!=(const Iterator& other) const { return index_ != other.index_; }

     private:
      const Vocabulary* vocabulary_;
      std::size_t index_;
    };

    explicit Ids(const Vocabulary* vocabulary) : vocabulary_(vocabulary) {}
    Iterator begin() const { return {vocabulary_, 0}; }
    Iterator end() const { return {vocabulary_, vocabulary_->size()}; }

   private:
    const Vocabulary* vocabulary_;
  };

  void reserve(std::size_t count);
  // Gives `token` the id `id`, in place of one that it had. REQUIRES: shorter than 4 GB.
  void set(std::string_view token, TokenId id);

  std::optional<TokenId> id_of(std::string_view token) const;
  std::size_t size() const { return entries_.size(); }
  // How often set() was called: a token that comes twice in a list counts twice.
  std::size_t entry_count() const { return entry_count_; }
  Ids ids() const { return Ids(this); }

 private:
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(text_).substr(entry.offset, entry.size);
  }
  // The slot of `token`, or the free one where it would be. REQUIRES: !slots_.empty().
  std::size_t slot_of(std::string_view token) const;
  void grow(std::size_t capacity);

  std::string text_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // Indexes of entries_ plus 1; 0 is free.
  std::size_t entry_count_ = 0;
};

// Reads an object of tokens and their ids, or the one that is `model.vocab`. kInvalidArgument for a
// wrong id.
Result<Vocabulary> parse_tokens(const Json& vocab);
Result<Vocabulary> parse_token_ids(const Json& model);

}  // namespace colvec
