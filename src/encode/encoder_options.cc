#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/settings.h"
#include "colvec/encoder.h"

namespace colvec {
namespace {

constexpr std::uint64_t kBatchMax = 1u << 20;

struct Member {
  std::string_view name;
  Status (*read)(const Json& value, EncoderOptions* options);
};

Status read_prompt(const Json& value, EncoderOptions* options) {
  COLVEC_ASSIGN(options->prompt, value.as_string());
  options->has_prompt = true;
  return {};
}

constexpr std::array kMembers = {
    Member{"dimension",
           [](const Json& v, EncoderOptions* o) {
             return read_whole(v, 1, kDimensionMax, &o->dimension);
           }},
    Member{"prompt", read_prompt},
    Member{"prompt_name",
           [](const Json& v, EncoderOptions* o) { return read_text(v, &o->prompt_name); }},
    Member{"strip", [](const Json& v, EncoderOptions* o) { return read_boolean(v, &o->strip); }},
    Member{"normalize",
           [](const Json& v, EncoderOptions* o) { return read_boolean(v, &o->normalize); }},
    Member{"precision",
           [](const Json& v, EncoderOptions* o) { return read_precision(v, &o->precision); }},
    Member{"batch_size",
           [](const Json& v, EncoderOptions* o) {
             return read_whole(v, 1, kBatchMax, &o->batch_texts_max);
           }},
};

}  // namespace

Result<EncoderOptions> parse_encoder_options(std::string_view json, const std::string& where) {
  EncoderOptions options;
  options.precision = Precision::kAuto;
  if (json.empty()) return options;
  COLVEC_ASSIGN(const Json parsed, Json::parse(json, where));
  if (!parsed.is_object()) return parsed.wrong("must be an object");
  COLVEC_TRY(parsed.each([&](std::string_view name, const Json& value) -> Status {
    const auto* const member = std::find_if(kMembers.begin(), kMembers.end(),
                                            [&](const Member& m) { return m.name == name; });
    if (member != kMembers.end()) return value.is_null() ? Status() : member->read(value, &options);
    std::array<std::string_view, kMembers.size()> names;
    std::transform(kMembers.begin(), kMembers.end(), names.begin(),
                   [](const Member& m) { return m.name; });
    return unknown_key(where, name, names);
  }));
  return options;
}

}  // namespace colvec
