// Maps tokens to ids, as a model's file lists them.
//
// Thread-safety: immutable once filled.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/json.h"
#include "colvec/tokenizer.h"

namespace colvec {

// Ids index the rows of a table in memory: no model comes near this many.
inline constexpr std::uint64_t kTokenIdMax = 1u << 30;

class Vocabulary {
 public:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const {
      return std::hash<std::string_view>()(token);
    }
  };
  using Ids = std::unordered_map<std::string, TokenId, Hash, std::equal_to<>>;

  void reserve(std::size_t count) { ids_.reserve(count); }
  // Gives `token` the id `id`, in place of one that it had.
  void set(std::string_view token, TokenId id) {
    ids_.insert_or_assign(std::string(token), id);
    ++entry_count_;
  }

  std::optional<TokenId> id_of(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  std::size_t size() const { return ids_.size(); }
  // How often set() was called: a token that comes twice in a list counts twice.
  std::size_t entry_count() const { return entry_count_; }
  const Ids& ids() const { return ids_; }

 private:
  Ids ids_;
  std::size_t entry_count_ = 0;
};

// Reads an object of tokens and their ids, or the one that is `model.vocab`. kInvalidArgument for a
// wrong id.
Result<Vocabulary> parse_tokens(const Json& vocab);
Result<Vocabulary> parse_token_ids(const Json& model);

}  // namespace colvec
