// Embeds the texts of many requests together, so that the model works on full batches whoever asks.
//
// A few threads take what waits, a share of each request in turn: a request with thousands of texts
// does not hold up one with a single text. While one thread computes, another one hands answers
// out. A text gets the same vector whatever it is embedded with. What throws (memory that cannot be
// had) is the error of the requests that it concerns.
//
// Thread-safety: thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec::server {

struct EmbedAnswer {
  std::vector<float> vectors;  // (texts, dimension)
  std::size_t dimension = 0;
  std::vector<TextReport> reports;  // One for each text.
};

struct EmbedAsk {
  // One of the two: valid UTF-8, or ids of the model's tokenizer.
  std::vector<std::string> texts{};
  std::vector<std::vector<std::uint32_t>> ids{};
  // Called once, from one of the batcher's threads.
  std::function<void(Result<EmbedAnswer>)> done{};

  std::size_t size() const { return texts.empty() ? ids.size() : texts.size(); }
  std::size_t bytes(std::size_t i) const {
    return texts.empty() ? ids[i].size() * sizeof(ids[i][0]) : texts[i].size();
  }
};

class Batcher {
 public:
  // `on_batch` is called with texts and tokens of each forward pass that came to its end.
  Batcher(std::unique_ptr<Encoder> encoder,
          std::function<void(std::size_t texts, std::uint64_t tokens)> on_batch);
  // Answers what waits.
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  const EncoderInfo& info() const { return encoder_->info(); }

  // False, and nothing is done, where too many texts wait. REQUIRES: ask.size() > 0.
  bool post(EmbedAsk ask);
  std::size_t waiting() const;  // Texts.

 private:
  // A request that is being worked on.
  struct Work {
    EmbedAsk ask;
    EmbedAnswer answer{};
    std::size_t taken = 0;     // Texts that a batch has taken,
    std::size_t finished = 0;  // and that are through.
    std::optional<Error> error{};
  };
  // Texts [begin, end) of a request.
  struct Share {
    std::shared_ptr<Work> work;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  void run();
  void gather(std::vector<Share>* shares);
  void embed(std::span<const Share> shares);
  Status embed_together(std::span<const Share> shares);
  Status encode(std::span<const Share> shares, VectorRows out, std::span<TextReport> reports);
  void finish(const Share& share, const Status& status);

  const std::unique_ptr<Encoder> encoder_;
  const std::function<void(std::size_t, std::uint64_t)> on_batch_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::list<std::shared_ptr<Work>> waiting_;  // With texts that nobody has taken.
  std::size_t waiting_texts_ = 0;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace colvec::server
