// Makes small weight files and folders for tests.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/safetensors.h"
#include "temporary_folder.h"

namespace colvec {

// The bytes of a file with this header (the JSON as it is) and this data.
std::string raw_safetensors(std::string_view header, std::string_view data);

struct FloatTensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
};
// A well-formed file of F32 tensors.
std::string float_safetensors(const std::vector<FloatTensor>& tensors);

std::span<const std::byte> bytes_of_text(std::string_view text);

// The parsed text; stops the program where it is not JSON.
Json json_of(std::string_view text, std::string where = "config.json");

// The object `base` with `key` replaced by `value` (JSON), or left out where that is "".
Json patched(std::string_view base, std::string_view key, std::string_view value);

// A change of a good config.json, and what its refusal must say.
struct BadConfig {
  const char* key;
  const char* value;
  const char* expected;
};

// `parse` takes `base`, and refuses each change of it with its reason.
void expect_refusals(std::string_view base, std::span<const BadConfig> cases,
                     const std::function<Status(const Json&)>& parse);

}  // namespace colvec
