// Reads the files of settings that Amazon's tools share: ~/.aws/credentials and ~/.aws/config.
//
// Sections in brackets, "key = value" lines, comments from "#" or ";" on at the start of a line;
// indented lines below a key without value are settings of that key, named "key.setting" here.
//
// Thread-safety: pure functions. Errors: kInvalidArgument with file and line, never with a value:
// it may be a secret; kIo.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// Section name to its settings; names as they are written ("default", "profile x").
using AwsConfig = std::map<std::string, std::map<std::string, std::string>>;

Result<AwsConfig> parse_aws_config(std::string_view text, const std::string& where);
// A file that is not there has no sections.
Result<AwsConfig> read_aws_config(const std::filesystem::path& path);

}  // namespace colvec
