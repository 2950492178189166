// The lists of texts that the JSON of many commands has.
#pragma once

#include <string>
#include <vector>

#include "colvec/json_writer.h"

namespace colvec::cli {

void write_texts(const std::vector<std::string>& texts, JsonWriter* json);

}  // namespace colvec::cli
