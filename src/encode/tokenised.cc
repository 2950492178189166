#include "encode/tokenised.h"

#include <algorithm>
#include <atomic>

#include "base/parallel.h"
#include "encode/lower_case.h"
#include "encode/stopwatch.h"
#include "encode/white_space.h"

namespace colvec {
namespace {

constexpr std::size_t kTextsPerTask = 16;  // Short texts take a few microseconds each.

// The text as the tokenizer gets it; `buffer` holds it where it is not `text` itself.
std::string_view prepare(const TextRules& rules, std::string_view text, std::string* buffer) {
  if (!rules.prompt.empty()) {
    buffer->assign(rules.prompt).append(text);
    text = *buffer;
  }
  if (rules.strip) text = strip_white_space(text);
  if (!rules.lower_case) return text;
  *buffer = lower_case(text);
  return *buffer;
}

}  // namespace

Tokenised tokenise(const Tokenizer& tokenizer, const TextRules& rules,
                   std::span<const std::string_view> texts, std::span<TextReport> reports,
                   std::uint64_t* busy_ns) {
  const std::size_t tasks = (texts.size() + kTextsPerTask - 1) / kTextsPerTask;
  std::vector<std::vector<TokenId>> parts(tasks);
  std::atomic<std::uint64_t> busy = 0;
  parallel_for(tasks, [&](std::size_t task) {
    const Stopwatch watch;
    std::string buffer;
    const std::size_t end = std::min(texts.size(), (task + 1) * kTextsPerTask);
    for (std::size_t i = task * kTextsPerTask; i < end; ++i) {
      const Tokenizer::Encoded encoded =
          tokenizer.encode(prepare(rules, texts[i], &buffer), rules.tokens_max, &parts[task]);
      reports[i] = {static_cast<std::uint32_t>(encoded.count), encoded.truncated};
    }
    busy += watch.elapsed_ns();
  });

  Tokenised tokenised;
  tokenised.starts.reserve(texts.size() + 1);
  tokenised.starts.push_back(0);
  for (const TextReport& report : reports)
    tokenised.starts.push_back(tokenised.starts.back() + report.token_count);
  tokenised.ids.reserve(tokenised.starts.back());
  for (const std::vector<TokenId>& part : parts)
    tokenised.ids.insert(tokenised.ids.end(), part.begin(), part.end());
  if (busy_ns != nullptr) *busy_ns += busy;
  return tokenised;
}

std::size_t prompt_token_count(const Tokenizer& tokenizer, const TextRules& rules) {
  if (rules.prompt.empty()) return 0;
  std::string buffer;
  std::vector<TokenId> ids;
  std::vector<TokenId> special;
  tokenizer.encode(prepare(rules, "", &buffer), rules.tokens_max, &ids);
  tokenizer.encode("", rules.tokens_max, &special);
  const bool ends_special = !special.empty() && !ids.empty() && ids.back() == special.back();
  return ids.size() - (ends_special ? 1 : 0);
}

Result<Tokenised> take_ids(std::span<const std::span<const TokenId>> ids, const IdRules& rules,
                           std::span<TextReport> reports) {
  Tokenised taken{.ids = {}, .starts = {0}};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto wrong = [&](const std::string& problem) {
      return fail(ErrorCode::kInvalidArgument, "[" + std::to_string(i) + "]: " + problem);
    };
    if (ids[i].empty()) return wrong("must have token ids");
    if (rules.tokens_max != 0 && ids[i].size() > rules.tokens_max)
      return wrong("must have at most " + std::to_string(rules.tokens_max) +
                   " token ids: " + std::to_string(ids[i].size()));
    for (const TokenId id : ids[i])
      if (id >= rules.vocabulary)
        return wrong("token ids must be below " + std::to_string(rules.vocabulary) + ": " +
                     std::to_string(id));
    taken.ids.insert(taken.ids.end(), ids[i].begin(), ids[i].end());
    taken.starts.push_back(taken.ids.size());
    reports[i] = {.token_count = static_cast<std::uint32_t>(ids[i].size()), .truncated = false};
  }
  return taken;
}

}  // namespace colvec
