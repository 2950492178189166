// The border between the library and libcolvec_cuda.so: memory, copies and one function for each
// kernel, in a table of plain functions.
//
// Only numbers, pointers and the structs below cross it, so that the library is built without
// CUDA, the shared object without the library, and a test can put the same kernels, run by an
// emulator, in the place of a GPU.
//
// A lane is one stream of work on one device: what is given to it is done in order, and functions
// return before it is done. Rows are packed as everywhere (mat.h); row-major, strides in elements.
//
// Every function that returns an int returns 0, or a code for describe(). Pointers are of the
// device unless a name says "host".
//
// Thread-safety: a lane is thread-compatible; different lanes may be used at the same time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace colvec {

// Goes up whenever anything below changes: a table of another version is not used.
inline constexpr std::uint32_t kCudaTableVersion = 2;
inline constexpr const char* kCudaTableSymbol = "colvec_cuda_table";

enum class CudaType : std::uint32_t { kF32, kBf16, kF16 };

constexpr std::size_t bytes_of(CudaType type) { return type == CudaType::kF32 ? 4 : 2; }
// Elements from one row to the next: rows begin at multiples of 8, so that kernels can read 16
// bytes at once.
constexpr std::size_t whole_row(std::size_t cols) { return (cols + 7) / 8 * 8; }

struct CudaMat {
  void* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;
  CudaType type = CudaType::kF32;
};

// As Norm: runs of `width` numbers of a row are normalised by themselves.
struct CudaNorm {
  bool is_rms = false;
  const float* gamma = nullptr;  // (width)
  const float* beta = nullptr;   // (width); not for RMS.
  std::size_t width = 0;
  float eps = 0;
};

struct CudaEmbed {
  const std::uint32_t* ids = nullptr;        // (rows)
  const std::uint32_t* positions = nullptr;  // (rows) or null
  const float* words = nullptr;              // (vocabulary, cols)
  const float* position_rows = nullptr;      // (positions, cols); where there are positions.
  const float* type_row = nullptr;           // (cols) or null
  float scale = 1;
  CudaMat out{};
};

// As Join::Kind.
enum class CudaJoin : std::uint32_t { kAdd, kAddNorm, kNormAdd };

// As Activation.
enum class CudaActivation : std::uint32_t { kNone, kGeluErf, kGeluTanh, kRelu, kSilu, kTanh };

// As Pooling.
enum class CudaPooling : std::uint32_t { kCls, kMean, kMax, kMeanSqrtLen, kWeightedMean, kLast };

// Queries [query_begin, query_begin + item_queries) of one sequence, as far as there are any.
struct CudaAttentionItem {
  std::uint32_t first_row = 0;  // Of the sequence.
  std::uint32_t length = 0;
  std::uint32_t query_begin = 0;
};
inline constexpr std::uint32_t kAttentionNoWindow = 0x7fffffff;
inline constexpr std::size_t kAttentionHeadMax = 512;  // Numbers of a head.

// As AttentionOptions; `items` name every query of the batch once.
struct CudaAttention {
  const CudaAttentionItem* items = nullptr;
  std::size_t item_count = 0;
  std::uint32_t item_queries = 64;  // 32, 64 or 128
  bool in_groups = false;           // Products of warpgroups where there are any: on 9.x only.
  std::uint32_t heads = 0;
  std::uint32_t key_heads = 0;
  std::uint32_t head_dim = 0;
  float scale = 0;
  bool causal = false;
  std::uint32_t window = kAttentionNoWindow;
  const float* distance_bias = nullptr;  // (heads, 2 * reach + 1) or null
  std::uint32_t reach = 0;
  CudaMat qkv{};      // 16 bits, in which products are computed
  CudaMat context{};  // 16 bits, of either type
};

// out = x W^T + bias + residual, then the activation: kNone, kGeluTanh or kRelu.
struct CudaProduct {
  CudaMat x{};                        // (tokens, in), 16 bits
  CudaMat weight{};                   // (out, in), the type of x
  const void* bias = nullptr;         // (out), the type of `out`; or null
  const CudaMat* residual = nullptr;  // (tokens, out), f32 as `out`, may be `out`; or null.
  CudaActivation activation = CudaActivation::kNone;
  CudaMat out{};  // (tokens, out), the type of x, or f32
};

struct CudaDeviceInfo {
  char name[96] = {};
  std::int32_t major = 0;  // Compute capability.
  std::int32_t minor = 0;
  std::size_t memory_bytes = 0;
};

struct CudaLane;

struct CudaTable {
  std::uint32_t version = 0;
  const char* isa = nullptr;  // "cuda"; of an emulator "cuda-emulated".

  // What a code means, in a few words; and whether it is that there was not enough memory.
  const char* (*describe)(int code);
  bool (*is_out_of_memory)(int code);

  int (*count_devices)(int* count);
  int (*device_info)(int device, CudaDeviceInfo* info);
  int (*memory_free)(int device, std::size_t* bytes);

  int (*open_lane)(int device, CudaLane** lane);
  void (*close_lane)(CudaLane* lane);  // Waits for its work.

  // Aligned to 256 bytes, uninitialised. Releasing waits for the work of all lanes of the device.
  int (*allocate)(int device, std::size_t bytes, void** memory);
  void (*release)(int device, void* memory);
  // Memory of the host that copies go to and from at full speed, and behind a caller's back.
  int (*allocate_host)(std::size_t bytes, void** host);
  void (*release_host)(void* host);

  int (*upload)(CudaLane* lane, void* to, const void* host, std::size_t bytes);
  int (*download)(CudaLane* lane, void* host, const void* from, std::size_t bytes);
  int (*wait)(CudaLane* lane);  // Until all that the lane was given is done. Finds what failed.

  int (*embed)(CudaLane* lane, const CudaEmbed& embed);
  // out may be x. `copy` (null: none) becomes the same as `out`, in its own type.
  int (*norm)(CudaLane* lane, const CudaMat& x, const CudaNorm& norm, const CudaMat& out,
              const CudaMat* copy);
  // out may be x or residual. `copy` as above.
  int (*join)(CudaLane* lane, const CudaMat& x, const CudaMat& residual, CudaJoin kind,
              const CudaNorm& norm, const CudaMat& out, const CudaMat* copy);
  int (*activate)(CudaLane* lane, const CudaMat& x, CudaActivation activation);
  // x (rows, 2 * inner), out (rows, inner): one half activated, times the other.
  int (*gate)(CudaLane* lane, const CudaMat& x, CudaActivation activation, bool first_half,
              const CudaMat& out);
  // Row r of heads by row angle_rows[r] of angles (cosines, then sines).
  int (*rotate)(CudaLane* lane, const CudaMat& heads, std::size_t head_dim,
                const std::uint32_t* angle_rows, const CudaMat& angles);
  int (*attention)(CudaLane* lane, const CudaAttention& attention);
  int (*multiply)(CudaLane* lane, const CudaProduct& product);
  // skip: (sequences) or null.
  int (*pool)(CudaLane* lane, const CudaMat& x, const std::uint32_t* row_starts, CudaPooling mode,
              const std::uint32_t* skip, const CudaMat& out);
  int (*normalize)(CudaLane* lane, const CudaMat& x);
  int (*convert)(CudaLane* lane, const CudaMat& x, const CudaMat& out);

  // For each row of x the `top` experts (in rising order) and what the softmax over router(x), of
  // `experts` rows, gives them: (rows, top) each.
  int (*route)(CudaLane* lane, const CudaMat& x, const CudaMat& router, std::size_t top,
               std::uint32_t* experts, float* shares);
  // out row i = x row rows[i]
  int (*gather)(CudaLane* lane, const CudaMat& x, const std::uint32_t* rows, const CudaMat& out);
  // out row t = bias (or null) + sum over j of shares[t * top + j] * x row slots[t * top + j]
  int (*combine)(CudaLane* lane, const CudaMat& x, const std::uint32_t* slots, const float* shares,
                 std::size_t top, const float* bias, const CudaMat& out);
};

// What the symbol kCudaTableSymbol is.
using CudaTableFunction = const CudaTable* (*)();

}  // namespace colvec
