// Names what decides a vector: the SHA-256 of a JSON text that lists it.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "model/weights.h"

namespace colvec {

// {"model.safetensors":"<64 hex digits>"}. Cost: reads the files.
std::string weight_checksums(const Weights& weights);

// The same for the files that Tokenizer::load(dir) reads.
Result<std::string> tokenizer_checksums(const std::filesystem::path& dir);

// A JSON object of `members`, whose values are JSON already, in their order.
using JsonMembers = std::vector<std::pair<std::string_view, std::string>>;
std::string json_object(const JsonMembers& members);

// Fills made_of, fingerprint and dimension of `info`. A vector that is cut short (to `dimension`)
// names the fingerprint of the whole as its base; its `made_of` holds that of the base.
void set_fingerprint(std::string made_of, std::size_t own_dimension, std::size_t dimension,
                     EncoderInfo* info);

}  // namespace colvec
