#include "encode/golden_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>

#include "base/check.h"
#include "base/json.h"
#include "base/parallel.h"
#include "encode/text_lines.h"

namespace colvec {

std::vector<float> encode_all(Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::size_t dimension = encoder.info().dimension;
  std::vector<float> vectors(texts.size() * dimension);
  std::vector<TextReport> reports(texts.size());
  EncodeTimes times;
  EXPECT_TRUE(encoder.encode(views, {vectors.data(), texts.size(), dimension}, reports, &times)
                  .has_value());
  return vectors;
}

std::vector<std::string> texts_of(const std::filesystem::path& path) {
  Result<TextLines> lines = TextLines::open(path.string());
  COLVEC_CHECK(lines.has_value());
  Result<std::vector<TextLine>> window = lines->next({.rows_max = 100'000, .bytes_max = 1u << 30});
  COLVEC_CHECK(window.has_value());
  std::vector<std::string> texts;
  for (TextLine& line : *window) texts.push_back(std::move(line.text));
  return texts;
}

std::vector<std::string> mixed_texts() {
  std::vector<std::string> texts = {"",
                                    " \t\n",
                                    "a",
                                    "Hello, world!",
                                    "Ünïcödé ẞ İstanbul",
                                    "東京タワー",
                                    "🙂🙃 emoji",
                                    std::string("nul\0byte", 8)};
  std::string sentence;
  for (int i = 0; i < 60; ++i) {
    sentence += "word" + std::to_string(i * 7) + (i % 5 == 0 ? ", " : " ");
    texts.push_back(sentence);
  }
  texts.push_back(std::string(5000, 'x'));
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "the table ";
  texts.push_back(many);
  return texts;
}

void expect_golden(const std::filesystem::path& model, const EncoderOptions& options,
                   const std::filesystem::path& texts, const std::filesystem::path& vectors) {
  const Result<VerifyReport> report =
      verify_model(model.string(), options, texts.string(), vectors);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_GT(report->rows, 0u);
  EXPECT_EQ(report->precision, options.precision);
  if (options.precision == Precision::kF32) {
    EXPECT_LE(report->max_abs_diff, 1e-5) << model << " row " << report->worst_row;
    EXPECT_GE(report->min_cosine, 0.999999) << model;
  }
  EXPECT_GE(report->min_cosine, cosine_min_of(options.precision)) << model;
  std::cout << model.filename().string() << ": " << report->rows << " rows, "
            << name_of(report->precision) << ", max abs difference " << report->max_abs_diff
            << ", smallest cosine " << report->min_cosine << "\n";
}

void expect_same_bits_in_any_company(const std::filesystem::path& model, EncoderOptions options) {
  Result<std::unique_ptr<Encoder>> opened = open_encoder(model.string(), options);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  Encoder& encoder = **opened;
  const std::vector<std::string> texts = mixed_texts();
  const std::vector<float> together = encode_all(encoder, texts);
  const std::size_t dimension = encoder.info().dimension;
  const auto row_of = [&](const std::vector<float>& vectors, std::size_t row) {
    const auto begin = vectors.begin() + static_cast<std::ptrdiff_t>(row * dimension);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(dimension));
  };

  for (std::size_t i = 0; i < texts.size(); ++i)
    ASSERT_EQ(encode_all(encoder, {texts[i]}), row_of(together, i)) << "alone: text " << i;

  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  std::vector<std::string> shuffled;
  for (const std::size_t i : order) shuffled.push_back(texts[i]);
  const std::vector<float> mixed = encode_all(encoder, shuffled);
  for (std::size_t i = 0; i < order.size(); ++i)
    ASSERT_EQ(row_of(mixed, i), row_of(together, order[i])) << "shuffled: text " << order[i];

  {
    const ThreadLimit one(1);
    ASSERT_EQ(encode_all(encoder, texts), together) << "one thread";
  }
  for (const std::size_t texts_max : {1u, 3u, 1000u}) {
    options.batch_texts_max = texts_max;
    options.batch_tokens_max = texts_max * 37;
    ASSERT_EQ(encode_all(**open_encoder(model.string(), options), texts), together) << texts_max;
  }
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "colvec_encode_XXXXXX").string();
  COLVEC_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path ScratchFolder::write(const std::string& name, std::string_view bytes) const {
  const std::filesystem::path path = path_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

void ScratchFolder::copy(const std::filesystem::path& from) const {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(from))
    if (entry.is_regular_file())
      write(std::filesystem::relative(entry.path(), from).string(), file_text(entry.path()));
}

void ScratchFolder::patch(const std::string& name,
                          const std::vector<std::pair<std::string, std::string>>& members) const {
  const Result<Json> json = Json::read(path_ / name);
  COLVEC_CHECK(json.has_value());
  std::string text;
  const auto add = [&](std::string_view key, const std::string& value) {
    text += (text.empty() ? "{" : ",") + json_quote(key) + ":" + value;
  };
  COLVEC_CHECK(json->each([&](std::string_view key, const Json& value) -> Status {
                     const bool patched =
                         std::any_of(members.begin(), members.end(),
                                     [&](const auto& member) { return member.first == key; });
                     if (!patched) add(key, value.dump());
                     return {};
                   })
                   .has_value());
  for (const auto& [key, value] : members)
    if (!value.empty()) add(key, value);
  write(name, text + "}");
}

std::string file_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace colvec
