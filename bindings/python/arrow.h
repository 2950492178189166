// The structs of Arrow's C data and C stream interfaces (a stable ABI that its documentation
// defines field by field), and the capsules in which Python hands them over.
//
// Thread-safety: thread-compatible, with the GIL held.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <utility>

namespace colvec::python {

namespace py = pybind11;

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

}  // extern "C"

// One of the structs above, released at the end of its scope.
template <typename Struct>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Struct taken) : value_(taken) {}
  Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, Struct{})) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Owned() {
    if (value_.release != nullptr) value_.release(&value_);
  }
  Struct* get() { return &value_; }
  const Struct& operator*() const { return value_; }

 private:
  Struct value_{};
};
using OwnedSchema = Owned<ArrowSchema>;
using OwnedArray = Owned<ArrowArray>;
using OwnedStream = Owned<ArrowArrayStream>;

// Takes the struct out of a capsule, whose own becomes released. TypeError: another capsule.
template <typename Struct>
Owned<Struct> take(const py::handle& capsule, const char* name) {
  auto* const found = static_cast<Struct*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (found == nullptr) throw py::error_already_set();
  const Struct taken = *found;
  found->release = nullptr;
  return Owned<Struct>(taken);
}

// The rows of a (rows, dimension) matrix as an array of fixed-size lists of float32: a pair of
// capsules that share the memory of the matrix.
py::tuple arrow_of(const py::array_t<float>& vectors);

}  // namespace colvec::python
