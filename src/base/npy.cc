#include "base/npy.h"

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/file.h"

namespace colvec {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kHeaderBytes = 128;  // A multiple of 64, as the format asks.

// The value after `'key': ` in the header's Python literal.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::size_t found = header.find("'" + std::string(key) + "':");
  if (found == std::string_view::npos) return {};
  std::string_view rest = header.substr(found + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

Result<std::vector<std::size_t>> shape_of(std::string_view text) {
  std::vector<std::size_t> shape;
  const auto wrong = [] { return fail(ErrorCode::kCorruption, "npy: cannot read the shape"); };
  if (text.empty() || text.front() != '(') return wrong();
  const char* p = text.data() + 1;
  const char* const end = text.data() + text.size();
  while (p < end && *p != ')') {
    std::size_t value = 0;
    const auto [next, error] = std::from_chars(p, end, value);
    if (error != std::errc()) return wrong();
    shape.push_back(value);
    p = next;
    while (p < end && (*p == ',' || *p == ' ')) ++p;
  }
  if (p == end) return wrong();
  return shape;
}

Result<NpyMatrix> parse(std::string_view file) {
  if (file.size() < 10 || file.substr(0, 6) != kMagic)
    return fail(ErrorCode::kCorruption, "not a NumPy file");
  if (file[6] != 1) return fail(ErrorCode::kUnsupported, "only NPY version 1.0 is read");
  const std::size_t header_bytes =
      static_cast<std::uint8_t>(file[8]) + 256u * static_cast<std::uint8_t>(file[9]);
  if (10 + header_bytes > file.size()) return fail(ErrorCode::kCorruption, "header cut short");
  const std::string_view header = file.substr(10, header_bytes);
  if (!value_of(header, "descr").starts_with("'<f4'"))
    return fail(ErrorCode::kUnsupported, "the numbers must be float32 ('<f4')");
  if (!value_of(header, "fortran_order").starts_with("False"))
    return fail(ErrorCode::kUnsupported, "the order must be C");
  COLVEC_ASSIGN(const std::vector<std::size_t> shape, shape_of(value_of(header, "shape")));
  if (shape.size() != 2) return fail(ErrorCode::kUnsupported, "the array must have two dimensions");

  NpyMatrix matrix{.rows = shape[0], .cols = shape[1], .values = {}};
  const std::string_view data = file.substr(10 + header_bytes);
  const std::size_t count = data.size() / sizeof(float);
  if (matrix.cols == 0 || data.size() % sizeof(float) != 0 || count % matrix.cols != 0 ||
      count / matrix.cols != matrix.rows)
    return fail(ErrorCode::kCorruption, "the shape does not fit the length of the file");
  matrix.values.resize(count);
  if (!data.empty()) std::memcpy(matrix.values.data(), data.data(), data.size());
  return matrix;
}

}  // namespace

Result<NpyMatrix> read_npy(const std::filesystem::path& path) {
  COLVEC_ASSIGN(const std::string file, read_file(path, std::size_t{16} << 30));
  Result<NpyMatrix> matrix = parse(file);
  if (!matrix) return at(path.string(), std::move(matrix).error());
  return matrix;
}

std::string npy_header(std::size_t rows, std::size_t cols) {
  std::string header(kMagic);
  header += '\x01';
  header += '\x00';
  const std::size_t literal_bytes = kHeaderBytes - 10;
  header += static_cast<char>(literal_bytes & 0xFF);
  header += static_cast<char>(literal_bytes >> 8);
  header += "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
            std::to_string(cols) + "), }";
  COLVEC_CHECK(header.size() < kHeaderBytes);
  header.resize(kHeaderBytes - 1, ' ');
  header += '\n';
  return header;
}

}  // namespace colvec
