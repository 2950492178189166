#include "job/projected_encoder.h"

#include <vector>

#include "base/check.h"

namespace colvec {
namespace {

class ProjectedEncoder final : public Encoder {
 public:
  ProjectedEncoder(std::unique_ptr<Encoder> encoder, Projection projection)
      : encoder_(std::move(encoder)), projection_(std::move(projection)), info_(encoder_->info()) {
    COLVEC_CHECK(projection_.in == info_.dimension);
    info_.dimension = projection_.out;
    info_.fingerprint = projection_.fingerprint();
    info_.made_of = projection_.made_of();
    info_.shorter_dimensions.clear();
  }

  const EncoderInfo& info() const override { return info_; }
  std::size_t calls_max() const override { return encoder_->calls_max(); }
  std::size_t bytes_at_once() const override { return encoder_->bytes_at_once(); }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes* times) override {
    std::vector<float> base(texts.size() * projection_.in);
    const VectorRows rows{base.data(), texts.size(), projection_.in};
    COLVEC_TRY(encoder_->encode(texts, rows, reports, times));
    project(rows, out);
    return {};
  }

  Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                    std::span<TextReport> reports) override {
    std::vector<float> base(ids.size() * projection_.in);
    const VectorRows rows{base.data(), ids.size(), projection_.in};
    COLVEC_TRY(encoder_->encode_ids(ids, rows, reports));
    project(rows, out);
    return {};
  }

 private:
  void project(VectorRows base, VectorRows out) const {
    for (std::size_t i = 0; i < base.rows; ++i) projection_.apply(base.row(i), out.row(i));
  }

  std::unique_ptr<Encoder> encoder_;
  Projection projection_;
  EncoderInfo info_;
};

}  // namespace

std::unique_ptr<Encoder> project_encoder(std::unique_ptr<Encoder> encoder, Projection projection) {
  return std::make_unique<ProjectedEncoder>(std::move(encoder), std::move(projection));
}

}  // namespace colvec
