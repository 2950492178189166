#include "arrow.h"

#include <array>
#include <memory>
#include <string>

namespace colvec::python {
namespace {

constexpr const char* kSchemaCapsule = "arrow_schema";
constexpr const char* kArrayCapsule = "arrow_array";
constexpr std::int64_t kNullable = 2;

// What an exported schema of one child lives in.
struct SchemaParts {
  std::string format;
  ArrowSchema child{};
  std::array<ArrowSchema*, 1> children{&child};
};

void release_child_schema(ArrowSchema* schema) { schema->release = nullptr; }

void release_schema(ArrowSchema* schema) {
  auto* const parts = static_cast<SchemaParts*>(schema->private_data);
  if (parts->child.release != nullptr) parts->child.release(&parts->child);
  delete parts;
  schema->release = nullptr;
}

// What an exported array lives in; `owner` keeps its memory alive.
struct ArrayParts {
  py::object owner;
  std::array<const void*, 1> no_buffers{nullptr};  // No validity: nothing is null.
  std::array<const void*, 2> value_buffers{nullptr, nullptr};
  ArrowArray child{};
  std::array<ArrowArray*, 1> children{&child};
};

void release_child_array(ArrowArray* array) { array->release = nullptr; }

// May be called by any thread, long after.
void release_array(ArrowArray* array) {
  auto* const parts = static_cast<ArrayParts*>(array->private_data);
  if (parts->child.release != nullptr) parts->child.release(&parts->child);
  array->release = nullptr;
  const py::gil_scoped_acquire acquired;
  delete parts;
}

template <typename Struct>
void destroy_capsule(PyObject* capsule) {
  auto* const held =
      static_cast<Struct*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
  if (held->release != nullptr) held->release(held);
  delete held;
}

template <typename Struct>
py::object capsule_of(std::unique_ptr<Struct> held, const char* name) {
  PyObject* const capsule = PyCapsule_New(held.get(), name, destroy_capsule<Struct>);
  if (capsule == nullptr) throw py::error_already_set();
  held.release();
  return py::reinterpret_steal<py::object>(capsule);
}

py::object schema_of(py::ssize_t dimension) {
  auto parts = std::make_unique<SchemaParts>();
  parts->format = "+w:" + std::to_string(dimension);
  parts->child.format = "f";
  parts->child.name = "item";
  parts->child.release = release_child_schema;
  auto schema = std::make_unique<ArrowSchema>();
  schema->format = parts->format.c_str();
  schema->name = "";
  schema->flags = kNullable;
  schema->n_children = 1;
  schema->children = parts->children.data();
  schema->release = release_schema;
  schema->private_data = parts.release();
  return capsule_of(std::move(schema), kSchemaCapsule);
}

}  // namespace

py::tuple arrow_of(const py::array_t<float>& vectors) {
  if (vectors.ndim() != 2 || (vectors.flags() & py::array::c_style) == 0)
    throw py::type_error("vectors: must be a matrix whose rows lie one after the other");
  auto parts = std::make_unique<ArrayParts>();
  parts->owner = vectors;
  parts->value_buffers[1] = vectors.data();
  parts->child.length = vectors.size();
  parts->child.n_buffers = 2;
  parts->child.buffers = parts->value_buffers.data();
  parts->child.release = release_child_array;
  auto array = std::make_unique<ArrowArray>();
  array->length = vectors.shape(0);
  array->n_buffers = 1;
  array->buffers = parts->no_buffers.data();
  array->n_children = 1;
  array->children = parts->children.data();
  array->release = release_array;
  array->private_data = parts.release();
  return py::make_tuple(schema_of(vectors.shape(1)), capsule_of(std::move(array), kArrayCapsule));
}

}  // namespace colvec::python
