#include "encode/text_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(TextLines, ReadsTextsAndPromptNamesInWindows) {
  const ScratchFolder folder;
  const std::string path = folder.write("texts.jsonl",
                                        "{\"text\":\"a\",\"row\":1}\n\n"
                                        "{\"text\":\"b\",\"prompt_name\":null}\n"
                                        "{\"prompt_name\":\"query\",\"text\":\"\"}");
  COLVEC_ASSERT_ASSIGN(TextLines lines, TextLines::open(path));
  COLVEC_ASSERT_ASSIGN(const std::vector<TextLine> first, lines.next({.rows_max = 2}));
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[1].text, "b");
  EXPECT_EQ(first[1].prompt_name, "");
  EXPECT_EQ(first[1].where, path + ": line 3");
  COLVEC_ASSERT_ASSIGN(const std::vector<TextLine> second, lines.next({.rows_max = 2}));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].prompt_name, "query");
  EXPECT_TRUE(lines.next({})->empty());
}

TEST(TextLines, BoundsTheBytesOfAWindow) {
  const ScratchFolder folder;
  const std::string line = "{\"text\":\"" + std::string(100, 'x') + "\"}\n";
  const std::string path = folder.write("texts.jsonl", line + line + line);
  COLVEC_ASSERT_ASSIGN(TextLines lines, TextLines::open(path));
  EXPECT_EQ(lines.next({.bytes_max = 150})->size(), 2u);
  EXPECT_EQ(lines.next({.bytes_max = 150})->size(), 1u);
}

TEST(TextLines, NamesTheLineThatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"{\"text\":\"a\"}\n{\"text\":", "line 2: not valid JSON"},
      {"{\"txt\":\"a\"}", "line 1: missing key: text"},
      {"{\"text\":3}", "line 1: text: not a string: 3"},
      {"{\"text\":\"a\",\"prompt_name\":7}", "line 1: prompt_name: not a string"},
      {"[]", "line 1: not an object"},
      {"{\"text\":\"\xFF\"}", "line 1: not valid JSON"},
  };
  for (const auto& [text, expected] : cases) {
    const ScratchFolder folder;
    COLVEC_ASSERT_ASSIGN(TextLines lines, TextLines::open(folder.write("texts.jsonl", text)));
    const auto window = lines.next({});
    ASSERT_FALSE(window.has_value()) << text;
    EXPECT_EQ(window.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(window.error().message, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace colvec
