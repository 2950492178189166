// Has DuckDB's allocator give back memory soon after it was freed.
//
// DuckDB brings a jemalloc of its own, which keeps freed pages for seconds, outside of
// memory_limit: an append of 1.5 GB of vectors kept up to 600 MB of them
// (docs/decisions/010-freed-memory-goes-back.md).
#pragma once

namespace colvec {

// For the whole process, and once: later calls do nothing. Call it before the first database is
// opened; databases need allocator_background_threads for it. Does nothing with a DuckDB that was
// built without its jemalloc, or hides it. Thread-safety: thread-safe.
void shorten_decay_of_freed_memory();

}  // namespace colvec
