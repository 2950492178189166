// What the commands say. A write that fails stops nothing: main() looks once whether all of
// standard output was written, and a job goes on when nobody can read its progress any more.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace colvec::cli {

inline void write_to(std::FILE* file, const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), file);
}

template <typename... Args>
void print(std::FILE* file, fmt::format_string<Args...> format, Args&&... args) {
  write_to(file, fmt::format(format, std::forward<Args>(args)...));
}

// To standard output.
template <typename... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  write_to(stdout, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace colvec::cli
