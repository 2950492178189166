// Makes an encoder of any function that gives vectors for texts: a model of another library, with
// the pipeline, the resume and the issues of the table job.
//
// Thread-safety: as Encoder.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

struct CallbackModel {
  /// Names the model in outputs and messages, and decides the fingerprint together with `version`
  /// and `dimension`: change one of them whenever the vectors change, for nothing else can tell.
  std::string name;
  std::string version{};
  std::size_t dimension = 0;
  std::string kind = "callback";  ///< As EncoderInfo::kind.
  /// Writes a vector per text, in order. Called by at most `calls_max` threads at once.
  std::function<Status(std::span<const std::string_view> texts, VectorRows out)> encode;
  std::size_t calls_max = 1;  ///< 0: any number.
};

/// Its texts are not tokenised: reports have no tokens, and nothing counts as truncated.
/// kInvalidArgument: no name, no function, or a dimension that is 0 or above 65,536.
Result<std::unique_ptr<Encoder>> make_callback_encoder(CallbackModel model);

}  // namespace colvec
