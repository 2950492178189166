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

#include "colvec/tokenizer.h"

namespace colvec {

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
  void set(std::string_view token, TokenId id) { ids_.insert_or_assign(std::string(token), id); }

  std::optional<TokenId> id_of(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  std::size_t size() const { return ids_.size(); }
  const Ids& ids() const { return ids_; }

 private:
  Ids ids_;
};

}  // namespace colvec
