// Measures one thread that tokenises: MB/s and tokens/s, the best of several rounds.
//
// tokenizer_bench TOKENIZER_FOLDER TEXTS.csv [TOKENS_MAX]
//
// TEXTS.csv has lines `id,text` behind a header, a text in double quotes where it holds a comma.
// With TOKENS_MAX the texts are truncated. Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "colvec/tokenizer.h"

namespace {

// The text of a line `id,text`; quotes are taken off and doubled ones made single.
std::string text_of(const std::string& line) {
  std::string text = line.substr(std::min(line.find(',') + 1, line.size()));
  if (text.size() < 2 || text.front() != '"') return text;
  std::string unquoted;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    unquoted += text[i];
    if (text[i] == '"') ++i;
  }
  return unquoted;
}

struct Round {
  double seconds = 0;
  std::size_t token_count = 0;
};

Round run_round(const colvec::Tokenizer& tokenizer, const std::vector<std::string>& texts,
                std::size_t tokens_max) {
  Round round;
  std::vector<colvec::TokenId> ids;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& text : texts) {
    ids.clear();
    round.token_count += tokenizer.encode(text, tokens_max, &ids).count;
  }
  round.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return round;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER_FOLDER TEXTS.csv [TOKENS_MAX]\n");
    return 2;
  }
  const auto load_start = std::chrono::steady_clock::now();
  const auto tokenizer = colvec::Tokenizer::load(argv[1], {});
  const std::chrono::duration<double> load_time = std::chrono::steady_clock::now() - load_start;
  if (!tokenizer) {
    std::fprintf(stderr, "%s\n", tokenizer.error().message.c_str());
    return colvec::exit_code(tokenizer.error().code);
  }
  const std::size_t tokens_max =
      argc > 3 ? std::strtoull(argv[3], nullptr, 10) : colvec::kNoTokenLimit;
  if (tokens_max < (*tokenizer)->special_count()) {
    std::fprintf(stderr, "TOKENS_MAX: less than the special tokens: %zu\n", tokens_max);
    return 2;
  }

  std::vector<std::string> texts;
  std::size_t byte_count = 0;
  std::ifstream file(argv[2]);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) byte_count += texts.emplace_back(text_of(line)).size();
  if (texts.empty()) {
    std::fprintf(stderr, "%s: no texts\n", argv[2]);
    return 3;
  }

  Round best = run_round(**tokenizer, texts, tokens_max);
  for (int i = 0; i < 20; ++i) {
    const Round round = run_round(**tokenizer, texts, tokens_max);
    if (round.seconds < best.seconds) best = round;
  }
  const double megabytes = static_cast<double>(byte_count) / 1e6;
  const double tokens = static_cast<double>(best.token_count);
  std::printf(
      "{\"texts\": %zu, \"mb\": %.2f, \"load_ms\": %.1f, \"mb_per_s\": %.1f, "
      "\"tokens_per_s\": %.0f, \"tokens\": %zu}\n",
      texts.size(), megabytes, load_time.count() * 1e3, megabytes / best.seconds,
      tokens / best.seconds, best.token_count);
  return 0;
}
