#include "encode/lexical.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/parallel.h"
#include "testdata.h"

namespace colvec {
namespace {

using testing::HasSubstr;

constexpr std::size_t kDimension = 384;

EncoderOptions with_prompt(std::string prompt) {
  EncoderOptions options;
  options.prompt = std::move(prompt);
  options.has_prompt = true;
  return options;
}

EncoderOptions with_dimension(std::size_t dimension) {
  EncoderOptions options;
  options.dimension = dimension;
  return options;
}

EncoderOptions without_scaling() {
  EncoderOptions options;
  options.normalize = false;
  return options;
}

std::unique_ptr<Encoder> open(const EncoderOptions& options = {}) {
  auto encoder = open_lexical_encoder(options);
  EXPECT_TRUE(encoder.has_value());
  return std::move(*encoder);
}

struct Encoded {
  std::vector<float> vectors;  // (texts, 384)
  std::vector<TextReport> reports;

  std::span<const float> row(std::size_t i) const {
    return std::span(vectors).subspan(i * kDimension, kDimension);
  }
};

Encoded encode(Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Encoded encoded{std::vector<float>(texts.size() * kDimension, -7.0f),
                  std::vector<TextReport>(texts.size())};
  EXPECT_TRUE(encoder
                  .encode(views, {encoded.vectors.data(), texts.size(), kDimension},
                          encoded.reports, nullptr)
                  .has_value());
  return encoded;
}

double dot(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double cosine(const std::string& a, const std::string& b) {
  const auto encoder = open();
  const Encoded encoded = encode(*encoder, {a, b});
  return dot(encoded.row(0), encoded.row(1));
}

std::string bytes_hash(std::span<const float> vector) {
  Sha256 sha;
  sha.update(std::as_bytes(vector));
  const Digest digest = sha.finish();
  return hex(std::span(digest).first(8));
}

// Ordinary, multilingual, repeated and odd texts, enough for several pieces of work.
std::vector<std::string> varied_texts() {
  std::vector<std::string> texts = {
      "A man with a hard hat is dancing.", "", "?!", "東京都 한글 Москва ไทย", "the the the", "x"};
  for (std::size_t i = 0; i < 600; ++i)
    texts.push_back("row " + std::to_string(i) + std::string(i % 40, 'z') + " of the table");
  return texts;
}

// The hashes are from tools/lexical_reference.py, which was written from docs/lexical.md alone.
// Whoever has to change these must raise kAlgorithmVersion too: the stored vectors of users would
// no longer be comparable with new ones.
TEST(Lexical, GivesTheVectorsOfAlgorithmVersion1) {
  const auto encoder = open();
  const struct {
    const char* text;
    const char* hash;
  } cases[] = {
      {"A man with a hard hat is dancing.", "5e3a92e7acfc1dac"},
      {"libduckdb: 1,234 files (64-bit) & more; it's running, running, RUNNING",
       "c8257a25fac56e44"},
      {"Straße ÉTÉ ﬁn Σίσυφος Москва ไทย 東京都 データ 한글 👍 ٣٤", "0c6fd6c8b54d9c03"},
      {"?!", "147419f536b98019"},
      {"", "80422bc3d307b4a2"},
  };
  for (const auto& [text, hash] : cases)
    EXPECT_EQ(bytes_hash(encode(*encoder, {text}).row(0)), hash) << text;
  EXPECT_EQ(encoder->info().fingerprint,
            "1839b145a03c6123c1cfacd992e92d1a77712a2c995847de836886d75e7cf394");
}

TEST(Lexical, SaysWhatItIs) {
  const auto encoder = open();
  const EncoderInfo& info = encoder->info();
  EXPECT_EQ(info.model, "builtin:lexical");
  EXPECT_EQ(info.kind, "lexical");
  EXPECT_EQ(info.dimension, kDimension);
  EXPECT_EQ(info.tokens_max, 0u);
  EXPECT_EQ(info.isa, "any");
  EXPECT_FALSE(info.is_neural);
  EXPECT_THAT(info.note, HasSubstr("not a neural model"));
}

TEST(Lexical, NamesWhatDecidesTheVectorInItsFingerprint) {
  const std::string plain = open()->info().fingerprint;
  EXPECT_EQ(open()->info().fingerprint, plain);
  EXPECT_NE(open(with_prompt("query: "))->info().fingerprint, plain);
  EXPECT_NE(open(without_scaling())->info().fingerprint, plain);
}

TEST(Lexical, RefusesOptionsThatItDoesNotHave) {
  const auto smaller = open_lexical_encoder(with_dimension(128));
  ASSERT_FALSE(smaller.has_value());
  EXPECT_EQ(smaller.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(smaller.error().message, "builtin:lexical: dimension: only 384 can be had, not 128");
  EncoderOptions named;
  named.prompt_name = "title";
  EXPECT_FALSE(open_lexical_encoder(named).has_value());
  named.prompt_name = "query";  // Every model has one, which may be empty.
  EXPECT_TRUE(open_lexical_encoder(named).has_value());
  EncoderOptions stripped;
  stripped.strip = true;
  EXPECT_EQ(open_lexical_encoder(stripped).error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(open_lexical_encoder(with_dimension(kDimension)).has_value());
}

TEST(Lexical, GivesVectorsOfLength1) {
  const auto encoder = open();
  const auto texts = varied_texts();
  const Encoded encoded = encode(*encoder, texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const double expected = texts[i].empty() ? 0.0 : 1.0;
    EXPECT_NEAR(std::sqrt(dot(encoded.row(i), encoded.row(i))), expected, 1e-6) << texts[i];
  }
}

TEST(Lexical, LeavesTheLengthAloneWhenAsked) {
  const auto encoder = open(without_scaling());
  const Encoded encoded = encode(*encoder, {"dog", "dog house"});
  EXPECT_GT(dot(encoded.row(1), encoded.row(1)), 1.5 * dot(encoded.row(0), encoded.row(0)));
}

TEST(Lexical, GivesZerosForATextOfNothing) {
  const auto encoder = open();
  for (const char* text : {"", " \n\t", "\x01"}) {
    const Encoded encoded = encode(*encoder, {text});
    EXPECT_EQ(dot(encoded.row(0), encoded.row(0)), 0.0);
    EXPECT_EQ(encoded.reports[0].token_count, 0u);
  }
}

TEST(Lexical, TellsTextsOfPunctuationApart) {
  EXPECT_NEAR(cosine("?!", "! ?"), 1.0, 1e-6);
  EXPECT_LT(cosine("?!", "..."), 0.5);
}

TEST(Lexical, EncodesATextAloneAsInABatch) {
  const auto encoder = open();
  const auto texts = varied_texts();
  const Encoded together = encode(*encoder, texts);
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(std::memcmp(encode(*encoder, {texts[i]}).vectors.data(), together.row(i).data(),
                          kDimension * sizeof(float)),
              0)
        << texts[i];
}

TEST(Lexical, DoesNotDependOnThreadsOrOrder) {
  const auto encoder = open();
  auto texts = varied_texts();
  const Encoded many = encode(*encoder, texts);
  const ThreadLimit one(1);
  std::reverse(texts.begin(), texts.end());
  const Encoded reversed = encode(*encoder, texts);
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(bytes_hash(many.row(i)), bytes_hash(reversed.row(texts.size() - 1 - i)));
}

TEST(Lexical, PutsThePromptBeforeTheText) {
  const auto prompted = open(with_prompt("query: "));
  const auto plain = open();
  EXPECT_EQ(bytes_hash(encode(*prompted, {"red shoes"}).row(0)),
            bytes_hash(encode(*plain, {"query: red shoes"}).row(0)));
  EncoderOptions without = with_prompt("query: ");
  without.has_prompt = false;
  const auto ignored = open(without);
  EXPECT_EQ(bytes_hash(encode(*ignored, {"red shoes"}).row(0)),
            bytes_hash(encode(*plain, {"red shoes"}).row(0)));
}

TEST(Lexical, CountsWords) {
  const auto encoder = open();
  const Encoded encoded = encode(*encoder, {"It's 3 o'clock.", "東京 tower", "?!"});
  EXPECT_EQ(encoded.reports[0].token_count, 5u);
  EXPECT_EQ(encoded.reports[1].token_count, 3u);
  EXPECT_EQ(encoded.reports[2].token_count, 2u);
  EXPECT_FALSE(encoded.reports[0].truncated);
}

TEST(Lexical, FindsTextsThatShareWordsNear) {
  const std::string text = "A man is riding a white horse";
  EXPECT_NEAR(cosine(text, "a MAN is riding, a white horse!"), 1.0, 1e-6);
  EXPECT_GT(cosine(text, "The man rides a horse"), cosine(text, "The man plays a guitar"));
  EXPECT_GT(cosine("horsemanship", "horse"), cosine("horsemanship", "guitar"));
  EXPECT_LT(std::abs(cosine(text, "quarterly profit forecasts fell")), 0.2);
  EXPECT_GT(cosine("東京都の天気", "東京の天気予報"), cosine("東京都の天気", "大阪で料理"));
}

std::vector<double> average_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i)
      ranks[order[i]] = static_cast<double>(begin + end - 1) / 2;
    begin = end;
  }
  return ranks;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const auto centred = [](std::vector<double> ranks) {
    const double mean = static_cast<double>(ranks.size() - 1) / 2;
    for (double& rank : ranks) rank -= mean;
    return ranks;
  };
  const auto x = centred(average_ranks(a));
  const auto y = centred(average_ranks(b));
  const auto product = [](const auto& p, const auto& q) {
    return std::inner_product(p.begin(), p.end(), q.begin(), 0.0);
  };
  return product(x, y) / std::sqrt(product(x, x) * product(y, y));
}

TEST(Lexical, RanksSentencePairsAsPeopleDo) {
  const auto path = shared_testdata("labelled/stsbenchmark/sts-dev.csv");
  COLVEC_NEEDS(path);
  std::vector<double> scores;
  std::vector<std::string> sentences;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::vector<std::string> row;
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
    ASSERT_GE(row.size(), 7u) << line;
    scores.push_back(std::stod(row[4]));
    sentences.insert(sentences.end(), {row[5], row[6]});
  }
  ASSERT_EQ(scores.size(), 1500u);

  const auto encoder = open();
  const Encoded encoded = encode(*encoder, sentences);
  std::vector<double> cosines;
  for (std::size_t i = 0; i < scores.size(); ++i)
    cosines.push_back(dot(encoded.row(2 * i), encoded.row(2 * i + 1)));
  const double correlation = 100 * spearman(cosines, scores);
  RecordProperty("spearman_x100", std::to_string(correlation));
  std::cout << "Spearman x 100: " << correlation << '\n';
  EXPECT_GT(correlation, 74.0);
}

// Of the processor, not of the clock on the wall: other tests may run beside this one.
double seconds_for(Encoder& encoder, const std::string& text) {
  const std::clock_t begin = std::clock();
  const Encoded encoded = encode(encoder, {text});
  EXPECT_TRUE(std::isfinite(dot(encoded.row(0), encoded.row(0))));
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

std::string repeated(const std::string& unit, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

// Ten times the text in about ten times the time: the bound leaves room for a busy machine and
// stays far from the minutes that a quadratic step would take.
TEST(Lexical, TakesLinearTimeOnHostileTexts) {
  const auto encoder = open();
  constexpr std::size_t kSize = 3'000'000;
  std::string counted;
  for (std::size_t i = 0; counted.size() < kSize; ++i) counted += std::to_string(i * i) + ' ';
  const std::string hostile[] = {repeated("a", 10'000'000),       std::string(10'000'000, '\0'),
                                 repeated("\u0301\u0316", kSize), repeated("e\u0327\u0301", kSize),
                                 repeated("\uFDFA", kSize),       repeated("東", kSize),
                                 repeated("a ", kSize),           counted};
  for (const std::string& text : hostile) {
    const double tenth = seconds_for(*encoder, text.substr(0, text.size() / 10));
    EXPECT_LT(seconds_for(*encoder, text), 40 * tenth + 0.5) << text.substr(0, 12);
  }
}

// A figure, not a bound: machines differ.
TEST(Lexical, EncodesShortTextsFast) {
  std::vector<std::string> texts(20'000);
  for (std::size_t i = 0; i < texts.size(); ++i)
    texts[i] = "Package number " + std::to_string(i) +
               " provides shared libraries and header files for programs that read, convert and "
               "write tables of text.";
  const auto encoder = open();
  const ThreadLimit one(1);
  const auto begin = std::chrono::steady_clock::now();
  encode(*encoder, texts);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  std::cout << "Texts of 115 characters a second on one core: "
            << static_cast<double>(texts.size()) / elapsed.count() << '\n';
}

}  // namespace
}  // namespace colvec
