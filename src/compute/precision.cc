#include "colvec/precision.h"

#include <string>

namespace colvec {

std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
      return "auto";
    case Precision::kF32:
      return "f32";
    case Precision::kBf16:
      return "bf16";
    case Precision::kF16:
      return "f16";
    case Precision::kInt8:
      return "int8";
  }
  return "auto";
}

Result<Precision> parse_precision(std::string_view name) {
  for (const Precision precision :
       {Precision::kAuto, Precision::kF32, Precision::kBf16, Precision::kF16, Precision::kInt8})
    if (name == name_of(precision)) return precision;
  return fail(ErrorCode::kInvalidArgument, "not a precision: " + std::string(name) +
                                               " (there are auto, f32, bf16, f16 and int8)");
}

double cosine_min_of(Precision precision) {
  switch (precision) {
    case Precision::kInt8:
      return 0.99;
    case Precision::kBf16:
      return 0.9995;
    case Precision::kAuto:
    case Precision::kF32:
    case Precision::kF16:
      break;
  }
  return 0.9999;
}

}  // namespace colvec
