#include "model/synthesize.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/parallel.h"
#include "colvec/tokenizer.h"
#include "model/model.h"
#include "model/model_folder.h"
#include "model/safetensors.h"

namespace colvec {
namespace {

constexpr std::size_t kChunk = 1 << 16;                       // Numbers of one task.
constexpr std::size_t kPiece = 1 << 22;                       // Numbers in memory at once.
constexpr std::size_t kFileBytesMax = std::size_t{64} << 30;  // The settings are not to be trusted.
constexpr std::uint64_t kStaticWidthMax = 1 << 16;

// A bijection of 64 bits that looks random (Steele, Lea, Flood: "Fast splittable pseudorandom
// number generators", 2014): one call per index, so that any part of a tensor can be made by
// itself.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Nearly normal, mean 0, deviation 1, within 3.5: the sum of four uniform numbers. Whole numbers
// and one product, so that every machine gives the same bits.
float normal(std::uint64_t stream, std::uint64_t index) {
  const std::uint64_t bits = mix(stream + index);
  const std::uint64_t sum =
      (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48);
  constexpr float kDeviation = 37837.2f;  // 65536 / sqrt(3).
  return (static_cast<float>(sum) - 131070.0f) * (1 / kDeviation);
}

struct Spread {
  float mean = 0;
  float deviation = 1;
};

Spread spread_of(const WeightSpec& spec) {
  const float per_input = 1 / std::sqrt(static_cast<float>(spec.shape.back()));
  switch (spec.role) {
    case WeightRole::kTable:
      return {0, 0.05f};
    case WeightRole::kMatrix:
      return {0, per_input};
    case WeightRole::kQueryKey:
      // Normed inputs have deviation 1, so that scores have about 2: some tokens are preferred.
      return {0, 1.5f * per_input};
    case WeightRole::kBias:
      return {0, 0.05f};
    case WeightRole::kGamma:
      return {1, 0.1f};
    case WeightRole::kGammaOffset:
      return {0, 0.1f};
    case WeightRole::kBeta:
      return {0, 0.1f};
  }
  return {};
}

// The numbers [begin, begin + values.size()) of a tensor.
void invent(const WeightSpec& spec, std::uint64_t seed, std::size_t begin,
            std::span<float> values) {
  const std::uint64_t stream = mix(fast_hash(spec.name).low ^ mix(seed));
  const Spread spread = spread_of(spec);
  parallel_for((values.size() + kChunk - 1) / kChunk, [&](std::size_t chunk) {
    const std::size_t end = std::min(values.size(), (chunk + 1) * kChunk);
    for (std::size_t i = chunk * kChunk; i < end; ++i)
      values[i] = spread.mean + spread.deviation * normal(stream, begin + i);
  });
}

std::size_t count_of(const WeightSpec& spec) {
  return std::accumulate(spec.shape.begin(), spec.shape.end(), std::size_t{1}, std::multiplies<>());
}

Status write_weights(const std::filesystem::path& path, const std::vector<WeightSpec>& specs,
                     std::uint64_t seed) {
  std::vector<TensorEntry> entries;
  std::size_t bytes = 0;
  for (const WeightSpec& spec : specs) {
    entries.push_back({spec.name, DType::kF32, spec.shape, 0, count_of(spec) * sizeof(float)});
    bytes += entries.back().bytes;
  }
  if (bytes > kFileBytesMax)
    return fail(ErrorCode::kInvalidArgument, path.string() + ": the settings ask for " +
                                                 std::to_string(bytes >> 30) + " GiB of weights");
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << safetensors_header(entries);
  std::vector<float> piece;
  for (const WeightSpec& spec : specs) {
    const std::size_t count = count_of(spec);
    for (std::size_t begin = 0; begin < count && file; begin += kPiece) {
      piece.resize(std::min(kPiece, count - begin));
      invent(spec, seed, begin, piece);
      file.write(reinterpret_cast<const char*>(piece.data()),
                 static_cast<std::streamsize>(piece.size() * sizeof(float)));
    }
  }
  file.close();
  if (!file) return fail(ErrorCode::kIo, path.string() + ": cannot write");
  return {};
}

bool is_weight_file(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".safetensors") || name.ends_with(".bin") ||
         name.ends_with(".safetensors.index.json");
}

Status copy_settings(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::create_directories(to, error);
  if (error) return fail(ErrorCode::kIo, to.string() + ": " + error.message());
  if (std::filesystem::equivalent(from, to, error))
    return fail(ErrorCode::kInvalidArgument,
                "the output is the folder of the settings: " + to.string());
  std::filesystem::recursive_directory_iterator entries(from, error);
  for (; !error && entries != std::filesystem::recursive_directory_iterator();
       entries.increment(error)) {
    std::error_code ignored;
    const std::filesystem::path target =
        to / std::filesystem::relative(entries->path(), from, ignored);
    if (entries->is_directory(ignored)) {
      std::filesystem::create_directories(target, error);
    } else if (entries->is_regular_file(ignored) && !is_weight_file(entries->path())) {
      std::filesystem::copy_file(entries->path(), target,
                                 std::filesystem::copy_options::overwrite_existing, error);
      // The copy of a read-only file can be replaced by the next run.
      std::filesystem::permissions(target, std::filesystem::perms::owner_write,
                                   std::filesystem::perm_options::add, ignored);
    }
    if (error) break;
  }
  if (error) return fail(ErrorCode::kIo, from.string() + ": cannot copy: " + error.message());
  return {};
}

// The table of a model2vec folder: a row for each token.
Result<std::vector<WeightSpec>> list_static(const ModelFolder& folder) {
  if (folder.kind != FolderKind::kModel2vec)
    return fail(ErrorCode::kUnsupported,
                folder.dir.string() + ": StaticEmbedding says nowhere how wide its vectors are");
  COLVEC_ASSIGN(const std::uint64_t width, folder.config->unsigned_number("hidden_dim"));
  if (width == 0 || width > kStaticWidthMax)
    return fail(ErrorCode::kInvalidArgument, folder.config->where() + ": hidden_dim: not a width");
  COLVEC_ASSIGN(const std::unique_ptr<Tokenizer> tokenizer,
                Tokenizer::load(folder.core_dir, {.special_tokens = false}));
  return std::vector<WeightSpec>{
      {"embeddings", {std::size_t{tokenizer->id_max()} + 1, width}, WeightRole::kTable}};
}

// The weights of a step of the tail; none for Normalize.
std::vector<WeightSpec> list_step(const TailStep& step) {
  const DenseConfig& dense = step.dense;
  if (step.kind == ModuleKind::kLayerNorm)
    return {{"norm.weight", {step.width}, WeightRole::kGamma},
            {"norm.bias", {step.width}, WeightRole::kBeta}};
  if (step.kind != ModuleKind::kDense) return {};
  std::vector<WeightSpec> specs = {{"linear.weight", {dense.out, dense.in}, WeightRole::kMatrix}};
  if (dense.bias) specs.push_back({"linear.bias", {dense.out}, WeightRole::kBias});
  if (dense.residual && dense.in != dense.out)
    specs.push_back({"residual.weight", {dense.out, dense.in}, WeightRole::kMatrix});
  return specs;
}

Result<std::vector<WeightSpec>> list_core(const ModelFolder& folder) {
  if (folder.kind != FolderKind::kTransformer) return list_static(folder);
  COLVEC_ASSIGN(const Family* family, find_family(*folder.config));
  return family->list(*folder.config);
}

}  // namespace

Status write_synthetic_model(const std::filesystem::path& config_dir,
                             const std::filesystem::path& output_dir, std::uint64_t seed) {
  COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(config_dir));
  COLVEC_ASSIGN(const std::vector<WeightSpec> core, list_core(folder));
  COLVEC_TRY(copy_settings(config_dir, output_dir));
  const auto target = [&](const std::filesystem::path& dir) {
    return output_dir / std::filesystem::relative(dir, config_dir) / "model.safetensors";
  };
  COLVEC_TRY(write_weights(target(folder.core_dir), core, seed));
  for (const TailStep& step : folder.tail) {
    const std::vector<WeightSpec> specs = list_step(step);
    if (!specs.empty()) COLVEC_TRY(write_weights(target(step.path), specs, seed));
  }
  return {};
}

}  // namespace colvec
