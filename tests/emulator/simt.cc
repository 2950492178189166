// A fiber is a stack and what swap_stacks() has pushed on it. The scheduler goes over all fibers of
// a block, again and again, until all have ended; one that waits gives the turn back at once.
#include "emulator/simt.h"

#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

// Saves the callee-saved registers and the stack in *from, and goes on with `to`.
extern "C" void colvec_swap_stacks(void** from, void* to);
asm(R"(
.text
.globl colvec_swap_stacks
.type colvec_swap_stacks, @function
colvec_swap_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size colvec_swap_stacks, .-colvec_swap_stacks
)");

namespace colvec::simt {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;
constexpr std::size_t kTurnsMax = 1000;  // Without one of all fibers moving on: a deadlock.

struct Copy {
  void* to;
  unsigned char bytes[16];
};

struct Barrier {
  int arrived = 0;
  std::uint64_t round = 0;
};

struct Fiber {
  std::unique_ptr<unsigned char[]> stack;
  void* top = nullptr;
  bool done = false;
  std::vector<std::vector<Copy>> copies;  // Groups, the oldest first.
  std::vector<Copy> open_group;
};

struct Warp {
  int alive = 0;
  Barrier barrier;
  float values[32];
  const void* addresses[32];
  std::uint32_t left[32][4];
  std::uint32_t right[32][2];
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<std::uint64_t> shared;
  Barrier barrier;
  int alive = 0;
  int threads = 0;
  int current = 0;
  std::size_t x = 0;
  std::size_t y = 0;
  bool moved = false;
  void* scheduler = nullptr;
  const std::function<void()>* kernel = nullptr;
};

thread_local Block block;

Fiber& this_fiber() { return block.fibers[static_cast<std::size_t>(block.current)]; }
Warp& this_warp() { return block.warps[static_cast<std::size_t>(block.current / 32)]; }

void give_turn_back() { colvec_swap_stacks(&this_fiber().top, block.scheduler); }

void arrive(Barrier* barrier, const int* alive) {
  const std::uint64_t round = barrier->round;
  ++barrier->arrived;
  block.moved = true;
  while (barrier->round == round) {
    if (barrier->arrived >= *alive) {
      barrier->arrived = 0;
      ++barrier->round;
      block.moved = true;
      return;
    }
    give_turn_back();
  }
}

void warp_sync() {
  Warp& warp = this_warp();
  arrive(&warp.barrier, &warp.alive);
}

[[noreturn]] void run_fiber() {
  (*block.kernel)();
  Fiber& fiber = this_fiber();
  fiber.done = true;
  block.moved = true;
  --block.alive;
  --this_warp().alive;
  give_turn_back();
  std::abort();  // A fiber that has ended gets no turn.
}

void prepare(Fiber* fiber) {
  if (fiber->stack == nullptr) fiber->stack.reset(new unsigned char[kStackBytes]);
  // What the last fiber on this stack left there is nobody's any more.
  ASAN_UNPOISON_MEMORY_REGION(fiber->stack.get(), kStackBytes);
  fiber->done = false;
  fiber->copies.clear();
  fiber->open_group.clear();
  auto end = reinterpret_cast<std::uintptr_t>(fiber->stack.get() + kStackBytes);
  end -= end % 16;
  auto* slots = reinterpret_cast<void**>(end);
  *--slots =
      nullptr;  // Where run_fiber() would return to; keeps the stack aligned as after a call.
  *--slots = reinterpret_cast<void*>(&run_fiber);
  for (int i = 0; i < 6; ++i) *--slots = nullptr;
  fiber->top = slots;
}

void run_block() {
  block.barrier = {};
  block.alive = block.threads;
  for (Warp& warp : block.warps) warp = {};
  for (int t = 0; t < block.threads; ++t) {
    prepare(&block.fibers[static_cast<std::size_t>(t)]);
    ++block.warps[static_cast<std::size_t>(t / 32)].alive;
  }
  std::size_t idle_turns = 0;
  for (bool backwards = false; block.alive > 0; backwards = !backwards) {
    block.moved = false;
    for (int i = 0; i < block.threads; ++i) {
      block.current = backwards ? block.threads - 1 - i : i;
      Fiber& fiber = this_fiber();
      if (!fiber.done) colvec_swap_stacks(&block.scheduler, fiber.top);
    }
    idle_turns = block.moved ? 0 : idle_turns + 1;
    if (idle_turns < kTurnsMax) continue;
    std::fprintf(stderr, "emulator: threads of block (%zu, %zu) wait for one another\n", block.x,
                 block.y);
    std::abort();
  }
}

void land(std::vector<Copy>* group) {
  for (const Copy& copy : *group) std::memcpy(copy.to, copy.bytes, sizeof(copy.bytes));
}

}  // namespace

int thread() { return block.current; }
int threads() { return block.threads; }
std::size_t block_x() { return block.x; }
std::size_t block_y() { return block.y; }
unsigned char* shared_memory() { return reinterpret_cast<unsigned char*>(block.shared.data()); }
void block_sync() { arrive(&block.barrier, &block.alive); }

float shuffle_xor(float value, int mask) {
  Warp& warp = this_warp();
  warp.values[lane()] = value;
  warp_sync();
  const float other = warp.values[lane() ^ mask];
  warp_sync();
  return other;
}

bool any(bool value) {
  Warp& warp = this_warp();
  warp.values[lane()] = value ? 1 : 0;
  warp_sync();
  const bool found = std::any_of(std::begin(warp.values), std::end(warp.values),
                                 [](float other) { return other != 0; });
  warp_sync();
  return found;
}

void copy_16(void* shared, const void* global, bool valid) {
  Copy copy{shared, {}};
  if (valid) std::memcpy(copy.bytes, global, sizeof(copy.bytes));
  this_fiber().open_group.push_back(copy);
}

void copies_commit() {
  Fiber& fiber = this_fiber();
  fiber.copies.push_back(std::move(fiber.open_group));
  fiber.open_group.clear();
}

void wait_for_copies(int left) {
  Fiber& fiber = this_fiber();
  while (fiber.copies.size() > static_cast<std::size_t>(left)) {
    land(&fiber.copies.front());
    fiber.copies.erase(fiber.copies.begin());
  }
}

// Register j of lane l: row l / 4 of matrix j, columns l % 4 * 2 and the next.
void load_matrices(const void* shared, std::uint32_t (&out)[4]) {
  Warp& warp = this_warp();
  warp.addresses[lane()] = shared;
  warp_sync();
  for (int j = 0; j < 4; ++j) {
    const auto* row = static_cast<const std::uint16_t*>(warp.addresses[j * 8 + lane() / 4]);
    std::memcpy(&out[j], row + lane() % 4 * 2, sizeof(out[j]));
  }
  warp_sync();
}

// Register j of lane l: column l / 4 of matrix j, rows l % 4 * 2 and the next.
void load_transposed(const void* shared, std::uint32_t (&out)[4]) {
  Warp& warp = this_warp();
  warp.addresses[lane()] = shared;
  warp_sync();
  for (int j = 0; j < 4; ++j) {
    const int row = j * 8 + lane() % 4 * 2;
    const auto* first = static_cast<const std::uint16_t*>(warp.addresses[row]);
    const auto* second = static_cast<const std::uint16_t*>(warp.addresses[row + 1]);
    out[j] = first[lane() / 4] | static_cast<std::uint32_t>(second[lane() / 4]) << 16;
  }
  warp_sync();
}

namespace {

std::uint16_t half(std::uint32_t both, int second) {
  return static_cast<std::uint16_t>(second != 0 ? both >> 16 : both);
}

// Number (row, k) of a warp's left operand.
std::uint16_t left_number(const Warp& warp, int row, int k) {
  return half(warp.left[row % 8 * 4 + k % 8 / 2][(row >= 8 ? 1 : 0) + (k >= 8 ? 2 : 0)], k % 2);
}

// Number `along` of a row of a matrix that a warpgroup reads.
std::uint16_t shared_number(std::uint64_t descriptor, int row, int along) {
  const std::uint64_t begin = (descriptor & 0x3fff) << 4;
  const std::uint64_t group = ((descriptor >> 32) & 0x3fff) << 4;  // From 8 rows to the next.
  const bool is_wide = descriptor >> 62 == 1;
  const std::uint64_t row_bytes = is_wide ? 128 : 64;
  const auto r = static_cast<std::uint64_t>(row);
  std::uint64_t address =
      begin + r / 8 * group + r % 8 * row_bytes + static_cast<std::uint64_t>(along) * 2;
  address ^= ((address >> 7) & (is_wide ? 7 : 3)) << 4;
  std::uint16_t number;
  std::memcpy(&number, shared_memory() + address, sizeof(number));
  return number;
}

}  // namespace

std::uint32_t shared_address(const void* memory) {
  return static_cast<std::uint32_t>(static_cast<const unsigned char*>(memory) - shared_memory());
}

void group_multiply(std::uint64_t left, std::uint64_t right, bool adds, float (&sum)[8][4],
                    ToFloat to_float) {
  for (int n = 0; n < 8; ++n) {
    for (int i = 0; i < 4; ++i) {
      if (!adds) sum[n][i] = 0;
      const int row = warp() % 4 * 16 + lane() / 4 + (i / 2) * 8;
      const int col = n * 8 + lane() % 4 * 2 + i % 2;
      for (int k = 0; k < 16; ++k)
        sum[n][i] += to_float(shared_number(left, row, k)) * to_float(shared_number(right, col, k));
    }
  }
}

void group_multiply_add(const std::uint32_t (&left)[4], std::uint64_t right, float (*sum)[4],
                        int cols, ToFloat to_float) {
  Warp& warp = this_warp();
  std::memcpy(warp.left[lane()], left, sizeof(left));
  warp_sync();
  for (int n = 0; n < cols / 8; ++n) {
    for (int i = 0; i < 4; ++i) {
      const int row = lane() / 4 + (i / 2) * 8;
      const int col = n * 8 + lane() % 4 * 2 + i % 2;
      for (int k = 0; k < 16; ++k)
        sum[n][i] += to_float(left_number(warp, row, k)) * to_float(shared_number(right, k, col));
    }
  }
  warp_sync();
}

void multiply_add(const std::uint32_t (&left)[4], const std::uint32_t* right, float (&sum)[4],
                  ToFloat to_float) {
  Warp& warp = this_warp();
  std::memcpy(warp.left[lane()], left, sizeof(left));
  std::memcpy(warp.right[lane()], right, sizeof(warp.right[0]));
  warp_sync();
  for (int i = 0; i < 4; ++i) {
    const int row = lane() / 4 + (i / 2) * 8;
    const int col = lane() % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      const std::uint32_t b = warp.right[col * 4 + k % 8 / 2][k >= 8 ? 1 : 0];
      sum[i] += to_float(left_number(warp, row, k)) * to_float(half(b, k % 2));
    }
  }
  warp_sync();
}

void run(const std::function<void()>& kernel, Blocks blocks, unsigned threads,
         std::size_t shared_bytes) {
  block.kernel = &kernel;
  block.threads = static_cast<int>(threads);
  if (block.fibers.size() < threads) block.fibers.resize(threads);
  block.warps.resize((threads + 31) / 32);
  // Memory that no kernel has written holds what is easy to see: numbers that are none.
  for (block.y = 0; block.y < blocks.y; ++block.y) {
    for (block.x = 0; block.x < blocks.x; ++block.x) {
      block.shared.assign((shared_bytes + 15) / 8, ~std::uint64_t{0});
      run_block();
    }
  }
}

}  // namespace colvec::simt
