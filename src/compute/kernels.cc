#include "compute/kernels.h"

#include <cpuid.h>

#include <array>
#include <cstdlib>
#include <string>

namespace colvec {
namespace {

struct Implementation {
  const KernelTable* table;
  bool (*runs_here)();
};

// Best first.
constexpr std::array kImplementations = {
    Implementation{&kAvx512Kernels,
                   [] {
                     return __builtin_cpu_supports("avx512f") &&
                            __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl");
                   }},
    Implementation{&kAvx2Kernels,
                   [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }},
    Implementation{&kScalarKernels, [] { return true; }},
};

struct Supported {
  std::array<const KernelTable*, kImplementations.size()> tables{};
  std::size_t count = 0;
};

Supported detect() {
  __builtin_cpu_init();
  Supported supported;
  for (const Implementation& implementation : kImplementations) {
    if (implementation.runs_here()) supported.tables[supported.count++] = implementation.table;
  }
  return supported;
}

// Features that compilers have no common name for: bits of the CPUID leaf 7 (Intel's manual, volume
// 2A). Whether the system lets programs use AMX, oneDNN finds out.
struct MoreFeatures {
  bool avx_vnni = false;
  bool amx = false;  // AMX-BF16, AMX-TILE and AMX-INT8.
};

MoreFeatures more_features() {
  constexpr unsigned kAmx = 1u << 22 | 1u << 24 | 1u << 25;
  constexpr unsigned kAvxVnni = 1u << 4;
  MoreFeatures features;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) features.amx = (d & kAmx) == kAmx;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) features.avx_vnni = (a & kAvxVnni) != 0;
  return features;
}

}  // namespace

std::span<const KernelTable* const> supported_kernels() {
  static const Supported supported = detect();
  return {supported.tables.data(), supported.count};
}

Result<const KernelTable*> find_kernels(std::string_view name) {
  if (name.empty()) return supported_kernels().front();
  for (const KernelTable* table : supported_kernels()) {
    if (table->name == name) return table;
  }
  std::string names;
  for (const Implementation& implementation : kImplementations) {
    if (implementation.table->name == name) {
      return fail(ErrorCode::kUnsupported,
                  "instruction set that this processor does not have: " + std::string(name));
    }
    names += (names.empty() ? "" : ", ") + std::string(implementation.table->name);
  }
  return fail(ErrorCode::kInvalidArgument,
              "unknown instruction set: " + std::string(name) + " (there are: " + names + ")");
}

Result<const KernelTable*> chosen_kernels() {
  static const Result<const KernelTable*> chosen = []() -> Result<const KernelTable*> {
    const char* forced = std::getenv("COLVEC_FORCE_ISA");
    Result<const KernelTable*> found = find_kernels(forced == nullptr ? "" : forced);
    if (!found) return at("COLVEC_FORCE_ISA", std::move(found).error());
    return found;
  }();
  return chosen;
}

CpuKernels kernels_with(const KernelTable& table) {
  CpuKernels kernels{.f32 = &table, .bf16 = nullptr, .int8 = nullptr};
  if (&table == &kScalarKernels) return kernels;
  kernels.bf16 = &kAvx2Bf16Kernels;
  static const MoreFeatures more = more_features();
  kernels.int8 = more.avx_vnni ? &kAvxVnniInt8Kernels : &kAvx2Int8Kernels;
  if (&table != &kAvx512Kernels) return kernels;
  if (__builtin_cpu_supports("avx512bf16")) kernels.bf16 = &kAvx512Bf16Kernels;
  if (__builtin_cpu_supports("avx512vnni")) kernels.int8 = &kAvx512Int8Kernels;
  kernels.has_amx =
      more.amx && kernels.bf16 == &kAvx512Bf16Kernels && kernels.int8 == &kAvx512Int8Kernels;
  return kernels;
}

}  // namespace colvec
