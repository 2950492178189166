#include "duck/allocator.h"

#include <sys/types.h>

#include <cstddef>
#include <string>

// jemalloc's mallctl(3) under the prefix that DuckDB gives it; null where there is none.
extern "C" int duckdb_je_mallctl(const char* name, void* old_value, std::size_t* old_size,
                                 void* new_value, std::size_t new_size) __attribute__((weak));

namespace colvec {
namespace {

constexpr ssize_t kDecayMs = 100;

// Errors stay unsaid: what is not set keeps the default, and only costs memory.
void set_decay(const std::string& arenas) {
  for (const char* pages : {".dirty_decay_ms", ".muzzy_decay_ms"}) {
    ssize_t milliseconds = kDecayMs;
    (void)duckdb_je_mallctl((arenas + pages).c_str(), nullptr, nullptr, &milliseconds,
                            sizeof(milliseconds));
  }
}

bool set_everywhere() {
  if (duckdb_je_mallctl == nullptr) return false;
  set_decay("arenas");  // Of those made from now on.
  unsigned count = 0;
  std::size_t size = sizeof(count);
  if (duckdb_je_mallctl("arenas.narenas", &count, &size, nullptr, 0) != 0) return false;
  for (unsigned i = 0; i < count; ++i) set_decay("arena." + std::to_string(i));
  return true;
}

}  // namespace

void shorten_decay_of_freed_memory() {
  static const bool is_set = set_everywhere();
  (void)is_set;
}

}  // namespace colvec
