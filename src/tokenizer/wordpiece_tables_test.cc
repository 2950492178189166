#include "tokenizer/wordpiece_tables.h"

#include "gtest/gtest.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

WordPieceTables tables_of(const std::string& tokenizer_json) {
  const TokenizerSpec spec = parse_tokenizer_spec(json_of(tokenizer_json)).value();
  return WordPieceTables(spec, {.unknown_id = 1});
}

TEST(WordPieceTables, SortBytesByTheWorkThatTheyNeed) {
  const WordPieceTables tables = tables_of(tiny_tokenizer_json());
  EXPECT_TRUE(tables.makes_lowercase);
  for (const char c : {'a', 'Z', '0'}) EXPECT_EQ(tables.byte_kinds[c], ByteKind::kAlnum) << c;
  for (const char c : {' ', '\n'}) EXPECT_EQ(tables.byte_kinds[c], ByteKind::kSeparator);
  for (const char c : {'.', ']'}) EXPECT_EQ(tables.byte_kinds[c], ByteKind::kAlone) << c;
  EXPECT_EQ(tables.byte_kinds['['], ByteKind::kOther);  // Begins [CLS].
  EXPECT_EQ(tables.byte_kinds['\x07'], ByteKind::kOther);
  EXPECT_EQ(tables.byte_kinds[0xC3], ByteKind::kOther);
  EXPECT_EQ(tables.alone_ids['.'], 9u);
  EXPECT_EQ(tables.alone_ids['!'], 1u);
}

TEST(WordPieceTables, LookCloserWhereALetterBeginsAnAddedToken) {
  const WordPieceTables tables =
      tables_of(tiny_tokenizer_json({{R"("content": "[CLS]")", R"("content": "Yes")"}}));
  EXPECT_EQ(tables.byte_kinds['Y'], ByteKind::kOther);
  EXPECT_EQ(tables.byte_kinds['y'], ByteKind::kAlnum);
}

}  // namespace
}  // namespace colvec
