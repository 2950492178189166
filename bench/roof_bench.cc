// Measures the roof of this machine: operations a second of loops of nothing but multiply-adds, on
// some threads at once, in f32, bf16 and int8, as JSON.
//
//   roof_bench [THREADS]        COLVEC_FORCE_ISA=avx2 roof_bench
//
// Rates are of wall-clock time, as those of engines are. Those of several threads are not the
// multiple of one's: cores share power, and on a rented machine units with strangers. They change
// from minute to minute; bench/peers/compare.py asks for them in every round.
#include <fmt/format.h>

#include <barrier>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "roof.h"

namespace colvec {
namespace {

constexpr double kSeconds = 0.2;
constexpr std::size_t kRounds = 100'000;  // Less than a hundredth of that.

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What all threads together did in a second, while all of them ran.
double operations_per_second(const RoofLoop& loop, std::size_t threads) {
  std::vector<double> rates(threads);
  std::barrier together(static_cast<std::ptrdiff_t>(threads));
  {
    std::vector<std::jthread> running;
    for (double& rate : rates)
      running.emplace_back([&] {
        loop.run(kRounds);  // Until the clock is up.
        together.arrive_and_wait();
        const double begin = seconds_now();
        double now = begin;
        double rounds = 0;
        for (; now < begin + kSeconds; now = seconds_now()) {
          loop.run(kRounds);
          rounds += kRounds;
        }
        rate = rounds * loop.operations / (now - begin);
      });
  }
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
}

int run(std::size_t threads) {
  const Result<const KernelTable*> chosen = chosen_kernels();
  if (!chosen) {
    fmt::print(stderr, "roof_bench: {}\n", chosen.error().message);
    return 2;
  }
  const CpuKernels kernels = kernels_with(**chosen);
  std::string members;
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    const RoofLoop loop = roof_loop(kernels, precision);
    if (loop.run == nullptr) continue;
    members += fmt::format("{}\"{}\":{:.1f}", members.empty() ? "" : ",", name_of(precision),
                           operations_per_second(loop, threads) * 1e-9);
  }
  fmt::print("{{\"isa\":\"{}\",\"threads\":{},\"gflops\":{{{}}}}}\n", kernels.f32->name, threads,
             members);
  return 0;
}

}  // namespace
}  // namespace colvec

int main(int argc, char** argv) {
  std::size_t threads = std::thread::hardware_concurrency();
  const char* const wish = argc > 1 ? argv[1] : "";
  const char* const end = wish + std::strlen(wish);
  const auto read = std::from_chars(wish, end, threads);
  if (argc > 2 || (argc > 1 && (read.ptr != end || threads == 0 || threads > 1024))) {
    fmt::print(stderr, "roof_bench: usage: roof_bench [THREADS]\n");
    return 2;
  }
  return colvec::run(threads);
}
