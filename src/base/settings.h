// Reads values of settings that people write (config.json, dataset.json), with errors that say what
// is allowed.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, beginning with where the value stands
// and with the value itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "colvec/error.h"
#include "colvec/policy.h"
#include "colvec/precision.h"

namespace colvec {

// Text that is not empty and has no NUL byte.
Status read_text(const Json& value, std::string* out);

// A whole number from `min` to `max`.
Status read_whole(const Json& value, std::uint64_t min, std::uint64_t max, std::size_t* out);

Status read_boolean(const Json& value, bool* out);

// A column name, or a list of 1 to 64 of them.
Status read_names(const Json& value, std::vector<std::string>* out);

// One of a few words, each with what it means.
template <typename Meaning, std::size_t N>
using Words = std::array<std::pair<std::string_view, Meaning>, N>;

template <typename Meaning, std::size_t N>
Status read_word(const Json& value, const Words<Meaning, N>& words, Meaning* out) {
  const std::string word = value.as_string().value_or("");
  std::string allowed;
  for (const auto& [name, meaning] : words) {
    if (word == name) {
      *out = meaning;
      return {};
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  return value.wrong("must be one of " + allowed);
}

// "skip", "keep" or "error".
Status read_policy(const Json& value, Policy* out);
// "auto", "f32", "bf16" or "int8".
Status read_precision(const Json& value, Precision* out);

// The error about a key that nobody knows, with the nearest of `known`.
tl::unexpected<Error> unknown_key(const std::string& where, std::string_view key,
                                  std::span<const std::string_view> known);

}  // namespace colvec
