// An encoder whose vectors are shortened by a projection.
//
// Thread-safety: as Encoder.
#pragma once

#include <memory>

#include "colvec/encoder.h"
#include "dataset/projection.h"

namespace colvec {

// REQUIRES: projection.in == encoder->info().dimension.
std::unique_ptr<Encoder> project_encoder(std::unique_ptr<Encoder> encoder, Projection projection);

}  // namespace colvec
