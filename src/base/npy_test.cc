#include "base/npy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace colvec {
namespace {

std::filesystem::path scratch_file(const std::string& bytes) {
  const auto path =
      std::filesystem::temp_directory_path() / ("npy_test." + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(Npy, ReadsWhatTheHeaderSays) {
  const float values[6] = {0, 1, 2, 3, 4, 5};
  const std::string data(reinterpret_cast<const char*>(values), sizeof(values));
  const auto path = scratch_file(npy_header(2, 3) + data);
  const NpyMatrix matrix = read_npy(path).value();
  EXPECT_EQ(matrix.rows, 2u);
  EXPECT_EQ(matrix.cols, 3u);
  EXPECT_EQ(matrix.values, std::vector<float>(values, values + 6));
}

TEST(Npy, RefusesWhatDoesNotFit) {
  const std::string header = npy_header(2, 3);
  for (const std::string& bytes :
       {std::string("nonsense"), header, header + "12345678", header.substr(0, 40), std::string()})
    EXPECT_FALSE(read_npy(scratch_file(bytes)).has_value());
}

}  // namespace
}  // namespace colvec
