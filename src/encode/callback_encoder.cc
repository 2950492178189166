#include "colvec/callback_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json.h"
#include "encode/fingerprint.h"
#include "encode/stopwatch.h"

namespace colvec {
namespace {

class CallbackEncoder final : public Encoder {
 public:
  explicit CallbackEncoder(CallbackModel model) : model_(std::move(model)) {
    info_.model = model_.name;
    info_.kind = model_.kind;
    info_.isa = "any";
    set_fingerprint(json_object({{"kind", json_quote(model_.kind)},
                                 {"name", json_quote(model_.name)},
                                 {"version", json_quote(model_.version)},
                                 {"dimension", std::to_string(model_.dimension)}}),
                    model_.dimension, model_.dimension, &info_);
  }

  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    const Stopwatch watch;
    std::fill(reports.begin(), reports.end(), TextReport{});
    Status status = model_.encode(texts, out);
    if (times != nullptr) times->encode_ns += watch.elapsed_ns();
    return status ? Status() : at(model_.name, std::move(status).error());
  }

  std::size_t calls_max() const override { return model_.calls_max; }

 private:
  CallbackModel model_;
  EncoderInfo info_;
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_callback_encoder(CallbackModel model) {
  if (model.name.empty()) return fail(ErrorCode::kInvalidArgument, "the model needs a name");
  if (!model.encode)
    return fail(ErrorCode::kInvalidArgument, model.name + ": has no function that encodes");
  if (model.dimension == 0 || model.dimension > kDimensionMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: dimension: must be from 1 to {}: {}", model.name, kDimensionMax,
                            model.dimension));
  return std::make_unique<CallbackEncoder>(std::move(model));
}

}  // namespace colvec
