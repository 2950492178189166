// Opens the weight files of a folder and hands out their tensors as numbers.
//
// One model.safetensors, or the shards that model.safetensors.index.json names. The files are
// memory-mapped and may be unaligned; a tensor becomes float32 in our own memory when it is loaded.
//
// Thread-safety: immutable after open(). Errors name the file and the tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "colvec/error.h"
#include "compute/large_memory.h"
#include "model/safetensors.h"

namespace colvec {

class Weights {
 public:
  // kNotFound: no weights in `dir`, or a shard is missing. kUnsupported: only a pickled file.
  // kCorruption: a malformed file. Cost: reads the headers only.
  static Result<Weights> open(const std::filesystem::path& dir);

  // nullptr where there is no such tensor. Valid as long as this object.
  const TensorEntry* find(std::string_view name) const;

  // The numbers of tensor `name`, which must have this shape. F32, F16 and BF16; `extra` lists
  // further types that the caller takes. kUnsupported: missing, or another shape or type.
  // kCorruption: a number is not finite.
  Result<std::vector<float>> floats(std::string_view name, std::span<const std::size_t> shape,
                                    std::initializer_list<DType> extra = {}) const;

  // The same for a table whose rows are looked up in no order.
  Result<LargeMemory> table(std::string_view name, std::span<const std::size_t> shape,
                            std::initializer_list<DType> extra = {}) const;

  // The same for row numbers (I64 or I32), each below `limit`.
  Result<std::vector<std::uint32_t>> indexes(std::string_view name,
                                             std::span<const std::size_t> shape,
                                             std::size_t limit) const;

  // Calls `visit` for every tensor, in the order of the names.
  void each(const std::function<void(const TensorEntry&)>& visit) const;

  // The files, each with its name inside the folder.
  struct File {
    std::string name;
    MappedFile mapping;
  };
  std::span<const File> files() const { return files_; }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  struct Place {
    std::size_t file = 0;  // Index into files_.
    TensorEntry entry;
  };
  Status add_file(const std::string& name);
  Status add_shards(const std::filesystem::path& index_path);
  Result<const Place*> require(std::string_view name, std::span<const std::size_t> shape) const;
  Result<const Place*> require_floats(std::string_view name, std::span<const std::size_t> shape,
                                      std::initializer_list<DType> extra) const;
  Status convert_to(const Place& place, std::span<float> values) const;
  std::string label(const Place& place) const;

  std::filesystem::path dir_;
  std::vector<File> files_;
  std::map<std::string, Place, std::less<>> tensors_;
};

// The files that hold the tensors of a model, by its model.safetensors.index.json: which tensor is
// in which, and all of them once, sorted. kInvalidArgument: none, or one outside of the folder.
struct ShardIndex {
  std::vector<std::pair<std::string, std::string>> places;  // Tensor, file.
  std::vector<std::string> files;
};
Result<ShardIndex> parse_shard_index(const Json& index);

// Whether `path` (from a file that we read) is relative and stays inside its folder.
bool stays_inside(const std::filesystem::path& path);

}  // namespace colvec
