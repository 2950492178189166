// search_bench HOME DATASET COLUMN ROUNDS: loads a column's vectors into memory and searches them,
// in turns with a plain read of as many bytes on as many threads. One JSON object a line.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/clock.h"
#include "base/parallel.h"
#include "colvec/search.h"

namespace {

using namespace colvec;
using Clock = std::chrono::steady_clock;

// Seconds to add up all numbers: what the memory gives, on all threads.
double read_memory(const std::vector<float>& memory) {
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  const std::size_t blocks = (memory.size() + kBlock - 1) / kBlock;
  std::vector<float> sums(blocks);
  const Clock::time_point begin = Clock::now();
  parallel_for(blocks, [&](std::size_t block) {
    float lanes[16] = {};
    const std::size_t end = std::min(memory.size(), (block + 1) * kBlock) / 16 * 16;
    for (std::size_t i = block * kBlock; i < end; i += 16)
      for (std::size_t lane = 0; lane < 16; ++lane) lanes[lane] += memory[i + lane];
    for (const float lane : lanes) sums[block] += lane;
  });
  const double seconds = seconds_since(begin);
  volatile float keep = sums.front();
  (void)keep;
  return seconds;
}

Status run(const char* home, const char* dataset, const char* column, int rounds) {
  const Clock::time_point begin = Clock::now();
  COLVEC_ASSIGN(const std::unique_ptr<ColumnIndex> index,
                ColumnIndex::load(home, dataset, column, {}));
  std::printf("{\"load\":%.3f,\"rows\":%llu,\"vectors\":%llu,\"dimension\":%zu}\n",
              seconds_since(begin), static_cast<unsigned long long>(index->rows()),
              static_cast<unsigned long long>(index->distinct_vectors()), index->dimension());
  const std::vector<float> memory(index->distinct_vectors() * index->dimension(), 0.5f);
  const std::vector<float> query(index->dimension(), 0.05f);
  for (int round = 0; round < rounds; ++round) {
    const Clock::time_point search_begin = Clock::now();
    const auto found = index->nearest(query, 10);
    const double search = seconds_since(search_begin);
    std::printf("{\"search\":%.5f,\"read\":%.5f,\"found\":%zu}\n", search, read_memory(memory),
                found.size());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const Status status = run(argv[1], argv[2], argv[3], std::atoi(argv[4]));
  if (!status) std::fprintf(stderr, "search_bench: %s\n", status.error().message.c_str());
  return status ? 0 : exit_code(status.error().code);
}
