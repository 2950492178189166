// Weights on a GPU: those of products as 16-bit numbers, all others as they are.
//
// Thread-safety: adding is thread-compatible; finding is thread-safe once nothing is added.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "compute/backend.h"
#include "compute/cuda_arena.h"
#include "compute/cuda_table.h"

namespace colvec {

class CudaLinear final : public Linear {
 public:
  CudaLinear(std::size_t in, std::size_t out) : in_(in), out_(out) {}
  std::size_t in() const override { return in_; }
  std::size_t out() const override { return out_; }

  CudaMat weight{};                  // (out, in)
  const void* bias = nullptr;        // (out), 16 bits; null: none.
  const float* wide_bias = nullptr;  // The same.

 private:
  std::size_t in_;
  std::size_t out_;
};

class CudaWeights {
 public:
  CudaWeights(const CudaTable& table, int device, CudaType narrow);
  ~CudaWeights();
  CudaWeights(const CudaWeights&) = delete;
  CudaWeights& operator=(const CudaWeights&) = delete;

  std::unique_ptr<CudaLinear> add_linear(MatView<const float> weight, std::span<const float> bias);
  void add(std::span<const float> weights);

  // Where a part of what was added is on the device; null: it was not added.
  const float* find(std::span<const float> weights) const;

  // The first thing that went wrong; a code of the table.
  int code() const { return code_; }

 private:
  struct Copy {
    std::size_t count = 0;
    const float* there = nullptr;
  };
  void* upload(const void* host, std::size_t bytes);
  std::vector<std::uint16_t> narrowed(MatView<const float> values, std::size_t stride) const;

  const CudaTable& table_;
  int device_;
  CudaType narrow_;
  CudaLane* lane_ = nullptr;
  void* pinned_ = nullptr;
  int code_ = 0;
  std::vector<void*> memory_;
  std::map<const float*, Copy> copies_;  // By where they are on the host.
};

}  // namespace colvec
