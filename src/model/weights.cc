#include "model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>

#include "base/parallel.h"

namespace colvec {
namespace {

constexpr std::size_t kChunk = 1 << 18;  // Numbers that one task converts: about a millisecond.

// For the shell, in the folder; copies share no memory, which the format does not allow.
constexpr std::string_view kConvertLine =
    "python3 -c \"import torch, safetensors.torch as s; "
    "s.save_file({k: v.clone().contiguous() for k, v in "
    "torch.load('pytorch_model.bin', map_location='cpu', weights_only=True).items()}, "
    "'model.safetensors')\"";

template <typename T>
T read_unaligned(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

// IEEE 754 binary16, subnormals included.
float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 31u;
  const std::uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t bits =
      exponent == 31 ? 0x7F800000u | (mantissa << 13) : ((exponent + 112) << 23) | (mantissa << 13);
  return std::bit_cast<float>(sign | bits);
}

float from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <typename Stored, typename Convert>
void convert(const std::byte* from, std::size_t count, Convert to_float, float* to) {
  for (std::size_t i = 0; i < count; ++i)
    to[i] = to_float(read_unaligned<Stored>(from + i * sizeof(Stored)));
}

void convert_chunk(DType dtype, const std::byte* from, std::size_t count, float* to) {
  switch (dtype) {
    case DType::kF16:
      return convert<std::uint16_t>(from, count, from_half, to);
    case DType::kBF16:
      return convert<std::uint16_t>(from, count, from_bfloat, to);
    case DType::kF64:
      return convert<double>(
          from, count, [](double v) { return static_cast<float>(v); }, to);
    case DType::kI8:
      return convert<std::int8_t>(
          from, count, [](std::int8_t v) { return static_cast<float>(v); }, to);
    default:
      std::memcpy(to, from, count * sizeof(float));
  }
}

bool all_finite(const float* values, std::size_t count) {
  // The exponent of infinities and NaNs is all ones; a plain loop over bits becomes vector code.
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < count; ++i)
    bad |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(values[i]) & 0x7F800000u) ==
                                      0x7F800000u);
  return bad == 0;
}

}  // namespace

bool stays_inside(const std::filesystem::path& path) {
  if (path.is_absolute() || path.has_root_path()) return false;
  return std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

Result<Weights> Weights::open(const std::filesystem::path& dir) {
  Weights weights;
  weights.dir_ = dir;
  std::error_code ignored;
  const std::filesystem::path index = dir / "model.safetensors.index.json";
  if (std::filesystem::exists(dir / "model.safetensors", ignored)) {
    COLVEC_TRY(weights.add_file("model.safetensors"));
  } else if (std::filesystem::exists(index, ignored)) {
    COLVEC_TRY(weights.add_shards(index));
  } else if (std::filesystem::exists(dir / "pytorch_model.bin", ignored) ||
             std::filesystem::exists(dir / "pytorch_model.bin.index.json", ignored)) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("{0}: only pytorch_model.bin is there, and pickled files are never "
                            "opened: convert it to model.safetensors, once: {1}",
                            dir.string(), kConvertLine));
  } else {
    return fail(ErrorCode::kNotFound, dir.string() + ": no weights: model.safetensors is missing");
  }
  return weights;
}

Status Weights::add_file(const std::string& name) {
  const std::filesystem::path path = dir_ / name;
  COLVEC_ASSIGN(MappedFile mapping, MappedFile::open(path));
  COLVEC_ASSIGN(std::vector<TensorEntry> entries,
                parse_safetensors(mapping.bytes(), path.string()));
  const std::size_t file = files_.size();
  files_.push_back({name, std::move(mapping)});
  for (TensorEntry& entry : entries) {
    std::string key = entry.name;
    if (!tensors_.try_emplace(std::move(key), Place{file, entry}).second)
      return fail(ErrorCode::kCorruption,
                  path.string() + ": tensor is in two shards: " + entry.name);
  }
  return {};
}

Result<ShardIndex> parse_shard_index(const Json& index) {
  COLVEC_ASSIGN(const Json map, index.member("weight_map"));
  ShardIndex parsed;
  std::set<std::string> files;
  COLVEC_TRY(map.each([&](std::string_view tensor, const Json& value) -> Status {
    COLVEC_ASSIGN(std::string file, value.as_string());
    if (file.empty() || !stays_inside(file))
      return value.wrong("a shard outside of the model folder");
    files.insert(file);
    parsed.places.emplace_back(tensor, std::move(file));
    return {};
  }));
  if (files.empty()) return map.wrong("names no tensor");
  parsed.files.assign(files.begin(), files.end());
  return parsed;
}

Status Weights::add_shards(const std::filesystem::path& index_path) {
  COLVEC_ASSIGN(const Json index, Json::read(index_path));
  COLVEC_ASSIGN(const ShardIndex shards, parse_shard_index(index));
  for (const std::string& file : shards.files) COLVEC_TRY(add_file(file));
  for (const auto& [tensor, file] : shards.places) {
    const auto found = tensors_.find(tensor);
    if (found == tensors_.end() || files_[found->second.file].name != file)
      return fail(ErrorCode::kCorruption,
                  index.where() + ": weight_map: " + file + " does not hold " + tensor);
  }
  return {};
}

const TensorEntry* Weights::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second.entry;
}

std::string Weights::label(const Place& place) const {
  return (dir_ / files_[place.file].name).string() + ": " + place.entry.name;
}

Result<const Weights::Place*> Weights::require(std::string_view name,
                                               std::span<const std::size_t> shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    return fail(ErrorCode::kUnsupported,
                (dir_ / files_[0].name).string() + ": missing tensor: " + std::string(name));
  const Place& place = found->second;
  if (!std::equal(shape.begin(), shape.end(), place.entry.shape.begin(), place.entry.shape.end()))
    return fail(ErrorCode::kUnsupported, label(place) + ": shape is " +
                                             shape_text(place.entry.shape) +
                                             ", the configuration asks for " + shape_text(shape));
  return &place;
}

Result<const Weights::Place*> Weights::require_floats(std::string_view name,
                                                      std::span<const std::size_t> shape,
                                                      std::initializer_list<DType> extra) const {
  COLVEC_ASSIGN(const Place* place, require(name, shape));
  const DType dtype = place->entry.dtype;
  const bool taken = dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
                     std::find(extra.begin(), extra.end(), dtype) != extra.end();
  if (taken) return place;
  return fail(ErrorCode::kUnsupported,
              label(*place) + ": dtype of a weight cannot be " + std::string(name_of(dtype)));
}

Status Weights::convert_to(const Place& place, std::span<float> values) const {
  const DType dtype = place.entry.dtype;
  const std::size_t element = bytes_of(dtype);
  const std::byte* data = files_[place.file].mapping.bytes().data() + place.entry.begin;
  std::atomic<bool> finite = true;
  parallel_for((values.size() + kChunk - 1) / kChunk, [&](std::size_t chunk) {
    const std::size_t begin = chunk * kChunk;
    const std::size_t count = std::min(kChunk, values.size() - begin);
    convert_chunk(dtype, data + begin * element, count, values.data() + begin);
    if (!all_finite(values.data() + begin, count)) finite.store(false, std::memory_order_relaxed);
  });
  // The numbers are in our own memory now.
  files_[place.file].mapping.forget(place.entry.begin, place.entry.bytes);
  if (finite.load()) return {};
  return fail(ErrorCode::kCorruption, label(place) + ": holds a number that is not finite");
}

Result<std::vector<float>> Weights::floats(std::string_view name,
                                           std::span<const std::size_t> shape,
                                           std::initializer_list<DType> extra) const {
  COLVEC_ASSIGN(const Place* place, require_floats(name, shape, extra));
  std::vector<float> values(place->entry.bytes / bytes_of(place->entry.dtype));
  COLVEC_TRY(convert_to(*place, values));
  return values;
}

Result<LargeMemory> Weights::table(std::string_view name, std::span<const std::size_t> shape,
                                   std::initializer_list<DType> extra) const {
  COLVEC_ASSIGN(const Place* place, require_floats(name, shape, extra));
  LargeMemory values(place->entry.bytes / bytes_of(place->entry.dtype));
  COLVEC_TRY(convert_to(*place, {values.data(), values.count()}));
  return values;
}

Result<std::vector<std::uint32_t>> Weights::indexes(std::string_view name,
                                                    std::span<const std::size_t> shape,
                                                    std::size_t limit) const {
  COLVEC_ASSIGN(const Place* place, require(name, shape));
  const DType dtype = place->entry.dtype;
  if (dtype != DType::kI64 && dtype != DType::kI32)
    return fail(ErrorCode::kUnsupported,
                label(*place) + ": dtype must be I64 or I32, not " + std::string(name_of(dtype)));
  const std::size_t element = bytes_of(dtype);
  const std::byte* data = files_[place->file].mapping.bytes().data() + place->entry.begin;
  std::vector<std::uint32_t> values(place->entry.bytes / element);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t value = dtype == DType::kI64
                                   ? read_unaligned<std::int64_t>(data + i * element)
                                   : read_unaligned<std::int32_t>(data + i * element);
    if (value < 0 || static_cast<std::uint64_t>(value) >= limit)
      return fail(ErrorCode::kCorruption,
                  label(*place) + ": row number out of range: " + std::to_string(value));
    values[i] = static_cast<std::uint32_t>(value);
  }
  return values;
}

void Weights::each(const std::function<void(const TensorEntry&)>& visit) const {
  for (const auto& [name, place] : tensors_) visit(place.entry);
}

}  // namespace colvec
