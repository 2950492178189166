// Runs the kernels of src/compute/cuda_*.cu on a host: the other half of compute/cuda_simt.h.
//
// Every thread of a block is a fiber of its own; they run one after the other, and change at
// barriers, shuffles and what else a warp does together. Blocks run one after the other. So the
// very sources of the kernels are tested where there is no GPU: index arithmetic, places in
// registers and tiles, tails, masks.
//
// What it finds beyond wrong numbers: a read of asynchronously copied memory before it was waited
// for (copies happen at the wait), a thread that misses a barrier (the others wait for ever: the
// program stops), memory beyond its bounds (with -fsanitize=address). What it cannot find: races
// between barriers that only another order shows (fibers take turns in alternating order), limits
// of registers and shared memory, speed.
//
// Products on tensor cores follow the tables "Matrix fragments for mma.m16n8k16" and "ldmatrix" of
// the PTX manual; those of warpgroups "Matrix descriptor" and "Shared memory matrix layout".
//
// Thread-safety: each host thread runs its own launches.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#include "compute/cuda_numbers.h"
#include "compute/cuda_table.h"

#define COLVEC_KERNEL inline
#define COLVEC_KERNEL_OF(threads, blocks) inline
#define COLVEC_DEVICE inline

namespace colvec::simt {

struct Blocks {
  std::size_t x;
  std::size_t y;
};

int thread();
int threads();
std::size_t block_x();
std::size_t block_y();
inline int lane() { return thread() & 31; }
inline int warp() { return thread() >> 5; }

unsigned char* shared_memory();
void block_sync();

float shuffle_xor(float value, int mask);
bool any(bool value);

void copy_16(void* shared, const void* global, bool valid);
void copies_commit();
void wait_for_copies(int left);
template <int kLeft>
void copies_wait() {
  wait_for_copies(kLeft);
}

void load_matrices(const void* shared, std::uint32_t (&out)[4]);
void load_transposed(const void* shared, std::uint32_t (&out)[4]);

using ToFloat = float (*)(std::uint16_t bits);
void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right, float (&sum)[4],
                  ToFloat to_float);
inline void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right,
                         float (&sum)[4], Bf16) {
  multiply_add(left, right, sum, [](std::uint16_t bits) { return to_float(Bf16{bits}); });
}
inline void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right,
                         float (&sum)[4], F16) {
  multiply_add(left, right, sum, [](std::uint16_t bits) { return to_float(F16{bits}); });
}

std::uint32_t shared_address(const void* memory);

// Of a warpgroup each warp has rows of its own, and what they read together lies in shared memory:
// so a warp's part is done by itself, and at once.
void group_multiply(std::uint64_t left, std::uint64_t right, bool adds, float (&sum)[8][4],
                    ToFloat to_float);
void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right, float (*sum)[4],
                        int cols, ToFloat to_float);
template <typename T>
void group_multiply(std::uint64_t left, std::uint64_t right, bool adds, float (&sum)[8][4], T) {
  const ToFloat to_float = [](std::uint16_t bits) { return colvec::to_float(T{bits}); };
  group_multiply(left, right, adds, sum, to_float);
}
template <int kRows, typename T>
void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right, float (&sum)[kRows][4],
                        T) {
  const ToFloat to_float = [](std::uint16_t bits) { return colvec::to_float(T{bits}); };
  group_multiply_add(left, right, sum, 8 * kRows, to_float);
}
inline void group_publish() {}
inline void group_begin() {}
inline void group_wait() {}
template <typename T, int kRows>
void hold(T (&)[kRows][4]) {}

inline float exp2_fast(float x) { return std::exp2(x); }
inline float reciprocal_fast(float x) { return 1 / x; }

template <typename T>
std::uint32_t pack(float first, float second, T) {
  T low, high;
  set(first, &low);
  set(second, &high);
  return low.bits | static_cast<std::uint32_t>(high.bits) << 16;
}

// Runs `kernel` for each thread of each block.
void run(const std::function<void()>& kernel, Blocks blocks, unsigned threads,
         std::size_t shared_bytes);

template <typename Args>
int launch(void (*kernel)(Args), Blocks blocks, unsigned threads, std::size_t shared_bytes,
           const CudaLane*, const Args& args) {
  run([&] { kernel(args); }, blocks, threads, shared_bytes);
  return 0;
}

}  // namespace colvec::simt
