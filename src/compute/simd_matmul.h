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

// Fetches weights before they are wanted, beside each step of a tile, whose strip has kStepBytes a
// step. A wide strip fetches the one that lies behind it, which is wanted next, and each tile of
// rows its share of that: all at once would take as long as several tiles, from the last cache or
// from memory, and nothing would be multiplied meanwhile. A step of a narrow strip has too little
// work to hide what that takes (with AVX2 in f32, 0.8x): it is fetched ahead of itself.
template <size_t kStepBytes>
class StripFetch {
 public:
  StripFetch() = default;  // Of nothing; not to be fetched.
  // The strip has `steps` steps; the tile has `tile_rows` rows from `row` on, of `rows`.
  StripFetch(const void* strip, size_t steps, size_t row, size_t tile_rows, size_t rows)
      : next_(static_cast<const char*>(strip) + steps * kStepBytes +
              steps * kStepBytes * row / rows),
        bytes_(kStepBytes * tile_rows / rows) {}

  // `step` is the one that is multiplied now.
  void fetch(const void* step) {
    if (kStepBytes <= kNarrowStepBytes) {
      __builtin_prefetch(static_cast<const char*>(step) + kBytesAhead);
      return;
    }
    __builtin_prefetch(next_, 0, kToL2);
    for (size_t i = kLine; i < bytes_; i += kLine) __builtin_prefetch(next_ + i, 0, kToL2);
    next_ += bytes_;
  }

 private:
  static constexpr size_t kLine = 64;
  static constexpr size_t kNarrowStepBytes = 64;
  static constexpr size_t kBytesAhead = 8192;
  static constexpr int kToL2 = 2;  // L1 has no room for it beside the strip that is being used.
  const char* next_ = nullptr;
  size_t bytes_ = 0;
};

// A tile of c, all of it in registers: kRows rows from `row` on by kVectors vectors from column
// `col` on. With kPart, the last vector has only `last` lanes.
template <typename V, bool kTransposed, size_t kRows, size_t kVectors, bool kPart>
inline void matmul_tile(const Product& product, size_t row, size_t col, size_t last) {
  const float* a = product.a + (kTransposed ? row : row * product.lda);
  const float* b = product.b + col;
  const bool is_b_far = product.is_b_far;
  constexpr size_t kStepBytes = kVectors * V::kLanes * sizeof(float);
  StripFetch<kStepBytes> strip;
  if (is_b_far) strip = StripFetch<kStepBytes>(product.b, product.k, row, kRows, product.m);
  typename V::Reg sums[kRows][kVectors];
#pragma GCC unroll 16
  for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) sums[i][j] = V::set(0);
  }
  for (size_t p = 0; p < product.k; ++p, b += product.ldb, a += kTransposed ? product.lda : 1) {
    if (is_b_far) strip.fetch(b);
    typename V::Reg row_of_b[kVectors];
#pragma GCC unroll 4
    for (size_t j = 0; j < kVectors; ++j) {
      const float* from = b + j * V::kLanes;
      row_of_b[j] = kPart && j + 1 == kVectors ? V::load_part(from, last) : V::load(from);
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < kRows; ++i) {
      const typename V::Reg factor = V::set(a[kTransposed ? i : i * product.lda]);
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
template <typename V, bool kTransposed, size_t kVectors, bool kPart>
void matmul_strip(const Product& product, size_t col, size_t last) {
  constexpr size_t kRowsMax = V::kTileVectors / kVectors < 12 ? V::kTileVectors / kVectors : 12;
  for_tiles<kRowsMax>(product.m, [&]<size_t kRows>(size_t row) {
    matmul_tile<V, kTransposed, kRows, kVectors, kPart>(product, row, col, last);
  });
}

template <typename V, bool kTransposed>
void matmul_strips(const Product& product) {
  constexpr size_t kWide = V::kStripVectors * V::kLanes;
  size_t col = 0;
  for (; col + kWide <= product.n; col += kWide) {
    matmul_strip<V, kTransposed, V::kStripVectors, false>(product, col, V::kLanes);
  }
  for (; col + 2 * V::kLanes <= product.n; col += 2 * V::kLanes) {
    matmul_strip<V, kTransposed, 2, false>(product, col, V::kLanes);
  }
  const size_t left = product.n - col;
  if (left > V::kLanes) {
    matmul_strip<V, kTransposed, 2, true>(product, col, left - V::kLanes);
  } else if (left > 0) {
    matmul_strip<V, kTransposed, 1, true>(product, col, left);
  }
}

template <typename V>
void matmul(const Product& product) {
  if (product.is_a_transposed)
    matmul_strips<V, true>(product);
  else
    matmul_strips<V, false>(product);
}

}  // namespace
}  // namespace colvec
