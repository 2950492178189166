#include "cancel_signals.h"

#include <unistd.h>

#include <csignal>

namespace colvec::cli {
namespace {

CancelToken token;
volatile std::sig_atomic_t signal_number = SIGINT;

extern "C" void on_signal(int number) {
  if (token.requested()) ::_exit(128 + number);
  signal_number = number;
  token.request();
}

}  // namespace

const CancelToken& cancel_on_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  return token;
}

int cancel_signal() { return signal_number; }

}  // namespace colvec::cli
