// How fast each family is at the same cost: models of about as many floating-point operations for a
// token, with invented weights, on the same random tokens, in turns.
//
//   family_bench [--tokens N] [--turns N] [NAME_PART]
//
// The times are of one thread's processor time, the best of the turns, so that other programs
// disturb little. Counted are the products: those with weights, and those of queries with the keys
// that they see and of the weights with the values.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/parallel.h"
#include "compute/backend.h"
#include "model/model.h"
#include "model/model_folder.h"
#include "model/synthesize.h"
#include "model/weights.h"

namespace colvec {
namespace {

// All have 6 layers of 384 numbers with 12 heads of 32. A plain feed-forward is 4 times as wide,
// gated ones are narrower by what their third matrix costs, and grouped heads are made up for.
constexpr std::size_t kHeadDim = 32;
constexpr std::size_t kHeads = 12;

struct Candidate {
  std::string_view name;
  std::string_view config;
  double window = 0;         // Of sliding layers, to either side; 0: none.
  double sliding_share = 0;  // Of the layers.
  bool causal = false;
};

#define COLVEC_BENCH_SHAPE                                                                 \
  R"("vocab_size":2048,"hidden_size":384,"num_hidden_layers":6,"num_attention_heads":12,)" \
  R"("max_position_embeddings":8192,"pad_token_id":1,)"

const std::array kCandidates = {
    Candidate{"bert", R"({"model_type":"bert",)" COLVEC_BENCH_SHAPE R"("intermediate_size":1536})"},
    Candidate{"roberta",
              R"({"model_type":"roberta",)" COLVEC_BENCH_SHAPE R"("intermediate_size":1536})"},
    Candidate{"mpnet",
              R"({"model_type":"mpnet",)" COLVEC_BENCH_SHAPE R"("intermediate_size":1536})"},
    Candidate{"distilbert",
              R"({"model_type":"distilbert","vocab_size":2048,"dim":384,"n_layers":6,"n_heads":12,)"
              R"("hidden_dim":1536,"max_position_embeddings":8192})"},
    Candidate{"modernbert",
              R"({"model_type":"modernbert",)" COLVEC_BENCH_SHAPE R"("intermediate_size":1024})",
              64, 4.0 / 6},
    Candidate{
        "nomic_bert",
        R"({"model_type":"nomic_bert","vocab_size":2048,"n_embd":384,"n_layer":6,"n_head":12,)"
        R"("n_inner":1024,"activation_function":"swiglu","mlp_fc1_bias":false,)"
        R"("mlp_fc2_bias":false,"qkv_proj_bias":false})"},
    Candidate{
        "nomic_bert, mixture",
        R"({"model_type":"nomic_bert","vocab_size":2048,"n_embd":384,"n_layer":6,"n_head":12,)"
        R"("n_inner":1024,"activation_function":"gelu","num_experts":8,"moe_top_k":2,)"
        R"("moe_every_n_layers":2})"},
    Candidate{"gte", R"({"model_type":"new",)" COLVEC_BENCH_SHAPE R"("intermediate_size":1024})"},
    Candidate{"jina_bert",
              R"({"model_type":"bert","position_embedding_type":"alibi",)" COLVEC_BENCH_SHAPE
              R"("intermediate_size":1024})"},
    Candidate{"jina_bert, normed",
              R"({"model_type":"bert","position_embedding_type":"alibi",)"
              R"("_name_or_path":"jina-bert-v2-qk-post-norm",)" COLVEC_BENCH_SHAPE
              R"("intermediate_size":1024})"},
    Candidate{"qwen2",
              R"({"model_type":"qwen2","num_key_value_heads":4,)" COLVEC_BENCH_SHAPE
              R"("intermediate_size":1192})",
              0, 0, true},
    Candidate{"qwen3",
              R"({"model_type":"qwen3","num_key_value_heads":4,"head_dim":32,)" COLVEC_BENCH_SHAPE
              R"("intermediate_size":1192})",
              0, 0, true},
    Candidate{"gemma3",
              R"({"model_type":"gemma3_text","num_key_value_heads":4,"head_dim":32,)"
              R"("query_pre_attn_scalar":32,"sliding_window":512,"sliding_window_pattern":3,)"
              R"("use_bidirectional_attention":true,)" COLVEC_BENCH_SHAPE
              R"("intermediate_size":1192})",
              256, 4.0 / 6},
};
#undef COLVEC_BENCH_SHAPE

struct Loaded {
  const Candidate* candidate = nullptr;
  std::unique_ptr<Model> model;
  double linear_flops = 0;  // For a token.
  double best_seconds = 1e9;
};

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Products with a weight matrix: two operations for each number. Of experts, those that run.
double flops_of(const std::vector<WeightSpec>& specs, const Json& config) {
  const double experts = static_cast<double>(*config.unsigned_or("num_experts", 1));
  const double top = static_cast<double>(*config.unsigned_or("moe_top_k", 1));
  double flops = 0;
  for (const WeightSpec& spec : specs) {
    if (spec.shape.size() != 2 || spec.role == WeightRole::kTable) continue;
    const bool is_expert = spec.name.find(".experts.") != std::string::npos;
    flops +=
        2 * static_cast<double>(spec.shape[0] * spec.shape[1]) * (is_expert ? top / experts : 1);
  }
  return flops;
}

// Keys that a token of a sequence of `length` sees, on average over the layers.
double keys_seen(const Candidate& candidate, double length) {
  const double all = candidate.causal ? (length + 1) / 2 : length;
  if (candidate.window == 0) return all;
  const double width = std::min(length, 2 * candidate.window + 1);
  return (1 - candidate.sliding_share) * all + candidate.sliding_share * width;
}

Result<Loaded> load(const Candidate& candidate, Backend& backend,
                    const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "config");
  std::ofstream(folder / "config" / "config.json") << candidate.config;
  COLVEC_TRY(write_synthetic_model(folder / "config", folder / "model", 1));
  COLVEC_ASSIGN(const ModelFolder read, read_model_folder(folder / "model"));
  COLVEC_ASSIGN(const Weights weights, Weights::open(read.core_dir));
  COLVEC_ASSIGN(const Family* family, find_family(*read.config));
  COLVEC_ASSIGN(const std::vector<WeightSpec> specs, family->list(*read.config));
  Loaded loaded{
      .candidate = &candidate, .model = nullptr, .linear_flops = flops_of(specs, *read.config)};
  COLVEC_ASSIGN(loaded.model, family->load(*read.config, weights, backend));
  return loaded;
}

// A batch of `tokens` tokens in sequences of `length`.
void measure(std::vector<Loaded>& models, Backend& backend, std::size_t tokens, std::size_t length,
             std::size_t turns) {
  std::mt19937 random(3);
  std::vector<std::uint32_t> ids(tokens);
  for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(2 + random() % 2000);
  std::vector<std::uint32_t> starts = {0};
  while (starts.back() + length <= tokens)
    starts.push_back(starts.back() + static_cast<std::uint32_t>(length));
  ids.resize(starts.back());
  const std::unique_ptr<Scratch> scratch = backend.make_scratch();
  for (Loaded& loaded : models) loaded.best_seconds = 1e9;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (Loaded& loaded : models) {
      scratch->clear();
      const double begin = thread_seconds();
      loaded.model->forward(ids, starts, {}, *scratch);
      if (turn > 0)  // The first one touches memory.
        loaded.best_seconds = std::min(loaded.best_seconds, thread_seconds() - begin);
    }
  }
  fmt::print("\n{} tokens in sequences of {}, {} turns\n", ids.size(), length, turns);
  fmt::print("| family | MFLOP/token | ms | GFLOP/s | of bert's |\n|---|---|---|---|---|\n");
  double reference = 0;
  for (const Loaded& loaded : models) {
    const double attention =
        4.0 * 6 * kHeads * kHeadDim * keys_seen(*loaded.candidate, static_cast<double>(length));
    const double flops = loaded.linear_flops + attention;
    const double rate = flops * static_cast<double>(ids.size()) / loaded.best_seconds * 1e-9;
    if (reference == 0) reference = rate;
    fmt::print("| {} | {:.2f} | {:.1f} | {:.1f} | {:.0f} % |\n", loaded.candidate->name,
               flops * 1e-6, loaded.best_seconds * 1e3, rate, 100 * rate / reference);
  }
}

Status run(std::string_view part, std::size_t tokens, std::size_t turns) {
  COLVEC_ASSIGN(const std::unique_ptr<Backend> backend, open_cpu_backend(Precision::kF32));
  const ThreadLimit limit(1);
  std::string pattern = (std::filesystem::temp_directory_path() / "family_bench_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return fail(ErrorCode::kIo, "no temporary folder");
  const std::filesystem::path folder = pattern;
  std::vector<Loaded> models;
  Status status;
  for (const Candidate& candidate : kCandidates) {
    // Without bert there is nothing to compare with.
    if (candidate.name != "bert" && candidate.name.find(part) == std::string_view::npos) continue;
    Result<Loaded> loaded = load(candidate, *backend, folder / std::to_string(models.size()));
    if (!loaded) {
      status = at(std::string(candidate.name), std::move(loaded).error());
      break;
    }
    models.push_back(std::move(*loaded));
  }
  std::filesystem::remove_all(folder);
  COLVEC_TRY(status);
  fmt::print("kernels: {}, one thread\n", backend->isa());
  for (const std::size_t length : {32u, 128u, 512u})
    measure(models, *backend, tokens, length, turns);
  return {};
}

}  // namespace
}  // namespace colvec

int main(int argc, char** argv) {
  std::string_view part;
  std::size_t tokens = 1024;
  std::size_t turns = 12;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--tokens" && has_value)
      tokens = std::strtoul(argv[++i], nullptr, 10);
    else if (argument == "--turns" && has_value)
      turns = std::strtoul(argv[++i], nullptr, 10);
    else
      part = argument;
  }
  const colvec::Status status = colvec::run(part, tokens, turns);
  if (status) return 0;
  fmt::print(stderr, "family_bench: {}\n", status.error().message);
  return colvec::exit_code(status.error().code);
}
