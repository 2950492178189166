// How fast the kernels of a GPU are, against what it can do at most: the matrix roof, measured with
// a large product, and the memory roof, with a copy. Prints a line `bench NAME VALUE UNIT` each.
//
// cuda_bench [--rounds N]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "compute/cuda_library.h"
#include "compute/cuda_table.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

class Bench {
 public:
  Bench(const CudaTable& table, CudaLane* lane, int rounds)
      : table_(table), lane_(lane), rounds_(rounds) {}

  // Random numbers between -2 and 2 of 16 bits: on zeros, products run faster than they ever will.
  CudaMat mat(std::size_t rows, std::size_t cols, CudaType type = CudaType::kBf16) {
    CudaMat made{nullptr, rows, cols, cols, type};
    const std::size_t bytes = rows * cols * (type == CudaType::kF32 ? 4 : 2);
    ok(table_.allocate(0, bytes, &made.data));
    void* pinned = nullptr;
    const std::size_t piece = std::min<std::size_t>(bytes, 16u << 20);
    ok(table_.allocate_host(piece, &pinned));
    auto* const numbers = static_cast<std::uint16_t*>(pinned);
    for (std::size_t i = 0; i < piece / 2; ++i)
      numbers[i] = static_cast<std::uint16_t>(0x3c00 + (random_() & 0x83ff));
    for (std::size_t begin = 0; begin < bytes; begin += piece) {
      ok(table_.upload(lane_, static_cast<char*>(made.data) + begin, pinned,
                       std::min(piece, bytes - begin)));
    }
    ok(table_.wait(lane_));
    table_.release_host(pinned);
    return made;
  }
  void free(const CudaMat& mat) { table_.release(0, mat.data); }

  template <typename T>
  T* put(const std::vector<T>& values) {
    void* there = nullptr;
    void* pinned = nullptr;
    const std::size_t bytes = values.size() * sizeof(T);
    ok(table_.allocate(0, bytes, &there));
    ok(table_.allocate_host(bytes, &pinned));
    std::memcpy(pinned, values.data(), bytes);
    ok(table_.upload(lane_, there, pinned, bytes));
    ok(table_.wait(lane_));
    table_.release_host(pinned);
    return static_cast<T*>(there);
  }

  // Seconds of one work(), the best of three measurements of `rounds` in a row.
  template <typename Work>
  double seconds(Work work) {
    double best = 1e9;
    for (int turn = 0; turn < 4; ++turn) {
      const Clock::time_point begin = Clock::now();
      for (int i = 0; i < rounds_; ++i) ok(work());
      ok(table_.wait(lane_));
      const double took = std::chrono::duration<double>(Clock::now() - begin).count() / rounds_;
      if (turn > 0) best = std::min(best, took);  // The first one loads code.
    }
    return best;
  }

  void ok(int code) const {
    if (code == 0) return;
    fmt::print(stderr, "cuda_bench: {}\n", table_.describe(code));
    std::exit(6);
  }

 private:
  const CudaTable& table_;
  CudaLane* lane_;
  int rounds_;
  std::mt19937 random_{1};
};

void print(std::string_view name, double value, std::string_view unit) {
  fmt::print("bench {} {:.4g} {}\n", name, value, unit);
}

double product(Bench& bench, const CudaTable& table, CudaLane* lane, std::size_t rows,
               std::size_t in, std::size_t out) {
  CudaProduct p{.x = bench.mat(rows, in), .weight = bench.mat(out, in)};
  p.out = bench.mat(rows, out);
  const double took = bench.seconds([&] { return table.multiply(lane, p); });
  for (const CudaMat& mat : {p.x, p.weight, p.out}) bench.free(mat);
  return 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out) /
         took * 1e-12;
}

// TFLOP/s over sequences of one length, and what is not masked counted only.
double attention(Bench& bench, const CudaTable& table, CudaLane* lane, std::uint32_t length,
                 std::uint32_t heads, std::uint32_t head_dim, std::uint32_t item_queries,
                 bool in_groups) {
  const std::uint32_t sequences = 32768 / length;
  const std::uint32_t tokens = sequences * length;
  std::vector<CudaAttentionItem> items;
  for (std::uint32_t s = 0; s < sequences; ++s)
    for (std::uint32_t q = 0; q < length; q += item_queries)
      items.push_back({s * length, length, q});
  CudaAttention a{.items = bench.put(items),
                  .item_count = items.size(),
                  .item_queries = item_queries,
                  .in_groups = in_groups,
                  .heads = heads,
                  .key_heads = heads,
                  .head_dim = head_dim,
                  .scale = 0.02f,
                  .qkv = bench.mat(tokens, std::size_t{3} * heads * head_dim),
                  .context = bench.mat(tokens, std::size_t{heads} * head_dim)};
  const double took = bench.seconds([&] { return table.attention(lane, a); });
  bench.free(a.qkv);
  bench.free(a.context);
  return 4.0 * tokens * length * heads * head_dim / took * 1e-12;
}

void measure_attention(Bench& bench, const CudaTable& table, CudaLane* lane, bool has_groups,
                       double roof) {
  for (const std::uint32_t head_dim : {32u, 64u, 96u, 128u}) {
    const auto rate = [&](std::uint32_t item_queries, bool in_groups) {
      return attention(bench, table, lane, 512, 768 / head_dim, head_dim, item_queries, in_groups);
    };
    for (const std::uint32_t queries : {64u, 128u})
      print(fmt::format("attention_512_{}_items_{}", head_dim, queries), rate(queries, false),
            "TFLOP/s");
    const double chosen = rate(128, has_groups);
    print(fmt::format("attention_512_{}", head_dim), chosen, "TFLOP/s");
    print(fmt::format("attention_512_{}_of_roof", head_dim), 100 * chosen / roof, "%");
  }
  for (const std::uint32_t queries : {32u, 64u})
    print(fmt::format("attention_26_32_items_{}", queries),
          attention(bench, table, lane, 26, 12, 32, queries, false), "TFLOP/s");
  print("attention_2048_64", attention(bench, table, lane, 2048, 12, 64, 128, has_groups),
        "TFLOP/s");
}

void measure(const CudaTable& table, CudaLane* lane, bool has_groups, int rounds) {
  Bench bench(table, lane, rounds);
  const double roof = product(bench, table, lane, 8192, 8192, 8192);
  print("roof_bf16", roof, "TFLOP/s");
  struct Shape {
    std::string_view name;
    std::size_t in, out;
  };
  for (const Shape& s :
       {Shape{"base_qkv", 768, 2304}, Shape{"base_out", 768, 768}, Shape{"base_up", 768, 3072},
        Shape{"base_down", 3072, 768}, Shape{"minilm_qkv", 384, 1152},
        Shape{"minilm_up", 384, 1536}, Shape{"minilm_down", 1536, 384}})
    print(fmt::format("product_{}", s.name), product(bench, table, lane, 32768, s.in, s.out),
          "TFLOP/s");
  measure_attention(bench, table, lane, has_groups, roof);

  const std::size_t rows = 65536;
  const CudaMat x = bench.mat(rows, 768);
  const CudaMat y = bench.mat(rows, 768);
  const CudaMat gamma = bench.mat(1, 768, CudaType::kF32);
  const double bytes = static_cast<double>(rows * 768 * 2);
  const auto rate = [&](double passes, double seconds) { return passes * bytes / seconds * 1e-9; };
  print("copy", rate(2, bench.seconds([&] { return table.convert(lane, x, y); })), "GB/s");
  const auto* const row = static_cast<const float*>(gamma.data);
  const CudaNorm norm{false, row, row, 768, 1e-12f};
  print("add_norm", rate(3, bench.seconds([&] {
          return table.join(lane, x, y, CudaJoin::kAddNorm, norm, y, nullptr);
        })),
        "GB/s");
  print("gelu_erf",
        rate(2, bench.seconds([&] { return table.activate(lane, x, CudaActivation::kGeluErf); })),
        "GB/s");
}

int run(int rounds) {
  const Result<const CudaTable*> table = cuda_table();
  const auto devices = table ? cuda_devices(**table) : tl::make_unexpected(table.error());
  if (!devices) {
    fmt::print(stderr, "cuda_bench: {}\n", devices.error().message);
    return exit_code(devices.error().code);
  }
  CudaLane* lane = nullptr;
  const int code = (*table)->open_lane(0, &lane);
  if (code != 0) {
    fmt::print(stderr, "cuda_bench: {}\n", (*table)->describe(code));
    return 6;
  }
  fmt::print("device {}\n", devices->front().name);
  CudaDeviceInfo info;
  const bool has_groups = (*table)->device_info(0, &info) == 0 && info.major == 9;
  measure(**table, lane, has_groups, rounds);
  (*table)->close_lane(lane);
  return 0;
}

}  // namespace
}  // namespace colvec

int main(int argc, char** argv) {
  int rounds = 20;
  for (int i = 1; i + 1 < argc; i += 2)
    if (std::string_view(argv[i]) == "--rounds") rounds = std::max(1, std::atoi(argv[i + 1]));
  return colvec::run(rounds);
}
