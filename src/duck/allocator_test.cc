#include "duck/allocator.h"

#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstddef>

#include "duck/database.h"

extern "C" int duckdb_je_mallctl(const char* name, void* old_value, std::size_t* old_size,
                                 void* new_value, std::size_t new_size) __attribute__((weak));

namespace colvec {
namespace {

TEST(Allocator, GivesFreedMemoryBackOnceADatabaseIsOpen) {
  if (duckdb_je_mallctl == nullptr) GTEST_SKIP() << "this DuckDB does not show its jemalloc";
  Database database = Database::open({}).value();
  const auto setting = [](const char* name) {
    ssize_t milliseconds = -2;
    std::size_t size = sizeof(milliseconds);
    EXPECT_EQ(duckdb_je_mallctl(name, &milliseconds, &size, nullptr, 0), 0) << name;
    return milliseconds;
  };
  EXPECT_EQ(setting("arenas.dirty_decay_ms"), 100);
  EXPECT_EQ(setting("arenas.muzzy_decay_ms"), 0);
  EXPECT_EQ(setting("arena.0.dirty_decay_ms"), 100);
  bool has_threads = false;
  std::size_t size = sizeof(has_threads);
  EXPECT_EQ(duckdb_je_mallctl("background_thread", &has_threads, &size, nullptr, 0), 0);
  EXPECT_TRUE(has_threads);
}

}  // namespace
}  // namespace colvec
