#include "tokenizer/config_overrides.h"

namespace colvec {

Status apply_config(const TokenizerConfig& config, TokenizerSpec* spec) {
  COLVEC_ASSIGN(const bool adds_ends, changes_ids(config));
  return adds_ends ? add_configured_ends(config, {}, spec) : Status();
}

Result<bool> changes_ids(const TokenizerConfig& config) {
  COLVEC_ASSIGN(const bool has_own_class, config.has_own_class());
  COLVEC_ASSIGN(const bool adds_start, config.boolean_or("add_bos_token", false));
  COLVEC_ASSIGN(const bool adds_end, config.boolean_or("add_eos_token", false));
  return has_own_class && (adds_start || adds_end);
}

}  // namespace colvec
