// What kernels are written in: threads, warps, shared memory, tensor cores. With nvcc these are the
// device's own; otherwise those of the emulator (tests/emulator/simt.h), so that the very sources
// of the kernels run on a host and are tested there.
//
// Kernels take one struct and use no other way to memory than pointers in it and
// simt::shared_memory(). A warp leaves a kernel as a whole.
//
// Thread-safety: as CUDA.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/cuda_numbers.h"
#include "compute/cuda_table.h"

#ifndef __CUDACC__
#include "emulator/simt.h"
#else

#include <cuda_runtime.h>

#define COLVEC_KERNEL __global__
// A kernel of this many threads a block, of which so many blocks should fit on a multiprocessor.
#define COLVEC_KERNEL_OF(threads, blocks) __global__ __launch_bounds__(threads, blocks)
#define COLVEC_DEVICE __device__ __forceinline__

namespace colvec {

// The stream of a lane, for launches, and its device as that of this thread. Returns a code of the
// table.
int use_lane(const CudaLane* lane, cudaStream_t* stream);

namespace simt {

struct Blocks {
  std::size_t x;
  std::size_t y;
};

COLVEC_DEVICE int thread() { return static_cast<int>(threadIdx.x); }
COLVEC_DEVICE int lane() { return static_cast<int>(threadIdx.x & 31); }
COLVEC_DEVICE int warp() { return static_cast<int>(threadIdx.x >> 5); }
COLVEC_DEVICE int threads() { return static_cast<int>(blockDim.x); }
COLVEC_DEVICE std::size_t block_x() { return blockIdx.x; }
COLVEC_DEVICE std::size_t block_y() { return blockIdx.y; }

// The launch's bytes of shared memory, aligned to 1024.
COLVEC_DEVICE unsigned char* shared_memory() {
  extern __shared__ __align__(1024) unsigned char memory[];
  return memory;
}

COLVEC_DEVICE void block_sync() { __syncthreads(); }

// The value of lane() ^ mask.
COLVEC_DEVICE float shuffle_xor(float value, int mask) {
  return __shfl_xor_sync(0xffffffff, value, mask);
}

// Whether `value` holds in some lane.
COLVEC_DEVICE bool any(bool value) { return __any_sync(0xffffffff, value) != 0; }

COLVEC_DEVICE std::uint32_t shared_address(const void* memory) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(memory));
}

// Begins a copy of 16 bytes, zeros where not `valid`. It is there after wait and a block_sync().
COLVEC_DEVICE void copy_16(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
               "l"(global), "r"(valid ? 16 : 0)
               : "memory");
}
COLVEC_DEVICE void copies_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Until all but the last kLeft groups of this thread's copies are there.
template <int kLeft>
COLVEC_DEVICE void copies_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kLeft) : "memory");
}

// Four 8x8 matrices of 16-bit numbers from the rows that the lanes name (layout::Place).
COLVEC_DEVICE void load_matrices(const void* shared, std::uint32_t (&out)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(shared_address(shared))
               : "memory");
}
COLVEC_DEVICE void load_transposed(const void* shared, std::uint32_t (&out)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(shared_address(shared))
               : "memory");
}

// sum (16 x 8) += left (16 x 16) * right (16 x 8), 16-bit numbers, summed in f32.
COLVEC_DEVICE void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right,
                                float (&sum)[4], Bf16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
}
COLVEC_DEVICE void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right,
                                float (&sum)[4], F16) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
}

// Products of a warpgroup, four warps that follow one another, the first a multiple of four, which
// begin them together: only on Hopper. They go on by themselves until group_wait(); what they read
// and write in registers is not to be touched before.
//
// A barrier for the compiler: `values` are written before it, and read after it.
template <int kRows>
COLVEC_DEVICE void hold(std::uint32_t (&values)[kRows][4]) {
#pragma unroll
  for (int n = 0; n < kRows; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) asm volatile("" : "+r"(values[n][i])::"memory");
  }
}
template <int kRows>
COLVEC_DEVICE void hold(float (&values)[kRows][4]) {
#pragma unroll
  for (int n = 0; n < kRows; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) asm volatile("" : "+f"(values[n][i])::"memory");
  }
}
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
// Makes what this thread has written to shared memory known to them; a block_sync() must follow.
COLVEC_DEVICE void group_publish() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
COLVEC_DEVICE void group_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
COLVEC_DEVICE void group_wait() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
}
#define COLVEC_SUM(n) "+f"(sum[n][0]), "+f"(sum[n][1]), "+f"(sum[n][2]), "+f"(sum[n][3])
#define COLVEC_SUM_4 COLVEC_SUM(0), COLVEC_SUM(1), COLVEC_SUM(2), COLVEC_SUM(3)
#define COLVEC_SUM_8 COLVEC_SUM_4, COLVEC_SUM(4), COLVEC_SUM(5), COLVEC_SUM(6), COLVEC_SUM(7)
#define COLVEC_16 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define COLVEC_32 \
  COLVEC_16 ", %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define COLVEC_SCORES(type)                                                      \
  asm volatile(                                                                  \
      "{\n.reg .pred adds;\nsetp.ne.b32 adds, %34, 0;\n"                         \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " {" COLVEC_32 \
      "}, %32, %33, adds, 1, 1, 0, 0;\n}"                                        \
      : COLVEC_SUM_8                                                             \
      : "l"(left), "l"(right), "r"(adds ? 1 : 0))
#define COLVEC_CONTEXT_64(type)                                                           \
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " {" COLVEC_32 \
               "}, {%32, %33, %34, %35}, %36, 1, 1, 1, 1;"                                \
               : COLVEC_SUM_8                                                             \
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "l"(right))
#define COLVEC_CONTEXT_32(type)                                                           \
  asm volatile("wgmma.mma_async.sync.aligned.m64n32k16.f32." type "." type " {" COLVEC_16 \
               "}, {%16, %17, %18, %19}, %20, 1, 1, 1, 1;"                                \
               : COLVEC_SUM_4                                                             \
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "l"(right))
// sum (64 x 64) = left (64 x 16) * right (64 x 16) transposed, added to what was there where it
// `adds`. Both are layout::matrix_descriptor()s.
COLVEC_DEVICE void group_multiply(std::uint64_t left, std::uint64_t right, bool adds,
                                  float (&sum)[8][4], Bf16) {
  COLVEC_SCORES("bf16");
}
COLVEC_DEVICE void group_multiply(std::uint64_t left, std::uint64_t right, bool adds,
                                  float (&sum)[8][4], F16) {
  COLVEC_SCORES("f16");
}
// sum (64 x 64, or 32) += left (64 x 16) * right (16 x 64, or 32), a layout::matrix_descriptor().
COLVEC_DEVICE void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right,
                                      float (&sum)[8][4], Bf16) {
  COLVEC_CONTEXT_64("bf16");
}
COLVEC_DEVICE void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right,
                                      float (&sum)[8][4], F16) {
  COLVEC_CONTEXT_64("f16");
}
COLVEC_DEVICE void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right,
                                      float (&sum)[4][4], Bf16) {
  COLVEC_CONTEXT_32("bf16");
}
COLVEC_DEVICE void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right,
                                      float (&sum)[4][4], F16) {
  COLVEC_CONTEXT_32("f16");
}
#undef COLVEC_CONTEXT_32
#undef COLVEC_CONTEXT_64
#undef COLVEC_SCORES
#undef COLVEC_32
#undef COLVEC_16
#undef COLVEC_SUM_8
#undef COLVEC_SUM_4
#undef COLVEC_SUM
#else  // Compiled for others too, which nobody launches.
COLVEC_DEVICE void group_publish() {}
COLVEC_DEVICE void group_begin() { __trap(); }
COLVEC_DEVICE void group_wait() {}
template <typename T>
COLVEC_DEVICE void group_multiply(std::uint64_t, std::uint64_t, bool, float (&)[8][4], T) {}
template <int kRows, typename T>
COLVEC_DEVICE void group_multiply_add(const std::uint32_t (&)[4], std::uint64_t,
                                      float (&)[kRows][4], T) {}
#endif

// 2^x, to two units in the last place; 0 for what is far below.
COLVEC_DEVICE float exp2_fast(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// 1 / x, to a unit in the last place; 0 for infinity.
COLVEC_DEVICE float reciprocal_fast(float x) {
  float result;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// Two numbers in a register, the first in the lower half.
COLVEC_DEVICE std::uint32_t pack(float first, float second, Bf16) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(first, second);
  std::uint32_t bits;
  memcpy(&bits, &both, sizeof(bits));
  return bits;
}
COLVEC_DEVICE std::uint32_t pack(float first, float second, F16) {
  const __half2 both = __floats2half2_rn(first, second);
  std::uint32_t bits;
  memcpy(&bits, &both, sizeof(bits));
  return bits;
}

// Gives a lane a kernel to run. Returns a code of the table.
template <typename Args>
int launch(void (*kernel)(Args), Blocks blocks, unsigned threads, std::size_t shared_bytes,
           const CudaLane* lane, const Args& args) {
  if (blocks.x == 0 || blocks.y == 0) return 0;
  cudaStream_t stream = nullptr;
  if (const int code = use_lane(lane, &stream); code != 0) return code;
  if (shared_bytes > 48 * 1024) {
    const cudaError_t raised = cudaFuncSetAttribute(
        kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
    if (raised != cudaSuccess) return static_cast<int>(raised);
  }
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks.x), static_cast<unsigned>(blocks.y));
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared_bytes;
  config.stream = stream;
  return static_cast<int>(cudaLaunchKernelEx(&config, kernel, args));
}

}  // namespace simt
}  // namespace colvec

#endif
