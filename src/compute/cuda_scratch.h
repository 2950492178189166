// A forward pass on a GPU: a lane to work on, memory for activations, and what the host sends.
//
// Work is only asked for; whether it went well is known at the end. So a scratch remembers the
// first thing that went wrong, asks for nothing more, and code() and download() say what it was.
//
// Thread-safety: thread-compatible; arrays given to upload() may be changed after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "compute/backend.h"
#include "compute/cuda_arena.h"
#include "compute/cuda_handle.h"
#include "compute/cuda_table.h"

namespace colvec {

class CudaScratch final : public Scratch {
 public:
  // What is uploaded once in a pass, however often it is asked for: known by its address, which is
  // why it must stay until clear().
  enum class Kept { kRowStarts, kAttentionItems, kAngles, kAngleRows, kDistanceBias };

  // `number` is its place among the scratches of a backend; `narrow` the type of mat().
  CudaScratch(const CudaTable& table, int device, std::size_t number, CudaType narrow);
  ~CudaScratch() override;

  // kMatsMax matrices at most.
  Mat mat(std::size_t rows, std::size_t cols) override;
  Mat wide(std::size_t rows, std::size_t cols) override;
  // In f16 as mat(), in bf16 as wide(): with 8 bits of a number, roundings of every step would add
  // up to more than the precision promises (docs/decisions/009).
  Mat stream(std::size_t rows, std::size_t cols) override;
  void clear() override;

  // The matrix that a Mat of this scratch stands for.
  CudaMat resolve(Mat mat) const;

  // Of a wide stream, the copy in 16 bits that products take. Whoever writes the stream writes its
  // copy too, or says that it is stale.
  struct NarrowCopy {
    CudaMat mat{};
    bool is_there = false;  // Whether the stream has a copy at all; it is for all of `mat`.
    bool is_fresh = false;
  };
  NarrowCopy narrow_copy(Mat mat) const;
  void set_fresh(Mat mat, bool is_fresh);

  // Memory until the next step: what one operation needs for itself. Rows begin at 16 bytes.
  CudaMat temporary(std::size_t rows, std::size_t cols, CudaType type);
  void begin_step() { temporaries_.clear(); }

  // A copy of `values` on the device, until clear(). Null after a failure, and for none.
  template <typename T>
  const T* upload(std::span<const T> values) {
    return static_cast<const T*>(upload_bytes(values.data(), values.size_bytes()));
  }
  // The same, where make() says what to send for `key`, the first time in a pass.
  template <typename Make>
  auto upload_once(Kept kind, const void* key, Make make) {
    using T = typename decltype(make())::value_type;
    const auto found = kept_.find({kind, key});
    if (found != kept_.end()) return static_cast<const T*>(found->second);
    const auto values = make();
    const T* const there = upload(std::span<const T>(values.data(), values.size()));
    kept_[{kind, key}] = there;
    return there;
  }
  // Memory of the device until clear().
  void* take(std::size_t bytes);

  // Copies to `host`, and waits until it is there. Returns a code of the table.
  int download(const void* from, std::size_t bytes, void* host);

  // Asks for work, unless something went wrong before: ask(lane) returns a code.
  template <typename Ask>
  void run(Ask ask) {
    if (code_ != 0) return;
    may_be_working_ = true;
    code_ = ask(lane_);
  }
  int code() const { return code_; }

 private:
  struct Entry {
    void* data = nullptr;
    CudaType type = CudaType::kF32;
    std::size_t cols = 0;
    void* narrow = nullptr;  // The copy, for a wide stream.
    bool is_fresh = false;
  };
  Mat make_mat(std::size_t rows, std::size_t cols, CudaType type);
  const void* upload_bytes(const void* host, std::size_t bytes);

  const CudaTable& table_;
  int device_;
  std::size_t number_;
  CudaType narrow_;
  CudaLane* lane_ = nullptr;
  int code_ = 0;
  bool may_be_working_ = false;  // Whether work was asked for that nobody has waited for.
  std::vector<Entry> mats_;
  CudaArena memory_;       // Of matrices and uploads.
  CudaArena temporaries_;  // Used again by the next step, which runs after this one.
  CudaArena pinned_;       // What is on its way.
  std::map<std::pair<Kept, const void*>, const void*> kept_;
};

}  // namespace colvec
