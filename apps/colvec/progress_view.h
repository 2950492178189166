// Shows the progress of a job on standard error: a bar on a terminal, else a line every few
// seconds, or JSON.
#pragma once

#include <chrono>
#include <string>

#include "colvec/table_job.h"

namespace colvec::cli {

class ProgressView {
 public:
  // `form`: "auto" (bar on a terminal, else lines), "bar", "lines", "json", "none".
  explicit ProgressView(const std::string& form);
  void show(const Progress& progress);
  // Ends the bar's line.
  void finish();

 private:
  enum class Form { kBar, kLines, kJson, kNone };
  using Clock = std::chrono::steady_clock;

  void show_bar(const Progress& progress);
  void show_line(const Progress& progress);
  void show_json(const Progress& progress);

  Form form_;
  bool bar_is_open_ = false;
  Clock::time_point last_line_{};
};

}  // namespace colvec::cli
