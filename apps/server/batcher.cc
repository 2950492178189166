#include "batcher.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "guarded.h"

namespace colvec::server {
namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kBatchTextsMax = 64;
constexpr std::size_t kBatchBytesMax = 256 * 1024;
constexpr std::size_t kShareTextsMax = 16;  // Of one request, while others wait.
constexpr std::size_t kWaitingTextsMax = 50000;

// "[2]: must be ...", of the ids that begin at `begin`, as "[18]: must be ..." of all.
Error in_request(Error error, std::size_t begin) {
  if (!error.message.starts_with('[')) return error;
  std::size_t index = 0;
  const char* const end = error.message.data() + error.message.size();
  const auto [at, failure] = std::from_chars(error.message.data() + 1, end, index);
  if (failure == std::errc()) error.message = "[" + std::to_string(begin + index).append(at, end);
  return error;
}

}  // namespace

Batcher::Batcher(std::unique_ptr<Encoder> encoder,
                 std::function<void(std::size_t, std::uint64_t)> on_batch)
    : encoder_(std::move(encoder)), on_batch_(std::move(on_batch)) {
  const std::size_t calls_max = encoder_->calls_max();
  const std::size_t threads = calls_max == 0 ? kThreads : std::min(kThreads, calls_max);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Batcher::~Batcher() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Batcher::post(EmbedAsk ask) {
  const std::size_t texts = ask.size();
  auto work = std::make_shared<Work>();
  work->answer.dimension = info().dimension;
  work->answer.vectors.resize(texts * info().dimension);
  work->answer.reports.resize(texts);
  work->ask = std::move(ask);
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || waiting_texts_ + texts > kWaitingTextsMax) return false;
    waiting_.push_back(std::move(work));
    waiting_texts_ += texts;
  }
  wake_.notify_one();
  return true;
}

std::size_t Batcher::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_texts_;
}

void Batcher::run() {
  std::vector<Share> shares;
  shares.reserve(kBatchTextsMax);  // Once: taking a batch needs no memory.
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return is_stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      gather(&shares);
    }
    embed(shares);
    shares.clear();
  }
}

// A batch of what waits: texts or ids, as the first request has them.
void Batcher::gather(std::vector<Share>* shares) {
  const bool has_texts = !waiting_.front()->ask.texts.empty();
  std::size_t texts = 0, bytes = 0;
  for (std::size_t turns = waiting_.size(); turns > 0 && texts < kBatchTextsMax; --turns) {
    const std::shared_ptr<Work> work = waiting_.front();
    const std::size_t begin = work->taken;
    std::size_t end = begin;
    const bool is_alike = work->ask.texts.empty() != has_texts;
    if (is_alike) {
      const std::size_t share = waiting_.size() == 1 ? kBatchTextsMax : kShareTextsMax;
      while (end < work->ask.size() && end - begin < share && texts < kBatchTextsMax &&
             (texts == 0 || bytes + work->ask.bytes(end) <= kBatchBytesMax)) {
        bytes += work->ask.bytes(end++);
        ++texts;
      }
    }
    work->taken = end;
    if (end > begin) shares->push_back({work, begin, end});
    // What is left goes to the back of the queue.
    if (end < work->ask.size())
      waiting_.splice(waiting_.end(), waiting_, waiting_.begin());
    else
      waiting_.pop_front();
  }
  waiting_texts_ -= texts;
  if (!waiting_.empty()) wake_.notify_one();
}

void Batcher::embed(std::span<const Share> shares) {
  const Status status = guarded([&] { return embed_together(shares); });
  if (!status && shares.size() > 1) {
    // One of them may be wrong: the others get their answers.
    for (const Share& share : shares) embed({&share, 1});
    return;
  }
  // Each by itself: an answer that cannot be made is no reason to keep the others waiting.
  for (const Share& share : shares) run_guarded([&] { finish(share, status); });
}

Status Batcher::embed_together(std::span<const Share> shares) {
  std::size_t texts = 0;
  for (const Share& share : shares) texts += share.end - share.begin;
  const std::size_t dimension = info().dimension;
  std::vector<float> vectors(texts * dimension);
  std::vector<TextReport> reports(texts);
  COLVEC_TRY(encode(shares, {vectors.data(), texts, dimension}, reports));
  std::uint64_t tokens = 0;
  std::size_t at = 0;
  for (const Share& share : shares) {
    const std::size_t count = share.end - share.begin;
    std::copy_n(
        vectors.begin() + static_cast<std::ptrdiff_t>(at * dimension), count * dimension,
        share.work->answer.vectors.begin() + static_cast<std::ptrdiff_t>(share.begin * dimension));
    for (std::size_t i = 0; i < count; ++i) {
      share.work->answer.reports[share.begin + i] = reports[at + i];
      tokens += reports[at + i].token_count;
    }
    at += count;
  }
  if (on_batch_) on_batch_(texts, tokens);
  return {};
}

Status Batcher::encode(std::span<const Share> shares, VectorRows out,
                       std::span<TextReport> reports) {
  std::vector<std::string_view> texts;
  std::vector<std::span<const std::uint32_t>> ids;
  for (const Share& share : shares)
    for (std::size_t i = share.begin; i < share.end; ++i) {
      const EmbedAsk& ask = share.work->ask;
      ask.texts.empty() ? ids.emplace_back(ask.ids[i]), void() : texts.push_back(ask.texts[i]);
    }
  return ids.empty() ? encoder_->encode(texts, out, reports, nullptr)
                     : encoder_->encode_ids(ids, out, reports);
}

void Batcher::finish(const Share& share, const Status& status) {
  Work& work = *share.work;
  {
    const std::lock_guard lock(mutex_);
    work.finished += share.end - share.begin;
    if (!status && !work.error) work.error = in_request(status.error(), share.begin);
    if (work.finished < work.ask.size()) return;
  }
  if (work.error)
    work.ask.done(tl::make_unexpected(*work.error));
  else
    work.ask.done(std::move(work.answer));
}

}  // namespace colvec::server
