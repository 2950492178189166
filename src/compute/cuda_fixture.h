// What tests of GPU kernels stand on: the table under test, and matrices that go there and back.
//
// The table is that of libcolvec_cuda.so, or of the emulator where COLVEC_CUDA_LIBRARY names it
// (CTest runs each program with both). Without a GPU the former skips, and says so.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "compute/cuda_library.h"
#include "compute/cuda_numbers.h"
#include "compute/cuda_table.h"
#include "compute/matrix_fixture.h"

namespace colvec {

// The table under test, or why there is none.
inline Result<const CudaTable*> table_under_test() {
  COLVEC_ASSIGN(const CudaTable* table, cuda_table());
  COLVEC_ASSIGN(const std::vector<CudaDeviceInfo> devices, cuda_devices(*table));
  return table;
}

// Half a unit in the last place of a number near 1.
inline double rounding_of(CudaType type) {
  return type == CudaType::kF32 ? 0x1p-24 : type == CudaType::kBf16 ? 0x1p-8 : 0x1p-11;
}

inline const char* name_of_type(CudaType type) {
  return type == CudaType::kF32 ? "f32" : type == CudaType::kBf16 ? "bf16" : "f16";
}

class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    const Result<const CudaTable*> table = table_under_test();
    if (!table) GTEST_SKIP() << "SKIPPED: " << table.error().message;
    table_ = *table;
    ok(table_->open_lane(0, &lane_));
  }
  void TearDown() override {
    if (table_ == nullptr) return;
    EXPECT_EQ(table_->wait(lane_), 0);
    for (void* const memory : memory_) table_->release(0, memory);
    for (void* const memory : pinned_) table_->release_host(memory);
    table_->close_lane(lane_);
  }

  void ok(int code) const { ASSERT_EQ(code, 0) << table_->describe(code); }

  void* take(std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(table_->allocate(0, std::max<std::size_t>(bytes, 1), &memory), 0);
    memory_.push_back(memory);
    return memory;
  }
  void* take_pinned(std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(table_->allocate_host(std::max<std::size_t>(bytes, 1), &memory), 0);
    pinned_.push_back(memory);
    return memory;
  }

  template <typename T>
  T* put(const std::vector<T>& values) {
    T* const there = static_cast<T*>(take(values.size() * sizeof(T)));
    void* const pinned = take_pinned(values.size() * sizeof(T));
    std::memcpy(pinned, values.data(), values.size() * sizeof(T));
    ok(table_->upload(lane_, there, pinned, values.size() * sizeof(T)));
    return there;
  }
  template <typename T>
  std::vector<T> get(const T* there, std::size_t count) {
    void* const pinned = take_pinned(count * sizeof(T));
    ok(table_->download(lane_, pinned, there, count * sizeof(T)));
    ok(table_->wait(lane_));
    std::vector<T> values(count);
    std::memcpy(values.data(), pinned, count * sizeof(T));
    return values;
  }

  // Puts `mat` there with rows of `stride` numbers (0: the next multiple of 8), and rounds it here
  // to what it is there. Between the rows lie numbers that are none.
  CudaMat put(OwnedMat* mat, CudaType type, std::size_t stride = 0) {
    if (stride == 0) stride = whole_row(mat->cols);
    std::vector<float> padded(mat->rows * stride, std::nanf(""));
    for (std::size_t r = 0; r < mat->rows; ++r)
      std::copy_n(mat->view().row(r), mat->cols, padded.data() + r * stride);
    CudaMat there{nullptr, mat->rows, mat->cols, stride, type};
    if (type == CudaType::kF32) {
      there.data = put(padded);
      return there;
    }
    std::vector<std::uint16_t> bits;
    for (const float value : padded)
      bits.push_back(type == CudaType::kBf16 ? numbers::bf16_bits(value)
                                             : numbers::f16_bits(value));
    for (float& value : mat->values) {
      value = type == CudaType::kBf16 ? to_float(Bf16{numbers::bf16_bits(value)})
                                      : to_float(F16{numbers::f16_bits(value)});
    }
    there.data = put(bits);
    return there;
  }

  // A matrix of numbers that are none, to be written to.
  CudaMat make(std::size_t rows, std::size_t cols, CudaType type) {
    OwnedMat none(rows, cols);
    for (float& value : none.values) value = std::nanf("");
    return put(&none, type);
  }

  OwnedMat get(const CudaMat& mat) {
    OwnedMat here(mat.rows, mat.cols);
    const std::size_t count = mat.rows * mat.stride;
    const auto copy = [&](const auto& values) {
      for (std::size_t r = 0; r < mat.rows; ++r)
        for (std::size_t c = 0; c < mat.cols; ++c)
          here.view().row(r)[c] = to_float(values[r * mat.stride + c]);
    };
    if (mat.type == CudaType::kF32) copy(get(static_cast<const float*>(mat.data), count));
    if (mat.type == CudaType::kBf16) copy(get(static_cast<const Bf16*>(mat.data), count));
    if (mat.type == CudaType::kF16) copy(get(static_cast<const F16*>(mat.data), count));
    return here;
  }

  // Each number within its rounding of `type`, and `slack` for what the kernel computes in f32.
  void expect_near(const OwnedMat& got, const std::vector<double>& want, CudaType type,
                   double slack, const std::string& what) const {
    ASSERT_EQ(got.values.size(), want.size()) << what;
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double bound = 1.01 * rounding_of(type) * std::abs(want[i]) + slack;
      // Not near where either is no number.
      ASSERT_TRUE(std::abs(got.values[i] - want[i]) <= bound)
          << what << ": row " << i / got.cols << ", column " << i % got.cols << ": "
          << got.values[i] << ", not " << want[i];
    }
  }

  const CudaTable* table_ = nullptr;
  CudaLane* lane_ = nullptr;
  std::vector<void*> memory_;
  std::vector<void*> pinned_;
};

inline constexpr CudaType kAllTypes[] = {CudaType::kF32, CudaType::kBf16, CudaType::kF16};
inline constexpr CudaType kNarrowTypes[] = {CudaType::kBf16, CudaType::kF16};

}  // namespace colvec
