#include "model/model.h"

#include <array>

#include "model/bert.h"
#include "model/distilbert.h"
#include "model/gemma3.h"
#include "model/gte.h"
#include "model/jina_bert.h"
#include "model/modernbert.h"
#include "model/mpnet.h"
#include "model/nomic_bert.h"
#include "model/qwen.h"

namespace colvec {
namespace {

bool always(const Json&) { return true; }

// Of one model_type, the first that fits.
constexpr std::array kFamilies = {
    Family{"jina_bert", "bert", is_jina_bert, load_jina_bert, list_jina_bert},
    Family{"bert", "bert", always, load_bert, list_bert},
    Family{"roberta", "roberta", always, load_roberta, list_roberta},
    Family{"roberta", "xlm-roberta", always, load_roberta, list_roberta},
    Family{"roberta", "camembert", always, load_roberta, list_roberta},
    Family{"mpnet", "mpnet", always, load_mpnet, list_mpnet},
    Family{"distilbert", "distilbert", always, load_distilbert, list_distilbert},
    Family{"modernbert", "modernbert", always, load_modernbert, list_modernbert},
    Family{"nomic_bert", "nomic_bert", always, load_nomic_bert, list_nomic_bert},
    Family{"gte", "new", always, load_gte, list_gte},
    Family{"gte", "gte", always, load_gte, list_gte},
    Family{"qwen", "qwen2", always, load_qwen, list_qwen},
    Family{"qwen", "qwen3", always, load_qwen, list_qwen},
    Family{"gemma3", "gemma3_text", always, load_gemma3, list_gemma3},
};

}  // namespace

std::span<const Family> families() { return kFamilies; }

Result<const Family*> find_family(const Json& config) {
  COLVEC_ASSIGN(const std::string type, config.string("model_type"));
  std::string known;
  for (const Family& family : kFamilies) {
    if (family.model_type == type && family.fits(config)) return &family;
    if (family.fits == always)
      known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  return fail(ErrorCode::kUnsupported, config.where() + ": model_type is not supported: " + type +
                                           " (supported: " + known + ")");
}

}  // namespace colvec
