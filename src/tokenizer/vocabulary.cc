#include "tokenizer/vocabulary.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/hash.h"

namespace colvec {
namespace {

constexpr std::size_t kCapacityMin = 16;

}  // namespace

std::size_t Vocabulary::slot_of(std::string_view token) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(fast_hash(token).low) & mask;
  while (slots_[slot] != 0 && text_of(entries_[slots_[slot] - 1]) != token)
    slot = (slot + 1) & mask;
  return slot;
}

void Vocabulary::grow(std::size_t capacity) {
  slots_.assign(capacity, 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) slots_[slot_of(text_of(entries_[i]))] = i + 1;
}

void Vocabulary::reserve(std::size_t count) {
  entries_.reserve(count);
  const std::size_t capacity = std::bit_ceil(std::max(2 * count, kCapacityMin));
  if (capacity > slots_.size()) grow(capacity);
}

void Vocabulary::set(std::string_view token, TokenId id) {
  COLVEC_CHECK(token.size() <= 0xFFFFFFFF);
  if (2 * (entries_.size() + 1) > slots_.size()) grow(std::max(2 * slots_.size(), kCapacityMin));
  ++entry_count_;
  const std::size_t slot = slot_of(token);
  if (slots_[slot] != 0) {
    entries_[slots_[slot] - 1].id = id;
    return;
  }
  entries_.push_back({text_.size(), static_cast<std::uint32_t>(token.size()), id});
  text_ += token;
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
}

std::optional<TokenId> Vocabulary::id_of(std::string_view token) const {
  if (entries_.empty()) return std::nullopt;
  const std::uint32_t found = slots_[slot_of(token)];
  if (found == 0) return std::nullopt;
  return entries_[found - 1].id;
}

Result<Vocabulary> parse_token_ids(const Json& model) {
  COLVEC_ASSIGN(const Json vocab, model.member("vocab"));
  return parse_tokens(vocab);
}

Result<Vocabulary> parse_tokens(const Json& vocab) {
  Vocabulary vocabulary;
  vocabulary.reserve(vocab.size());
  COLVEC_TRY(vocab.each([&](std::string_view token, const Json& value) -> Status {
    COLVEC_ASSIGN(const std::uint64_t id, value.as_unsigned());
    if (id > kTokenIdMax) return value.wrong("not a token id");
    vocabulary.set(token, static_cast<TokenId>(id));
    return {};
  }));
  return vocabulary;
}

}  // namespace colvec
