// Times the kernels and products that encoders are made of, on one thread, and sets them against
// what the processor can do at most: the rate of a loop of nothing but fused multiply-adds,
// measured in between.
//
//   compute_bench [NAME_PART]        COLVEC_FORCE_ISA=avx2 compute_bench
//
// Times are of the thread's processor time, the best of many, so that other programs disturb
// little.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/parallel.h"
#include "compute/attention.h"
#include "compute/backend.h"
#include "compute/kernels.h"
#include "roof.h"

namespace colvec {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The best time of one call, over about 0.2 s of calls; of slow ones, of at least three.
double best_seconds(const std::function<void()>& body) {
  double begin = thread_seconds();
  body();
  const double once = std::max(thread_seconds() - begin, 1e-7);
  const auto calls = static_cast<std::size_t>(std::max(1.0, 0.01 / once));
  double best = once;
  const double end = begin + 1;
  for (int round = 0; round < 20 && (round < 2 || begin < end); ++round) {
    begin = thread_seconds();
    for (std::size_t i = 0; i < calls; ++i) body();
    best = std::min(best, (thread_seconds() - begin) / static_cast<double>(calls));
  }
  return best;
}

class Bench {
 public:
  Bench(const KernelTable& kernels, std::string_view part)
      : isa_(kernels.name), part_(part), roof_(roof_loop(kernels_with(kernels), Precision::kF32)) {}

  // `flops` and `bytes` of one call; 0 where they say nothing.
  void run(const std::string& name, const std::string& shape, double flops, double bytes,
           const std::function<void()>& body) {
    if (name.find(part_) == std::string::npos) return;
    const double seconds = best_seconds(body);
    const double peak = peak_gflops();
    std::string line =
        fmt::format("{:<18} {:<26} {:<7} {:>12.0f} ns", name, shape, isa_, seconds * 1e9);
    line +=
        bytes > 0 ? fmt::format(" {:>7.1f} GB/s", bytes / seconds * 1e-9) : std::string(13, ' ');
    if (flops > 0) line += fmt::format(" {:>7.1f} GFLOP/s", flops / seconds * 1e-9);
    if (flops > 0 && peak > 0) line += fmt::format("  {:>5.1f} %", flops / seconds * 1e-7 / peak);
    fmt::print("{}\n", line);
  }

  // Of f32; 0 for the scalar kernels: no loop of ours says what SSE can do at most.
  double peak_gflops() const {
    constexpr std::size_t kRounds = 500'000;
    if (roof_.run == nullptr) return 0;
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const double begin = thread_seconds();
      roof_.run(kRounds);
      best = std::min(best, thread_seconds() - begin);
    }
    return roof_.operations * kRounds / best * 1e-9;
  }

 private:
  std::string_view isa_;
  std::string_view part_;
  RoofLoop roof_;
};

std::vector<float> random_floats(std::size_t n, float deviation = 1) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

void bench_rows(Bench& bench, const KernelTable& kernels) {
  for (const std::size_t n : {384u, 768u, 1536u}) {
    const std::vector<float> x = random_floats(n), residual = random_floats(n),
                             weights = random_floats(n);
    std::vector<float> y(n);
    const std::string shape = fmt::format("{}", n);
    const auto bytes = static_cast<double>(n * sizeof(float));
    using Map = void (*)(const float*, std::size_t, float*);
    for (const auto& [name, map] : {std::pair<const char*, Map>{"gelu_erf", kernels.gelu_erf},
                                    {"gelu_erf_coarse", kernels.gelu_erf_coarse},
                                    {"gelu_tanh", kernels.gelu_tanh},
                                    {"silu", kernels.silu},
                                    {"tanh", kernels.tanh}}) {
      bench.run(name, shape, 0, 2 * bytes, [&, map = map] { map(x.data(), n, y.data()); });
    }
    bench.run("add_norm", shape, 0, 5 * bytes, [&] {
      kernels.add_norm(x.data(), residual.data(), weights.data(), weights.data(), n, 1e-12f,
                       y.data());
    });
    bench.run("rms_norm", shape, 0, 3 * bytes,
              [&] { kernels.rms_norm(x.data(), weights.data(), n, 1e-6f, y.data()); });
    bench.run("multiply", shape, 0, 3 * bytes,
              [&] { kernels.multiply(x.data(), residual.data(), n, y.data()); });
    y = x;
    bench.run("rotate", shape, 0, 3 * bytes, [&] {
      kernels.rotate(y.data(), n / 64, 64, 32, weights.data(), weights.data() + 32);
    });
    y = x;
    bench.run("normalize", shape, 0, 2 * bytes, [&] { kernels.normalize(y.data(), n); });
    bench.run("add_scaled", shape, 0, 3 * bytes,
              [&] { kernels.add_scaled(x.data(), 0, n, y.data()); });
  }
}

// The pieces of attention, for the block of queries that it works on.
void bench_attention_kernels(Bench& bench, const KernelTable& kernels) {
  constexpr std::size_t kQueries = 32, kHeadDim = 32, kStride = 1152;
  for (const std::size_t keys : {26u, 207u, 512u}) {
    const std::vector<float> q = random_floats(kQueries * kStride),
                             k = random_floats(keys * kStride);
    std::vector<float> queries(kHeadDim * kQueries), scores(keys * kQueries),
        out(kQueries * kStride);
    std::vector<float> sums(kQueries, 1.0f), maxima(kQueries);
    const std::string shape = fmt::format("{}x{}x{}", keys, kQueries, kHeadDim);
    const double flops = 2.0 * kQueries * static_cast<double>(keys) * kHeadDim;
    bench.run("transpose", fmt::format("{}x{}", kQueries, kHeadDim), 0, 8.0 * kHeadDim * kQueries,
              [&] {
                kernels.transpose(q.data(), kStride, kQueries, kHeadDim, queries.data(), kQueries);
              });
    bench.run("attention_scores", shape, flops, 0, [&] {
      kernels.matmul({k.data(), kStride, queries.data(), kQueries, keys, kQueries, kHeadDim,
                      nullptr, scores.data(), kQueries});
    });
    bench.run("softmax_columns", fmt::format("{}x{}", keys, kQueries), 0,
              8.0 * kQueries * static_cast<double>(keys), [&] {
                kernels.softmax_columns(scores.data(), kQueries, keys, kQueries, 1.0f, sums.data(),
                                        maxima.data());
              });
    bench.run("attention_values", shape, flops, 0, [&] {
      kernels.matmul({.a = scores.data(),
                      .lda = kQueries,
                      .b = k.data(),
                      .ldb = kStride,
                      .m = kQueries,
                      .n = kHeadDim,
                      .k = keys,
                      .row_factors = sums.data(),
                      .c = out.data(),
                      .ldc = kStride,
                      .is_a_transposed = true});
    });
  }
}

struct AttentionCase {
  std::string name;  // Behind that of the kernels.
  std::size_t sequences, length;
  AttentionOptions options;
  double seen = 1;  // The share of the keys that a query sees.
};

std::vector<AttentionCase> attention_cases() {
  std::vector<AttentionCase> cases;
  for (const auto& [sequences, length, heads, head_dim] :
       {std::array<std::size_t, 4>{20, 26, 12, 32},
        {3, 207, 12, 32},
        {1, 512, 12, 32},
        {1, 4096, 1, 64},
        {20, 26, 12, 64},
        {3, 207, 12, 64},
        {1, 512, 12, 64},
        {1, 512, 16, 64},
        {1, 2048, 12, 64},
        {1, 8192, 2, 64},
        {1, 2048, 16, 64}})
    cases.push_back(
        {"", sequences, length, {.heads = heads, .key_heads = heads, .head_dim = head_dim}, 1});
  const AttentionOptions base{.heads = 12, .key_heads = 12, .head_dim = 64};
  AttentionOptions options = base;
  options.causal = true;
  cases.push_back({"_causal", 3, 207, options, 0.5});
  cases.push_back({"_causal", 1, 2048, options, 0.5});
  options = base;
  options.window = 64;
  cases.push_back({"_window", 1, 2048, options, 129.0 / 2048});
  options = base;
  options.key_heads = 2;
  cases.push_back({"_grouped", 20, 26, options, 1});
  cases.push_back({"_grouped", 1, 2048, options, 1});
  return cases;
}

void bench_attention(Bench& bench, const std::string& name, const KernelTable& kernels,
                     const Bf16Kernels* bf16) {
  std::vector<AttentionCase> cases = attention_cases();
  const std::vector<float> bias = random_floats(12 * 4095);
  for (const std::size_t length : {207u, 2048u}) {
    AttentionOptions options{.heads = 12, .key_heads = 12, .head_dim = 64};
    options.distance_bias = {bias.data(), 12, 2 * length - 1};
    cases.push_back({"_bias", length == 207 ? 3u : 1u, length, options, 1});
  }
  for (const AttentionCase& c : cases) {
    std::vector<std::uint32_t> starts = {0};
    for (std::size_t i = 1; i <= c.sequences; ++i)
      starts.push_back(static_cast<std::uint32_t>(i * c.length));
    const std::size_t width = c.options.qkv_width();
    const std::size_t hidden = c.options.context_width();
    std::vector<float> qkv = random_floats(starts.back() * width);
    std::vector<float> context(starts.back() * hidden);
    const double flops =
        4.0 * static_cast<double>(c.sequences * c.length * c.length * hidden) * c.seen;
    bench.run(
        name + c.name,
        fmt::format("{} x {}, {} x {}", c.sequences, c.length, c.options.heads, c.options.head_dim),
        flops, 0, [&] {
          // In bf16, qkv is rounded each time anew: to numbers like those before.
          attention(kernels, bf16, {qkv.data(), starts.back(), width}, starts, c.options,
                    {context.data(), starts.back(), hidden});
        });
  }
}

// The products of MiniLM-L6 and of a base model, as (out, in).
void bench_linear(Bench& bench, const std::string& precision, Backend& backend) {
  for (const auto& [out, in] : {std::pair<std::size_t, std::size_t>{1152, 384},
                                {384, 384},
                                {1536, 384},
                                {384, 1536},
                                {2304, 768},
                                {768, 768},
                                {3072, 768},
                                {768, 3072}}) {
    // Results are about as large as x: of larger ones GELU has tails that are denormal, and slow.
    const std::vector<float> weight = random_floats(out * in, 1 / std::sqrt(float(in))),
                             bias = random_floats(out);
    const std::unique_ptr<Linear> linear = backend.make_linear({weight.data(), out, in}, bias);
    for (const std::size_t rows : {1u, 26u, 96u, 1024u}) {
      std::vector<float> x = random_floats(rows * in), y(rows * out);
      const double flops = 2.0 * static_cast<double>(rows * in * out);
      const std::string shape = fmt::format("{} x {} -> {}", rows, in, out);
      for (const auto& [name, activation] :
           {std::pair<const char*, Activation>{"linear", Activation::kNone},
            {"linear_gelu_erf", Activation::kGeluErf}}) {
        if (activation != Activation::kNone && out < 4 * in) continue;
        bench.run(precision + "_" + name, shape, flops, 0, [&, activation = activation] {
          backend.linear({x.data(), rows, in}, *linear, activation, {y.data(), rows, out});
        });
      }
    }
  }
}

int run(std::string_view part) {
  Result<std::unique_ptr<Backend>> backend = open_cpu_backend(Precision::kF32);
  if (!backend) {
    fmt::print(stderr, "compute_bench: {}\n", backend.error().message);
    return exit_code(backend.error().code);
  }
  const KernelTable& kernels = **chosen_kernels();
  const ThreadLimit limit(1);
  Bench bench(kernels, part);
  fmt::print("peak {:.1f} GFLOP/s on one thread\n", bench.peak_gflops());
  bench_rows(bench, kernels);
  bench_attention_kernels(bench, kernels);
  bench_attention(bench, "attention", kernels, nullptr);
  if (const Bf16Kernels* bf16 = kernels_with(kernels).bf16; bf16 != nullptr)
    bench_attention(bench, "attention_bf16", kernels, bf16);
  for (const Precision precision : {Precision::kF32, Precision::kBf16, Precision::kInt8}) {
    // The share is of the f32 peak: bf16 can reach 200 %, int8 400 %.
    backend = open_cpu_backend(precision);
    if (backend) bench_linear(bench, std::string(name_of(precision)), **backend);
  }
  return 0;
}

}  // namespace
}  // namespace colvec

int main(int argc, char** argv) { return colvec::run(argc > 1 ? argv[1] : ""); }
