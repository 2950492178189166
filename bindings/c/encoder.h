// What a colvec_encoder is.
#pragma once

#include <memory>
#include <string>

#include "colvec/colvec.h"
#include "colvec/encoder.h"

// Thread-safety: as Encoder.
struct colvec_encoder {
  std::unique_ptr<colvec::Encoder> encoder;
  std::string info;
};
