#include "tokenizer/reference_tokenizer.h"

#include "gtest/gtest.h"
#include "tokenizer/unicode.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

// Gives each word one id: the number of its characters, or 100 more where it begins with "_".
class CountingModel final : public WordModel {
 public:
  void append_ids(std::u32string_view word, std::vector<TokenId>* ids) const override {
    ids->push_back(static_cast<TokenId>(word.size() + (word[0] == U'_' ? 100 : 0)));
  }
};

std::unique_ptr<Tokenizer> make(TokenizerSpec spec) {
  return make_reference_tokenizer(std::move(spec), {.id_max = 7, .unknown_id = 5},
                                  std::make_unique<CountingModel>());
}

using Ids = std::vector<TokenId>;

TEST(ReferenceTokenizer, RunsItsStepsInOrder) {
  TokenizerSpec spec;
  spec.normalizer = {replace_step(U"x", U"yy")};
  spec.pre_tokenizer = {PreTokenizerKind::kWhitespaceSplit};
  spec.added_tokens = {{.content = "ax", .id = 900},
                       {.content = "x", .id = 901, .normalized = true}};
  spec.special_tokens = {.before = {800}, .after = {801, 802}};
  const auto tokenizer = make(std::move(spec));
  // "ax" is found in the text itself, "x" as the "yy" that it has become.
  EXPECT_EQ(encode(*tokenizer, "one ax b x"), (Ids{800, 3, 900, 1, 901, 801, 802}));
  EXPECT_EQ(encode(*tokenizer, "one ax b x", 5), (Ids{800, 3, 900, 801, 802}));
  EXPECT_EQ(encode(*tokenizer, "byy", 5), (Ids{800, 1, 901, 801, 802}));
  EXPECT_EQ(tokenizer->special_count(), 3u);
  EXPECT_EQ(tokenizer->id_max(), 7u);
  EXPECT_EQ(tokenizer->unknown_id(), 5u);
}

TEST(ReferenceTokenizer, KnowsTheFirstWordOfATextAlone) {
  TokenizerSpec spec;
  PreTokenizerStep step = metaspace_step(PrependScheme::kFirst);
  step.replacement = U'_';
  spec.pre_tokenizer = {step};
  spec.added_tokens = {{.content = "<a>", .id = 900}};
  const auto tokenizer = make(std::move(spec));
  EXPECT_EQ(encode(*tokenizer, "one<a>one"), (Ids{104, 900, 3}));
  EXPECT_EQ(encode(*tokenizer, "<a>one"), (Ids{900, 3}));
}

}  // namespace
}  // namespace colvec
