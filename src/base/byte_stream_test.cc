#include "base/byte_stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "temporary_folder.h"
#include "testdata.h"

namespace colvec {
namespace {

std::string file_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& path) {
  Result<LineReader> reader = LineReader::open(path);
  EXPECT_TRUE(reader.has_value());
  std::vector<std::string> lines;
  std::string_view line;
  while (*reader->next(&line)) {
    lines.emplace_back(line);
    EXPECT_EQ(reader->line_number(), lines.size());
  }
  return lines;
}

TEST(ByteStream, ReadsLinesWithAndWithoutALastLineFeed) {
  const TemporaryFolder folder;
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of(folder.write("empty", "")), Lines{});
  EXPECT_EQ(lines_of(folder.write("one", "a")), Lines{"a"});
  EXPECT_EQ(lines_of(folder.write("two", "a\n\nb\n")), (Lines{"a", "", "b"}));
}

TEST(ByteStream, ReadsLinesLongerThanItsBuffer) {
  const TemporaryFolder folder;
  const std::string longest(3'000'000, 'x');
  EXPECT_EQ(lines_of(folder.write("long", "a\n" + longest + "\n" + longest + "b")),
            (std::vector<std::string>{"a", longest, longest + "b"}));
}

TEST(ByteStream, RewritesTheStartOfAPlainFile) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "out").string();
  {
    COLVEC_ASSERT_ASSIGN(ByteWriter writer, ByteWriter::open(path));
    ASSERT_TRUE(writer.can_rewrite());
    ASSERT_TRUE(writer.write("0000").has_value());
    ASSERT_TRUE(writer.write("rest").has_value());
    ASSERT_TRUE(writer.rewrite_start("head").has_value());
  }
  EXPECT_EQ(file_text(path), "headrest");
}

TEST(ByteStream, NamesThePathInErrors) {
  EXPECT_EQ(LineReader::open("/no/such/file").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ByteWriter::open("/no/such/file").error().message,
            "/no/such/file: No such file or directory");
  COLVEC_ASSERT_ASSIGN(ByteWriter full, ByteWriter::open("/dev/full"));
  EXPECT_FALSE(full.can_rewrite());
  EXPECT_EQ(full.write("x").error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
