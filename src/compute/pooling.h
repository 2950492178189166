// Makes one row per sequence from its token rows.
//
// Thread-safety: pure function.
#pragma once

#include <cstdint>
#include <span>

#include "compute/backend.h"
#include "compute/kernel_table.h"
#include "compute/mat.h"

namespace colvec {

// As Backend::pool(). `skip` is empty (nothing is left out) or has one count per sequence.
void pool_rows(const KernelTable& kernels, Mat x, RowStarts row_starts, Pooling mode,
               std::span<const std::uint32_t> skip, Mat out);

}  // namespace colvec
