#include "batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>

namespace colvec::server {
namespace {

// The vector of a text is its length and its first byte; ids must be below 100.
class FakeEncoder final : public Encoder {
 public:
  FakeEncoder() {
    info_.model = "fake";
    info_.dimension = 2;
  }
  const EncoderInfo& info() const override { return info_; }

  Status encode(std::span<const std::string_view> texts, VectorRows out,
                std::span<TextReport> reports, EncodeTimes*) override {
    if (gate.valid()) gate.wait();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i] == "huge") throw std::bad_alloc();
      if (texts[i] == "bad") return fail(ErrorCode::kUnsupported, "bad text");
      out.row(i)[0] = static_cast<float>(texts[i].size());
      out.row(i)[1] = static_cast<float>(texts[i].empty() ? 0 : texts[i][0]);
      reports[i] = {static_cast<std::uint32_t>(texts[i].size()), false};
    }
    return {};
  }

  Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                    std::span<TextReport> reports) override {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i][0] >= 100)
        return fail(ErrorCode::kInvalidArgument, "[" + std::to_string(i) + "]: too large");
      out.row(i)[0] = static_cast<float>(ids[i].size());
      out.row(i)[1] = static_cast<float>(ids[i][0]);
      reports[i] = {static_cast<std::uint32_t>(ids[i].size()), false};
    }
    return {};
  }

  std::shared_future<void> gate{};  // encode() waits for it.

 private:
  EncoderInfo info_;
};

using Answered = std::future<Result<EmbedAnswer>>;

Answered ask(Batcher& batcher, EmbedAsk ask) {
  const auto promise = std::make_shared<std::promise<Result<EmbedAnswer>>>();
  ask.done = [promise](Result<EmbedAnswer> answer) { promise->set_value(std::move(answer)); };
  Answered answered = promise->get_future();
  EXPECT_TRUE(batcher.post(std::move(ask)));
  return answered;
}

std::vector<float> expected(const std::vector<std::string>& texts) {
  std::vector<float> vectors;
  for (const std::string& text : texts) {
    vectors.push_back(static_cast<float>(text.size()));
    vectors.push_back(static_cast<float>(text[0]));
  }
  return vectors;
}

TEST(Batcher, GivesEachRequestItsOwnVectorsInOrder) {
  std::promise<void> open;
  auto encoder = std::make_unique<FakeEncoder>();
  encoder->gate = open.get_future().share();
  std::atomic<std::size_t> texts = 0;
  std::atomic<std::size_t> batches = 0;
  std::vector<std::vector<std::string>> asked;
  std::vector<Answered> answers;
  Batcher batcher(std::move(encoder), [&](std::size_t count, std::uint64_t) {
    texts += count;
    ++batches;
  });
  std::size_t all = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    std::vector<std::string>& mine = asked.emplace_back();
    // One request has more texts than fit into a batch.
    for (std::size_t j = 0; j < (i == 50 ? 500 : 1 + i % 3); ++j)
      mine.push_back(std::string(1 + j, static_cast<char>('a' + i % 26)));
    all += mine.size();
    answers.push_back(ask(batcher, {.texts = mine}));
  }
  open.set_value();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Result<EmbedAnswer> answer = answers[i].get();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->vectors, expected(asked[i])) << i;
    EXPECT_EQ(answer->reports.back().token_count, asked[i].back().size());
  }
  EXPECT_EQ(texts, all);
  EXPECT_LT(batches, 100u);  // Requests that waited together went together.
  EXPECT_EQ(batcher.waiting(), 0u);
}

TEST(Batcher, LetsAFailureMeetOnlyWhoCausedIt) {
  std::promise<void> open;
  auto encoder = std::make_unique<FakeEncoder>();
  encoder->gate = open.get_future().share();
  Batcher batcher(std::move(encoder), {});
  std::vector<Answered> answers;
  for (const char* text : {"a", "bad", "c", "d"})
    answers.push_back(ask(batcher, {.texts = {text}}));
  open.set_value();
  EXPECT_TRUE(answers[0].get());
  EXPECT_EQ(answers[1].get().error().message, "bad text");
  EXPECT_TRUE(answers[2].get());
  EXPECT_TRUE(answers[3].get());
}

TEST(Batcher, OutlivesWhatThrows) {
  std::promise<void> open;
  auto encoder = std::make_unique<FakeEncoder>();
  encoder->gate = open.get_future().share();
  Batcher batcher(std::move(encoder), {});
  std::vector<Answered> answers;
  for (const char* text : {"a", "huge", "c"}) answers.push_back(ask(batcher, {.texts = {text}}));
  // Its answer cannot be made: that is no matter of the others.
  EXPECT_TRUE(
      batcher.post({.texts = {"d"}, .done = [](Result<EmbedAnswer>) { throw std::bad_alloc(); }}));
  answers.push_back(ask(batcher, {.texts = {"e"}}));
  open.set_value();
  for (const std::size_t i : {0u, 2u, 3u}) EXPECT_TRUE(answers[i].get()) << i;
  const Result<EmbedAnswer> failed = answers[1].get();
  ASSERT_FALSE(failed);
  EXPECT_EQ(http_status(failed.error().code), 500);
  EXPECT_THAT(failed.error().message, testing::StartsWith("internal error: "));
}

TEST(Batcher, TakesIdsBesideTexts) {
  Batcher batcher(std::make_unique<FakeEncoder>(), {});
  Answered text = ask(batcher, {.texts = {"ab"}});
  Answered ids = ask(batcher, {.ids = {{7, 8, 9}, {5}}});
  Answered wrong = ask(batcher, {.ids = {{1}, {100}}});
  EXPECT_THAT(text.get()->vectors, testing::ElementsAre(2, 'a'));
  EXPECT_THAT(ids.get()->vectors, testing::ElementsAre(3, 7, 1, 5));
  EXPECT_EQ(wrong.get().error().message, "[1]: too large");
}

TEST(Batcher, TakesIdsInSharesToo) {
  std::promise<void> open;
  auto encoder = std::make_unique<FakeEncoder>();
  encoder->gate = open.get_future().share();
  std::atomic<bool> is_large = false;
  Batcher batcher(std::move(encoder), [&](std::size_t texts, std::uint64_t) {
    if (texts > 64) is_large = true;
  });
  Answered first = ask(batcher, {.texts = {"keeps a thread"}});
  Answered second = ask(batcher, {.texts = {"and the other one"}});
  std::vector<std::vector<std::uint32_t>> many(2000, {1});
  many[1234] = {100};
  Answered wrong = ask(batcher, {.ids = many});
  many[1234] = {5, 6};
  Answered right = ask(batcher, {.ids = many});
  Answered small = ask(batcher, {.ids = {{7}}});
  open.set_value();
  EXPECT_THAT(small.get()->vectors, testing::ElementsAre(1, 7));
  EXPECT_EQ(right.get()->vectors[2 * 1234], 2);
  EXPECT_EQ(wrong.get().error().message, "[1234]: too large");
  EXPECT_FALSE(is_large);
}

TEST(Batcher, AnswersAllBeforeItEnds) {
  std::vector<Answered> answers;
  {
    Batcher batcher(std::make_unique<FakeEncoder>(), {});
    for (int i = 0; i < 50; ++i) answers.push_back(ask(batcher, {.texts = {"a", "b"}}));
  }
  for (Answered& answer : answers) EXPECT_TRUE(answer.get());
}

TEST(Batcher, RefusesWhenTooMuchWaits) {
  std::promise<void> open;
  auto encoder = std::make_unique<FakeEncoder>();
  encoder->gate = open.get_future().share();
  std::vector<Answered> answers;
  Batcher batcher(std::move(encoder), {});
  const std::vector<std::string> many(20000, "a");
  answers.push_back(ask(batcher, {.texts = many}));
  answers.push_back(ask(batcher, {.texts = many}));
  EmbedAsk refused{.texts = many, .done = [](Result<EmbedAnswer>) { FAIL(); }};
  EXPECT_FALSE(batcher.post(std::move(refused)));
  open.set_value();
  for (Answered& answer : answers) EXPECT_TRUE(answer.get());
}

}  // namespace
}  // namespace colvec::server
