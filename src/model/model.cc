#include "model/model.h"

#include <array>

#include "model/bert.h"

namespace colvec {
namespace {

constexpr std::array kFamilies = {
    Family{"bert", load_bert, list_bert},
};

}  // namespace

Result<const Family*> find_family(const Json& config) {
  COLVEC_ASSIGN(const std::string type, config.string("model_type"));
  for (const Family& family : kFamilies)
    if (family.model_type == type) return &family;
  std::string known;
  for (const Family& family : kFamilies)
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  return fail(ErrorCode::kUnsupported, config.where() + ": model_type is not supported: " + type +
                                           " (supported: " + known + ")");
}

}  // namespace colvec
