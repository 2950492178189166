#include "duck/allocator.h"

#include <sys/types.h>

#include <cstddef>
#include <string>

// jemalloc's mallctl(3) under the prefix that DuckDB gives it; null where there is none.
extern "C" int duckdb_je_mallctl(const char* name, void* old_value, std::size_t* old_size,
                                 void* new_value, std::size_t new_size) __attribute__((weak));

namespace colvec {
namespace {

// Milliseconds from free() until the kernel may take pages, and from then until it has to.
constexpr ssize_t kDirtyDecayMs = 100;
constexpr ssize_t kMuzzyDecayMs = 0;

// Errors stay unsaid: what is not set keeps the default, and only costs memory.
void set(const std::string& name, ssize_t value) {
  (void)duckdb_je_mallctl(name.c_str(), nullptr, nullptr, &value, sizeof(value));
}

void set_decay(const std::string& arenas) {
  set(arenas + ".dirty_decay_ms", kDirtyDecayMs);
  set(arenas + ".muzzy_decay_ms", kMuzzyDecayMs);
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
