#include "encoder.h"

#include <cstring>
#include <vector>

#include "colvec/encode_texts.h"
#include "colvec/json_writer.h"
#include "colvec/utf8.h"
#include "colvec/version.h"
#include "last_error.h"

namespace colvec::c {
namespace {

Result<std::vector<std::string_view>> views_of(const char* const* texts, const std::size_t* lengths,
                                               std::size_t count) {
  std::vector<std::string_view> views;
  views.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    COLVEC_TRY(check_pointer(texts[i], "a text"));
    views.emplace_back(texts[i], lengths == nullptr ? std::strlen(texts[i]) : lengths[i]);
    if (!is_valid_utf8(views.back()))
      return fail(ErrorCode::kInvalidArgument, "text " + std::to_string(i) + ": not UTF-8");
  }
  return views;
}

Status open(const char* model, const char* options, colvec_encoder** encoder) {
  COLVEC_TRY(check_pointer(encoder, "encoder"));
  *encoder = nullptr;
  COLVEC_TRY(check_pointer(model, "model"));
  COLVEC_ASSIGN(const EncoderOptions parsed,
                parse_encoder_options(options == nullptr ? "" : options, "options"));
  auto opened = std::make_unique<colvec_encoder>();
  COLVEC_ASSIGN(opened->encoder, open_encoder(model, parsed));
  opened->info = to_json(opened->encoder->info());
  *encoder = opened.release();
  return {};
}

Status encode(colvec_encoder* encoder, const char* const* texts, const std::size_t* lengths,
              std::size_t count, float* vectors) {
  COLVEC_TRY(check_pointer(encoder, "encoder"));
  if (count == 0) return {};
  COLVEC_TRY(check_pointer(texts, "texts"));
  COLVEC_TRY(check_pointer(vectors, "vectors"));
  COLVEC_ASSIGN(const std::vector<std::string_view> views, views_of(texts, lengths, count));
  COLVEC_TRY(encode_texts(*encoder->encoder, views,
                          {vectors, count, encoder->encoder->info().dimension}, {}));
  return {};
}

}  // namespace
}  // namespace colvec::c

extern "C" {

int colvec_abi_version(void) { return COLVEC_ABI_VERSION; }

const char* colvec_version(void) { return colvec::version().data(); }

colvec_status colvec_encoder_open(const char* model, const char* options,
                                  colvec_encoder** encoder) {
  return colvec::c::guarded([&] { return colvec::c::open(model, options, encoder); });
}

void colvec_encoder_close(colvec_encoder* encoder) { delete encoder; }

size_t colvec_encoder_dimension(const colvec_encoder* encoder) {
  return encoder->encoder->info().dimension;
}

const char* colvec_encoder_fingerprint(const colvec_encoder* encoder) {
  return encoder->encoder->info().fingerprint.c_str();
}

const char* colvec_encoder_info(const colvec_encoder* encoder) { return encoder->info.c_str(); }

colvec_status colvec_encoder_encode(colvec_encoder* encoder, const char* const* texts,
                                    const size_t* lengths, size_t count, float* vectors) {
  return colvec::c::guarded(
      [&] { return colvec::c::encode(encoder, texts, lengths, count, vectors); });
}

}  // extern "C"
