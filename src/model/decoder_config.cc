#include "model/decoder_config.h"

namespace colvec {

Result<bool> read_causal(const Json& config) {
  const bool says = config.has("is_causal");
  const bool says_both_ways = config.has("use_bidirectional_attention");
  COLVEC_ASSIGN(const bool causal, config.boolean_or("is_causal", true));
  COLVEC_ASSIGN(const bool both_ways, config.boolean_or("use_bidirectional_attention", !causal));
  if (says && says_both_ways && causal == both_ways)
    return fail(ErrorCode::kInvalidArgument,
                config.where() + ": is_causal and use_bidirectional_attention contradict");
  if (says || says_both_ways) return !both_ways;
  COLVEC_ASSIGN(const std::optional<Json> map, config.find("auto_map"));
  if (map && map->has("AutoModel"))
    return fail(ErrorCode::kUnsupported,
                map->where() +
                    ": the model has code of its own, and neither is_causal nor "
                    "use_bidirectional_attention says which tokens it sees");
  return true;
}

}  // namespace colvec
