// Attention kernels against the formula in float64, on numbers as the kernels get them.
#include <gtest/gtest.h>

#include "compute/cuda_fixture.h"
#include "compute/cuda_layout.h"
#include "compute/cuda_pass_plan.h"

namespace colvec {
namespace {

struct Case {
  std::string name;
  std::uint32_t heads = 2;
  std::uint32_t key_heads = 2;
  std::uint32_t head_dim = 32;
  bool causal = false;
  std::uint32_t window = kAttentionNoWindow;
  bool biased = false;
  std::vector<std::uint32_t> lengths = {1, 17, 65};
};

class CudaAttentionTest : public CudaTest {
 protected:
  struct Inputs {
    OwnedMat qkv;
    std::vector<float> bias;
    std::uint32_t reach = 0;
    std::vector<std::uint32_t> starts = {0};
  };

  static Inputs make_inputs(const Case& c) {
    std::vector<std::uint32_t> starts = {0};
    std::uint32_t longest = 0;
    for (const std::uint32_t length : c.lengths) {
      starts.push_back(starts.back() + length);
      longest = std::max(longest, length);
    }
    const std::size_t width = std::size_t{c.heads + 2 * c.key_heads} * c.head_dim;
    Inputs inputs{OwnedMat(starts.back(), width, c.head_dim + 7), {}, longest - 1, starts};
    if (c.biased) inputs.bias = random_floats(c.heads * (2 * inputs.reach + 1), 3);
    return inputs;
  }

  static float scale_of(const Case& c) { return 1.3f / std::sqrt(static_cast<float>(c.head_dim)); }

  // The context of one query and head, in float64.
  static void attend(const Case& c, const Inputs& in, std::size_t sequence, std::uint32_t query,
                     std::uint32_t head, double* context) {
    const std::uint32_t first = in.starts[sequence];
    const std::uint32_t length = in.starts[sequence + 1] - first;
    const std::size_t width = in.qkv.cols;
    const std::uint32_t key_head = head / (c.heads / c.key_heads);
    const float* const q = in.qkv.values.data() + (first + query) * width + head * c.head_dim;
    std::vector<double> scores;
    double most = -1e300;
    std::vector<std::uint32_t> keys;
    for (std::uint32_t k = 0; k < length; ++k) {
      const std::uint32_t away = k > query ? k - query : query - k;
      if ((c.causal && k > query) || away > c.window) continue;
      const float* const key =
          in.qkv.values.data() + (first + k) * width + (c.heads + key_head) * c.head_dim;
      double score = 0;
      for (std::uint32_t i = 0; i < c.head_dim; ++i) score += double{q[i]} * key[i];
      score *= scale_of(c);
      if (c.biased) score += in.bias[head * (2 * in.reach + 1) + in.reach + k - query];
      scores.push_back(score);
      keys.push_back(k);
      most = std::max(most, score);
    }
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - most);
    std::fill_n(context, c.head_dim, 0.0);
    for (std::size_t j = 0; j < keys.size(); ++j) {
      const float* const value = in.qkv.values.data() + (first + keys[j]) * width +
                                 (c.heads + c.key_heads + key_head) * c.head_dim;
      for (std::uint32_t i = 0; i < c.head_dim; ++i) context[i] += scores[j] / sum * value[i];
    }
  }

  static std::vector<double> expected(const Case& c, const Inputs& in) {
    const std::size_t width = std::size_t{c.heads} * c.head_dim;
    std::vector<double> context(in.qkv.rows * width);
    for (std::size_t s = 0; s < c.lengths.size(); ++s)
      for (std::uint32_t q = 0; q < c.lengths[s]; ++q)
        for (std::uint32_t h = 0; h < c.heads; ++h)
          attend(c, in, s, q, h, context.data() + (in.starts[s] + q) * width + h * c.head_dim);
    return context;
  }

  void run(const Case& c, CudaType type) {
    Inputs in = make_inputs(c);
    CudaAttention attention{.heads = c.heads,
                            .key_heads = c.key_heads,
                            .head_dim = c.head_dim,
                            .scale = scale_of(c),
                            .causal = c.causal,
                            .window = c.window,
                            .reach = in.reach,
                            .qkv = put(&in.qkv, type),
                            .context = make(in.qkv.rows, c.heads * c.head_dim, type)};
    if (c.biased) attention.distance_bias = put(in.bias);
    for (const std::uint32_t item_queries : {32u, 64u, 128u}) {
      run_items(c, in, item_queries, attention);
      attention.in_groups = item_queries == 128 && has_groups();
      if (attention.in_groups) run_items(c, in, item_queries, attention);
    }
  }

  void run_items(const Case& c, const Inputs& in, std::uint32_t item_queries,
                 CudaAttention attention) {
    const CudaType type = attention.context.type;
    const std::vector<CudaAttentionItem> items = attention_items(in.starts, item_queries);
    attention.items = put(items);
    attention.item_count = items.size();
    attention.item_queries = item_queries;
    attention.context = make(in.qkv.rows, c.heads * c.head_dim, type);
    ok(table_->attention(lane_, attention));
    // The weights are rounded to 16 bits before the second product: an error of a rounding of each,
    // and values are around 1.
    expect_near(get(attention.context), expected(c, in), type, 2 * rounding_of(type),
                c.name + ", head_dim " + std::to_string(c.head_dim) + ", " + name_of_type(type) +
                    ", items of " + std::to_string(item_queries) +
                    (attention.in_groups ? " in groups" : ""));
  }

  bool has_groups() const {
    CudaDeviceInfo info;
    ok(table_->device_info(0, &info));
    return info.major == 9;
  }
};

TEST_F(CudaAttentionTest, GivesTheFormulaForEachWidthOfAHead) {
  for (const CudaType type : kNarrowTypes)
    for (const std::uint32_t head_dim : {8u, 12u, 16u, 24u, 32u, 40u, 64u, 72u, 96u, 128u, 136u})
      run({.name = "plain", .head_dim = head_dim}, type);
}

// One sequence at a time: full and partial tiles of keys and blocks of queries.
TEST_F(CudaAttentionTest, GivesTheFormulaForEachLength) {
  for (const std::uint32_t head_dim : {32u, 64u, 128u})
    for (const std::uint32_t length : {1u, 16u, 31u, 32u, 33u, 63u, 64u, 65u, 128u, 129u, 200u})
      run({.name = "length " + std::to_string(length), .head_dim = head_dim, .lengths = {length}},
          CudaType::kBf16);
}

TEST_F(CudaAttentionTest, GivesTheFormulaForWideHeads) {
  run({.name = "wide", .heads = 2, .key_heads = 1, .head_dim = 256, .lengths = {5, 70}},
      CudaType::kBf16);
}

TEST_F(CudaAttentionTest, GivesTheFormulaWithEachOption) {
  const std::vector<std::uint32_t> lengths = {70, 5, 131};
  const std::vector<Case> cases = {
      {.name = "causal", .causal = true, .lengths = lengths},
      {.name = "window", .window = 20, .lengths = lengths},
      {.name = "narrow window", .window = 0, .lengths = lengths},
      {.name = "window beyond a tile", .window = 70, .lengths = lengths},
      {.name = "causal window", .causal = true, .window = 33, .lengths = lengths},
      {.name = "bias", .biased = true, .lengths = lengths},
      {.name = "causal bias", .causal = true, .biased = true, .lengths = lengths},
      {.name = "window and bias", .window = 64, .biased = true, .lengths = lengths},
      {.name = "shared keys", .heads = 6, .key_heads = 2, .lengths = lengths},
      {.name = "one head of keys", .heads = 4, .key_heads = 1, .causal = true, .lengths = {64, 66}},
  };
  for (const Case& c : cases) {
    run(c, CudaType::kBf16);
    Case odd = c;  // Which tensor cores do not take.
    odd.head_dim = 12;
    run(odd, CudaType::kF16);
  }
}

TEST_F(CudaAttentionTest, RefusesHeadsThatAreTooWide) {
  OwnedMat qkv(1, 3 * 520, 1);
  CudaAttention attention{.heads = 1,
                          .key_heads = 1,
                          .head_dim = 520,
                          .scale = 1,
                          .qkv = put(&qkv, CudaType::kBf16),
                          .context = make(1, 520, CudaType::kBf16)};
  attention.items = put(std::vector<CudaAttentionItem>{{0, 1, 0}});
  attention.item_count = 1;
  const int code = table_->attention(lane_, attention);
  ASSERT_NE(code, 0);
  EXPECT_STREQ(table_->describe(code), "there is no kernel for these widths");
}

}  // namespace
}  // namespace colvec
