// Measures one thread that tokenises: MB/s and tokens/s, the best of several rounds.
//
// tokenizer_bench TOKENIZER_FOLDER TEXTS.jsonl [TOKENS_MAX [SECONDS]]
//
// TEXTS.jsonl has an object with the key `text` a line. With TOKENS_MAX (0: none) the texts are
// truncated. Goes on for about SECONDS (2). Prints one JSON object.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "colvec/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Round {
  double seconds = 0;
  std::size_t token_count = 0;
};

Round run_round(const colvec::Tokenizer& tokenizer, const std::vector<std::string>& texts,
                std::size_t tokens_max) {
  Round round;
  std::vector<colvec::TokenId> ids;
  const auto start = Clock::now();
  for (const std::string& text : texts) {
    ids.clear();
    round.token_count += tokenizer.encode(text, tokens_max, &ids).count;
  }
  round.seconds = colvec::seconds_since(start);
  return round;
}

colvec::Result<std::vector<std::string>> read_texts(const char* path) {
  std::vector<std::string> texts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    COLVEC_ASSIGN(const colvec::Json json, colvec::Json::parse(line, path));
    COLVEC_ASSIGN(std::string text, json.string("text"));
    texts.push_back(std::move(text));
  }
  if (texts.empty())
    return colvec::fail(colvec::ErrorCode::kNotFound, std::string(path) + ": no texts");
  return texts;
}

int fail_with(const colvec::Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return colvec::exit_code(error.code);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr,
                 "usage: tokenizer_bench TOKENIZER_FOLDER TEXTS.jsonl [TOKENS_MAX [SECONDS]]\n");
    return 2;
  }
  const auto load_start = Clock::now();
  const auto tokenizer = colvec::Tokenizer::load(argv[1], {});
  const double load_seconds = colvec::seconds_since(load_start);
  if (!tokenizer) return fail_with(tokenizer.error());
  const auto texts = read_texts(argv[2]);
  if (!texts) return fail_with(texts.error());
  std::size_t tokens_max = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  if (tokens_max == 0) tokens_max = colvec::kNoTokenLimit;
  const double seconds = argc > 4 ? std::strtod(argv[4], nullptr) : 2;
  if (tokens_max < (*tokenizer)->special_count()) {
    std::fprintf(stderr, "TOKENS_MAX: less than the special tokens: %zu\n", tokens_max);
    return 2;
  }

  std::size_t byte_count = 0;
  for (const std::string& text : *texts) byte_count += text.size();
  const auto start = Clock::now();
  Round best = run_round(**tokenizer, *texts, tokens_max);
  while (colvec::seconds_since(start) < seconds) {
    const Round round = run_round(**tokenizer, *texts, tokens_max);
    if (round.seconds < best.seconds) best = round;
  }
  const double megabytes = static_cast<double>(byte_count) / 1e6;
  const double tokens = static_cast<double>(best.token_count);
  std::printf(
      "{\"texts\": %zu, \"mb\": %.2f, \"load_ms\": %.1f, \"ms\": %.4f, \"mb_per_s\": %.2f, "
      "\"tokens_per_s\": %.0f, \"tokens\": %zu}\n",
      texts->size(), megabytes, load_seconds * 1e3, best.seconds * 1e3, megabytes / best.seconds,
      tokens / best.seconds, best.token_count);
  return 0;
}
