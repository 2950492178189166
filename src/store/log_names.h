// Names the files of a Delta log, and bounds them.
//
// Source: Delta Lake protocol, "Delta Log Entries", "Checkpoints".
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace colvec {

// The folder of the log in that of the table.
inline constexpr std::string_view kLogFolder = "_delta_log";

// An entry with more is not read.
inline constexpr std::size_t kEntryBytesMax = std::size_t{256} << 20;

// "00000000000000000012.json".
std::string entry_name(std::uint64_t version);
// nullopt: not the name of an entry.
std::optional<std::uint64_t> parse_entry_name(std::string_view name);

// Whether `path` is that of an entry in the log of a table, wherever that lies.
bool is_log_entry(const std::filesystem::path& path);

// "00000000000000000100.checkpoint.parquet".
std::string checkpoint_name(std::uint64_t version);

// One file of a checkpoint, which may consist of several: part 2 of 3, say.
struct CheckpointName {
  std::uint64_t version = 0;
  std::uint64_t part = 1;
  std::uint64_t parts = 1;
};
// nullopt: not the name of (a part of) a checkpoint of the V1 spec.
std::optional<CheckpointName> parse_checkpoint_name(std::string_view name);

}  // namespace colvec
