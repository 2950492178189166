#include "compute/cuda_scratch.h"

#include <cstring>
#include <limits>

#include "base/check.h"

namespace colvec {

CudaScratch::CudaScratch(const CudaTable& table, int device, std::size_t number, CudaType narrow)
    : table_(table),
      device_(device),
      number_(number),
      narrow_(narrow),
      memory_(table, device),
      temporaries_(table, device),
      pinned_(table, CudaArena::kHost) {
  code_ = table.open_lane(device, &lane_);
}

CudaScratch::~CudaScratch() {
  if (lane_ != nullptr) table_.close_lane(lane_);  // First: it may be using the memory.
}

Mat CudaScratch::mat(std::size_t rows, std::size_t cols) { return make_mat(rows, cols, narrow_); }

Mat CudaScratch::wide(std::size_t rows, std::size_t cols) {
  return make_mat(rows, cols, CudaType::kF32);
}

Mat CudaScratch::stream(std::size_t rows, std::size_t cols) {
  if (narrow_ == CudaType::kF16) return mat(rows, cols);
  const Mat made = wide(rows, cols);
  mats_.back().narrow = take(rows * made.stride * bytes_of(narrow_));
  return made;
}

CudaScratch::NarrowCopy CudaScratch::narrow_copy(Mat mat) const {
  const CudaHandle handle = CudaHandle::of(mat.data);
  const Entry& entry = mats_[handle.mat];
  if (entry.narrow == nullptr || handle.element != 0 || mat.cols != entry.cols) return {};
  return {.mat = {.data = entry.narrow,
                  .rows = mat.rows,
                  .cols = mat.cols,
                  .stride = mat.stride,
                  .type = narrow_},
          .is_there = true,
          .is_fresh = entry.is_fresh};
}

void CudaScratch::set_fresh(Mat mat, bool is_fresh) {
  mats_[CudaHandle::of(mat.data).mat].is_fresh = is_fresh;
}

Mat CudaScratch::make_mat(std::size_t rows, std::size_t cols, CudaType type) {
  const std::size_t stride = whole_row(cols);
  COLVEC_CHECK(mats_.size() < CudaHandle::kMatsMax);
  COLVEC_CHECK(stride == 0 || rows < CudaHandle::kElementsMax / stride);
  const CudaHandle handle{.scratch = number_, .mat = mats_.size(), .element = 0};
  mats_.push_back({.data = take(rows * stride * bytes_of(type)), .type = type, .cols = cols});
  return {handle.pointer(), rows, cols, stride};
}

void CudaScratch::clear() {
  // A pass that was given up may still be running on the memory that is taken back.
  if (may_be_working_ && lane_ != nullptr) table_.wait(lane_);
  may_be_working_ = false;
  if (code_ != 0) {
    memory_.release();
    temporaries_.release();
    pinned_.release();
  }
  mats_.clear();
  kept_.clear();
  memory_.clear();
  temporaries_.clear();
  pinned_.clear();
  // A lane that there was no memory for may be had by now.
  code_ = lane_ == nullptr ? table_.open_lane(device_, &lane_) : 0;
}

CudaMat CudaScratch::resolve(Mat mat) const {
  const CudaHandle handle = CudaHandle::of(mat.data);
  COLVEC_CHECK(handle.scratch == number_ && handle.mat < mats_.size());
  const Entry& entry = mats_[handle.mat];
  char* const data = static_cast<char*>(entry.data);
  return {.data = data == nullptr ? nullptr : data + handle.element * bytes_of(entry.type),
          .rows = mat.rows,
          .cols = mat.cols,
          .stride = mat.stride,
          .type = entry.type};
}

CudaMat CudaScratch::temporary(std::size_t rows, std::size_t cols, CudaType type) {
  CudaMat mat{.data = nullptr, .rows = rows, .cols = cols, .stride = whole_row(cols), .type = type};
  run([&](CudaLane*) { return temporaries_.take(rows * mat.stride * bytes_of(type), &mat.data); });
  return mat;
}

void* CudaScratch::take(std::size_t bytes) {
  void* memory = nullptr;
  run([&](CudaLane*) { return memory_.take(bytes, &memory); });
  return memory;
}

const void* CudaScratch::upload_bytes(const void* host, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* const there = take(bytes);
  void* pinned = nullptr;
  run([&](CudaLane*) { return pinned_.take(bytes, &pinned); });
  run([&](CudaLane* lane) {
    std::memcpy(pinned, host, bytes);
    return table_.upload(lane, there, pinned, bytes);
  });
  return code_ == 0 ? there : nullptr;
}

int CudaScratch::download(const void* from, std::size_t bytes, void* host) {
  void* pinned = nullptr;
  run([&](CudaLane*) { return pinned_.take(bytes, &pinned); });
  run([&](CudaLane* lane) { return table_.download(lane, pinned, from, bytes); });
  run([&](CudaLane* lane) { return table_.wait(lane); });
  if (code_ != 0) return code_;
  may_be_working_ = false;
  std::memcpy(host, pinned, bytes);
  return 0;
}

}  // namespace colvec
