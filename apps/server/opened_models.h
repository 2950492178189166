// The models that requests have opened last, for the next ones: a search embeds one text, and to
// read a model takes far longer than that.
//
// Thread-safety: thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/opened_model.h"

namespace colvec::server {

class OpenedModels {
 public:
  // As open_encoder(), but with the weights that an earlier call has read, if no file of the model
  // has changed. The last few stay in memory.
  Result<std::unique_ptr<Encoder>> open(const std::string& model, const EncoderOptions& options);

 private:
  struct Kept {
    std::string key;  // Model, what it was opened for, and the stamp of its files.
    std::shared_ptr<const OpenedModel> model;
  };
  std::shared_ptr<const OpenedModel> find(const std::string& key);

  std::mutex opening_;  // One model at a time is read; before mutex_.
  std::mutex mutex_;
  std::deque<Kept> kept_;  // The one used last is the first; under mutex_.
};

}  // namespace colvec::server
