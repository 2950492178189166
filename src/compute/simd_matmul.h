// Products of small matrices over a type of vectors, as in simd_kernels.h, whose rules hold here
// too: c is made in tiles that stay in registers, and tiles in strips of columns.
//
// A Vector has kTileVectors, the vectors of sums that a tile has at most, and kStripVectors, those
// that a strip has in a row.
#pragma once

#include <cstddef>

#include "compute/kernel_table.h"

namespace colvec {
namespace {

using std::size_t;

// How far weights are fetched ahead: the work of a tile on them takes about as long as memory does
// to answer.
constexpr size_t kBytesAhead = 8192;

// Fetches `bytes` at kBytesAhead behind `now`, a line at a time.
template <size_t kBytes>
inline void fetch_ahead(const void* now) {
#pragma GCC unroll 4
  for (size_t i = 0; i < kBytes; i += 64)
    __builtin_prefetch(static_cast<const char*>(now) + kBytesAhead + i);
}

// A tile of c, all of it in registers: kRows rows from `row` on by kVectors vectors from column
// `col` on. With kPart, the last vector has only `last` lanes.
template <typename V, size_t kRows, size_t kVectors, bool kPart>
inline void matmul_tile(const Product& product, size_t row, size_t col, size_t last) {
  const float* a = product.a + row * product.lda;
  const float* b = product.b + col;
  const bool is_b_far = product.is_b_far;
  typename V::Reg sums[kRows][kVectors];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::set(0);
  }
  for (size_t p = 0; p < product.k; ++p, b += product.ldb) {
    if (is_b_far) fetch_ahead<kVectors * V::kLanes * sizeof(float)>(b);
    typename V::Reg row_of_b[kVectors];
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) {
      const float* from = b + j * V::kLanes;
      row_of_b[j] = kPart && j + 1 == kVectors ? V::load_part(from, last) : V::load(from);
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      const typename V::Reg factor = V::set(a[i * product.lda + p]);
#pragma GCC unroll 4
      for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::fma(factor, row_of_b[j], sums[i][j]);
    }
  }
  if (product.row_factors != nullptr) {
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      const typename V::Reg factor = V::set(product.row_factors[row + i]);
#pragma GCC unroll 4
      for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::mul(sums[i][j], factor);
    }
  }
  if (product.bias != nullptr) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) {
      const float* const from = product.bias + col + j * V::kLanes;
      const typename V::Reg bias =
          kPart && j + 1 == kVectors ? V::load_part(from, last) : V::load(from);
#pragma GCC unroll 16
      for (size_t i = 0; i < kRows; ++i) sums[i][j] = V::add(sums[i][j], bias);
    }
  }
  float* const c = product.c + row * product.ldc + col;
  const size_t ldc = product.ldc;
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) {
      float* const to = c + i * ldc + j * V::kLanes;
      if (kPart && j + 1 == kVectors)
        V::store_part(to, last, sums[i][j]);
      else
        V::store(to, sums[i][j]);
    }
  }
}

// Calls tile.template operator()<rows>(row) with the number of rows that is known only now.
template <size_t kRows, typename Tile>
inline void run_tile(size_t rows, size_t row, const Tile& tile) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return run_tile<kRows - 1>(rows, row, tile);
  }
  tile.template operator()<kRows>(row);
}

// Cuts `rows` rows into tiles of kRowsMax at most, which have about as many each: a tile of one or
// two rows would wait for its own additions.
template <size_t kRowsMax, typename Tile>
inline void for_tiles(size_t rows, const Tile& tile) {
  const size_t tiles = (rows + kRowsMax - 1) / kRowsMax;
  for (size_t i = 0; i < tiles; ++i) {
    const size_t row = rows * i / tiles;
    run_tile<kRowsMax>(rows * (i + 1) / tiles - row, row, tile);
  }
}

// A strip of c: all rows by kVectors vectors, in tiles that fit into the registers.
template <typename V, size_t kVectors, bool kPart>
void matmul_strip(const Product& product, size_t col, size_t last) {
  constexpr size_t kRowsMax = V::kTileVectors / kVectors < 12 ? V::kTileVectors / kVectors : 12;
  for_tiles<kRowsMax>(product.m, [&]<size_t kRows>(size_t row) {
    matmul_tile<V, kRows, kVectors, kPart>(product, row, col, last);
  });
}

template <typename V>
void matmul(const Product& product) {
  constexpr size_t kWide = V::kStripVectors * V::kLanes;
  size_t col = 0;
  for (; col + kWide <= product.n; col += kWide) {
    matmul_strip<V, V::kStripVectors, false>(product, col, V::kLanes);
  }
  for (; col + 2 * V::kLanes <= product.n; col += 2 * V::kLanes) {
    matmul_strip<V, 2, false>(product, col, V::kLanes);
  }
  const size_t left = product.n - col;
  if (left > V::kLanes) {
    matmul_strip<V, 2, true>(product, col, left - V::kLanes);
  } else if (left > 0) {
    matmul_strip<V, 1, true>(product, col, left);
  }
}

}  // namespace
}  // namespace colvec
