// Numbers, times and sizes as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace colvec::cli {

std::string with_commas(std::uint64_t number);  // 1,234,567
// "1 file", "2,345 files"; `one` takes an s.
std::string counted(std::uint64_t number, std::string_view one);
std::string duration(double seconds);        // 0.4s, 12s, 3m 5s, 1h 12m, 2d 3h
std::string bytes(std::uint64_t size);       // 312 B, 1.5 GB
std::string utc_time(std::int64_t time_ms);  // 2026-11-26 07:36:18
std::string one_line(std::string_view text,
                     std::size_t chars_max);     // Line breaks become spaces; cut with "...".
std::string shell_quote(std::string_view text);  // As one word of a shell.

}  // namespace colvec::cli
