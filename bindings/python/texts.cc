#include "texts.h"

#include <cstring>
#include <string>

#include "colvec/utf8.h"

namespace colvec::python {
namespace {

// What a view of type "vu" has for each text: its length, and where its bytes are.
struct ArrowView {
  std::int32_t length;
  char prefix[4];
  std::int32_t buffer;
  std::int32_t offset;
};
constexpr std::int32_t kInlineMax = 12;

bool is_valid(const ArrowArray& array, std::int64_t row) {
  const auto* const bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  return bits == nullptr || ((bits[row / 8] >> (row % 8)) & 1) != 0;
}

template <typename Offset>
std::string_view text_at(const ArrowArray& array, std::int64_t row) {
  const auto* const offsets = static_cast<const Offset*>(array.buffers[1]);
  const auto* const bytes = static_cast<const char*>(array.buffers[2]);
  return {bytes + offsets[row], static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

std::string_view view_at(const ArrowArray& array, std::int64_t row) {
  const ArrowView& view = static_cast<const ArrowView*>(array.buffers[1])[row];
  const auto length = static_cast<std::size_t>(view.length);
  if (view.length <= kInlineMax) return {view.prefix, length};
  return {static_cast<const char*>(array.buffers[2 + view.buffer]) + view.offset, length};
}

using Reader = std::string_view (*)(const ArrowArray& array, std::int64_t row);

Reader reader_of(const char* format) {
  if (std::strcmp(format, "u") == 0) return text_at<std::int32_t>;
  if (std::strcmp(format, "U") == 0) return text_at<std::int64_t>;
  if (std::strcmp(format, "vu") == 0) return view_at;
  return nullptr;
}

[[noreturn]] void refuse_row(std::size_t row, const std::string& problem) {
  throw py::value_error("text " + std::to_string(row) + ": " + problem);
}

[[noreturn]] void fail_stream(ArrowArrayStream* stream) {
  const char* const message = stream->get_last_error(stream);
  throw std::runtime_error(std::string("Arrow: ") +
                           (message == nullptr ? "the stream has failed" : message));
}

}  // namespace

Texts Texts::read(const py::object& source) {
  Texts texts;
  if (py::hasattr(source, "__arrow_c_stream__") || py::hasattr(source, "__arrow_c_array__"))
    texts.read_arrow(source);
  else
    texts.read_sequence(source);
  return texts;
}

void Texts::read_sequence(const py::object& source) {
  // A tuple of our own: whoever changes the list meanwhile does not change what the views point to.
  PyObject* const tuple = PySequence_Tuple(source.ptr());
  if (tuple == nullptr) throw py::error_already_set();
  kept_ = py::reinterpret_steal<py::object>(tuple);
  const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
  views_.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* const item = PyTuple_GET_ITEM(tuple, i);
    if (!PyUnicode_Check(item))
      throw py::type_error("text " + std::to_string(i) + ": must be a str, not " +
                           Py_TYPE(item)->tp_name);
    Py_ssize_t bytes = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(item, &bytes);
    if (text == nullptr) {
      PyErr_Clear();
      refuse_row(static_cast<std::size_t>(i), "has lone surrogates, and so no UTF-8");
    }
    views_.emplace_back(text, static_cast<std::size_t>(bytes));
  }
}

void Texts::read_arrow(const py::object& source) {
  if (!py::hasattr(source, "__arrow_c_stream__")) {
    const py::tuple pair = source.attr("__arrow_c_array__")();
    if (pair.size() != 2) throw py::type_error("__arrow_c_array__: must return two capsules");
    const OwnedSchema schema = take<ArrowSchema>(pair[0], "arrow_schema");
    arrays_.push_back(take<ArrowArray>(pair[1], "arrow_array"));
    return add_arrow(*schema, *arrays_.back());
  }
  const py::object capsule = source.attr("__arrow_c_stream__")();
  OwnedStream stream = take<ArrowArrayStream>(capsule, "arrow_array_stream");
  OwnedSchema schema;
  if (stream.get()->get_schema(stream.get(), schema.get()) != 0) fail_stream(stream.get());
  while (true) {
    OwnedArray array;
    if (stream.get()->get_next(stream.get(), array.get()) != 0) fail_stream(stream.get());
    if (array.get()->release == nullptr) return;  // The end.
    arrays_.push_back(std::move(array));
    add_arrow(*schema, *arrays_.back());
  }
}

void Texts::add_arrow(const ArrowSchema& schema, const ArrowArray& array) {
  const Reader text_of = reader_of(schema.format);
  if (text_of == nullptr)
    throw py::type_error(std::string("an Arrow array of strings is needed (utf8, large_utf8 or "
                                     "utf8_view), not of format \"") +
                         schema.format + "\"; of a table, name the column");
  for (std::int64_t i = array.offset; i < array.offset + array.length; ++i) {
    if (!is_valid(array, i)) refuse_row(views_.size(), "is NULL");
    views_.push_back(text_of(array, i));
    if (!is_valid_utf8(views_.back())) refuse_row(views_.size() - 1, "is not UTF-8");
  }
}

}  // namespace colvec::python
