#include "job/embed_texts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class EmbedTexts : public testing::Test {
 protected:
  Result<TextsEmbedded> embed(const std::string& select, const CancelToken* cancel = nullptr,
                              std::function<void(const TextsEmbedded&)> on_progress = {}) {
    VectorStage stage = VectorStage::open(*store_, set_, 4).value();
    Connection connection = database_.connect().value();
    return embed_texts({.reader = connection,
                        .select = select,
                        .encoder = encoder_,
                        .stage = stage,
                        .cancel = cancel,
                        .on_progress = std::move(on_progress)});
  }
  // What the store has, by a query over text_value, embedding, truncated, token_count.
  std::vector<std::string> stored(const std::string& items) {
    const Result<Rows> rows = store_->connection().query(
        "SELECT " + items + " FROM " + store_->vectors_sql(store_->view().value(), set_) +
        " ORDER BY ALL");
    std::vector<std::string> lines;
    for (std::size_t r = 0; r < rows->size(); ++r)
      for (std::size_t c = 0; c < rows->columns(); ++c) lines.push_back(rows->text(r, c));
    return lines;
  }
  std::uint64_t version() { return store_->view()->vectors.version.value(); }

  JobFolder folder_;
  FakeEncoder encoder_;
  Database database_ = Database::open({.threads = 2}).value();
  VectorSet set_ = vector_set_of(encoder_.info().fingerprint, "f32");
  std::unique_ptr<ColumnStore> store_ =
      ColumnStore::open_or_create(local_file_system(), database_, folder_.path() / "store", {})
          .value();
  // Texts of 300 bytes and more: some hundred in a window.
  const std::string many_ = "SELECT 'x' || i || repeat(' and so on', 30) FROM range(5000) r(i)";
};

TEST_F(EmbedTexts, EveryTextGoesThroughOnceAndIsCommitted) {
  std::vector<std::uint64_t> progress;
  const TextsEmbedded done = embed(many_, nullptr, [&](TextsEmbedded so_far) {
                               progress.push_back(so_far.texts);
                             }).value();
  EXPECT_EQ(done.texts, 5000u);
  EXPECT_EQ(done.tokens, 15'000u);
  EXPECT_EQ(done.truncated, 5000u);
  EXPECT_EQ(done.bad_vectors, 0u);
  EXPECT_FALSE(done.cancelled);
  EXPECT_GT(done.encode_ns, 0u);
  EXPECT_GT(progress.size(), 10u);
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.back(), 5000u);
  EXPECT_THAT(stored("count(*), count(DISTINCT text_value)"), ElementsAre("5000", "5000"));
  EXPECT_EQ(encoder_.encoded().size(), 5000u);
}

TEST_F(EmbedTexts, EachTextHasItsOwnVectorAndReport) {
  ASSERT_TRUE(embed("SELECT * FROM (VALUES ('one'), (''), (repeat('long', 11)))"));
  std::vector<std::string> expected;
  for (const std::string& text : {std::string(),
                                  std::string("longlonglonglonglonglonglonglong"
                                              "longlonglong"),
                                  std::string("one")}) {
    std::vector<float> vector(4);
    TextReport report;
    const std::string_view view = text;
    ASSERT_TRUE(encoder_.encode({&view, 1}, {vector.data(), 1, 4}, {&report, 1}, nullptr));
    expected.push_back(text);
    // In 256ths, which are whole.
    expected.push_back(fmt::format("[{}, {}, {}, {}]", vector[0] * 256, vector[1] * 256,
                                   vector[2] * 256, vector[3] * 256));
    expected.push_back(report.truncated ? "true" : "false");
  }
  EXPECT_EQ(stored("text_value, [(v * 256)::INTEGER FOR v IN embedding]::VARCHAR, truncated"),
            expected);
}

TEST_F(EmbedTexts, BadVectorsAreCountedNotStored) {
  const TextsEmbedded done =
      embed("SELECT * FROM (VALUES ('one'), ('nan'), ('nan again'))").value();
  EXPECT_EQ(done.texts, 3u);
  EXPECT_EQ(done.bad_vectors, 2u);
  EXPECT_THAT(stored("text_value"), ElementsAre("one"));
}

TEST_F(EmbedTexts, NoTextsMakeNoVersion) {
  EXPECT_EQ(embed("SELECT 'x' WHERE false")->texts, 0u);
  EXPECT_EQ(version(), 0u);
}

TEST_F(EmbedTexts, AnEncoderIsEnteredAtMostAsOftenAsItSays) {
  encoder_.calls_us_ = 300;
  for (const std::size_t calls_max : {1, 2}) {
    encoder_.calls_max_ = calls_max;
    encoder_.calls_at_once_ = 0;
    ASSERT_TRUE(embed(many_));
    EXPECT_LE(encoder_.calls_at_once_, calls_max);
  }
}

TEST_F(EmbedTexts, AnErrorOfTheModelEndsTheRunAndKeepsWhatIsEmbedded) {
  const auto done = embed(
      "SELECT CASE WHEN i = 3000 THEN 'fail' ELSE 'x' || i END FROM"
      " range(100000) r(i)");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the model fell over");
  EXPECT_LT(encoder_.encoded().size(), 100'000u);
  EXPECT_EQ(version(), 1u);
  EXPECT_THAT(stored("count(*) > 2000, count(*) < 100000, bool_or(text_value = 'fail')"),
              ElementsAre("true", "true", "false"));
}

TEST_F(EmbedTexts, TextsThatCannotBeReadAreAnError) {
  // With more, DuckDB may only say that the thread that asks was interrupted by the one that
  // failed.
  ASSERT_TRUE(database_.connect()->execute("SET threads = 1"));
  const auto done = embed(
      "SELECT CASE WHEN i < 400000 THEN 'x' || i ELSE error('unreadable') END"
      " FROM range(500000) r(i)");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message,
              AllOf(StartsWith("reading the texts: "), HasSubstr("unreadable")));
}

TEST_F(EmbedTexts, ACancelStopsReadingAndCommitsWhatIsUnderWay) {
  CancelToken cancel;
  encoder_.cancel_after = &cancel;
  encoder_.cancel_at = 500;
  const TextsEmbedded done = embed(many_, &cancel).value();
  EXPECT_TRUE(done.cancelled);
  EXPECT_GE(done.texts, 500u);
  EXPECT_LT(done.texts, 5000u);
  EXPECT_THAT(stored("count(*)"), ElementsAre(std::to_string(done.texts)));
}

TEST_F(EmbedTexts, ACancelBreaksOffAQueryThatHangsAndCommitsWhatHasCome) {
  CancelToken cancel;
  const auto requested = request_in_the_middle(encoder_, &cancel);
  const TextsEmbedded done =
      embed("SELECT 'x' || i FROM " + std::string(kFirstRowsOfEndless), &cancel).value();
  EXPECT_TRUE(done.cancelled);
  EXPECT_GE(done.texts, 500u);
  EXPECT_THAT(stored("count(*)"), ElementsAre(std::to_string(done.texts)));
}

TEST_F(EmbedTexts, ACancelBeforeTheFirstTextIsNoError) {
  CancelToken cancel;
  const auto requested = request_soon(&cancel);
  const TextsEmbedded done =
      embed("SELECT t::VARCHAR FROM (" + std::string(kEndless) + ") AS e(t)", &cancel).value();
  EXPECT_TRUE(done.cancelled);
  EXPECT_EQ(done.texts, 0u);
}

}  // namespace
}  // namespace colvec
