#include "compute/cuda_scratch_pool.h"

#include "base/check.h"

namespace colvec {

// Goes back to the pool at its end.
class CudaScratchPool::Borrowed final : public Scratch {
 public:
  Borrowed(CudaScratchPool& pool, std::unique_ptr<CudaScratch> scratch)
      : pool_(pool), scratch_(std::move(scratch)) {}
  ~Borrowed() override {
    scratch_->clear();
    const std::lock_guard lock(pool_.mutex_);
    pool_.idle_.push_back(std::move(scratch_));
  }
  Mat mat(std::size_t rows, std::size_t cols) override { return scratch_->mat(rows, cols); }
  Mat wide(std::size_t rows, std::size_t cols) override { return scratch_->wide(rows, cols); }
  Mat stream(std::size_t rows, std::size_t cols) override { return scratch_->stream(rows, cols); }
  void clear() override { scratch_->clear(); }

 private:
  CudaScratchPool& pool_;
  std::unique_ptr<CudaScratch> scratch_;
};

std::unique_ptr<Scratch> CudaScratchPool::borrow() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) {
    COLVEC_CHECK(made_ < CudaHandle::kScratchesMax);
    idle_.push_back(std::make_unique<CudaScratch>(table_, device_, made_, narrow_));
    by_number_[made_++] = idle_.back().get();
  }
  std::unique_ptr<CudaScratch> scratch = std::move(idle_.back());
  idle_.pop_back();
  return std::make_unique<Borrowed>(*this, std::move(scratch));
}

CudaScratch& CudaScratchPool::of(Mat mat) const {
  CudaScratch* const scratch = by_number_[CudaHandle::of(mat.data).scratch];
  COLVEC_CHECK(scratch != nullptr);
  return *scratch;
}

}  // namespace colvec
