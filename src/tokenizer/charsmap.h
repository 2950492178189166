// Maps characters as SentencePiece does: the `precompiled_charsmap` of tokenizer.json's normaliser
// Precompiled and of SentencePiece's own files.
//
// The file: the size in bytes of a double array (32-bit little-endian), the double array, whose
// keys are texts and whose values are offsets, and then the replacements, each ended by a zero
// byte. The reference looks up grapheme clusters of up to 5 bytes, and of those the shortest key
// that begins them; it replaces the whole cluster by what that key becomes. Clusters that are
// longer, or that no key begins, are looked up character by character.
//
// Thread-safety: immutable.
// Errors: kInvalidArgument for a map that contradicts itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

class Charsmap {
 public:
  // Reads the bytes of a file; they are not trusted.
  static Result<Charsmap> parse(std::string_view bytes);

  // Whether a key begins with `byte`.
  bool begins_key(unsigned char byte) const;

  // What the shortest key that begins `text` becomes; nullopt where none does.
  std::optional<std::string_view> find(std::string_view text) const;

 private:
  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

// Clusters of this many bytes are looked up as a whole.
inline constexpr std::size_t kClusterBytesMax = 5;

}  // namespace colvec
