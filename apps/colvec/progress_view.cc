#include "progress_view.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "colvec/json_writer.h"
#include "print.h"
#include "text.h"

namespace colvec::cli {
namespace {

constexpr std::chrono::seconds kLineEvery{5};
constexpr std::size_t kBarWidth = 30;

// "(2314/s, ETA 1h 12m)"; empty where too little is done to tell.
std::string pace_text(const Progress& progress) {
  if (progress.rows_per_second <= 0) return "";
  const std::string eta = progress.eta_seconds > 0 ? ", ETA " + duration(progress.eta_seconds) : "";
  return fmt::format(" ({:.{}f}/s{})", progress.rows_per_second,
                     progress.rows_per_second < 10 ? 1 : 0, eta);
}

// Of a job over columns, the phase names the column, whose texts are counted.
bool is_of_column(const Progress& progress) { return progress.phase != "embedding"; }

std::string count_text(const Progress& progress) {
  return fmt::format("{} / {} {}{}", progress.rows_done, progress.rows_total,
                     is_of_column(progress) ? "texts" : "records", pace_text(progress));
}

}  // namespace

ProgressView::ProgressView(const std::string& form) {
  if (form == "auto")
    form_ = ::isatty(STDERR_FILENO) != 0 ? Form::kBar : Form::kLines;
  else
    form_ = form == "bar"    ? Form::kBar
            : form == "json" ? Form::kJson
            : form == "none" ? Form::kNone
                             : Form::kLines;
}

void ProgressView::show(const Progress& progress) {
  switch (form_) {
    case Form::kBar:
      return show_bar(progress);
    case Form::kLines:
      return show_line(progress);
    case Form::kJson:
      return show_json(progress);
    case Form::kNone:
      return;
  }
}

void ProgressView::show_bar(const Progress& progress) {
  bar_is_open_ = true;
  if (progress.rows_total == 0) {
    print(stderr, "\r\033[K{} ...", progress.phase);
    std::fflush(stderr);
    return;
  }
  const double share = std::min(
      1.0, static_cast<double>(progress.rows_done) / static_cast<double>(progress.rows_total));
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  const std::string phase = is_of_column(progress) ? std::string(progress.phase) + ": " : "";
  print(stderr, "\r\033[K[{:<{}}] {:3.0f} %  {}{}", std::string(filled, '='), kBarWidth,
        share * 100, phase, count_text(progress));
  std::fflush(stderr);
}

void ProgressView::show_line(const Progress& progress) {
  if (progress.rows_total == 0) print(stderr, "{} ...\n", progress.phase);
  if (progress.rows_total == 0 || progress.rows_done == 0) return;
  const bool is_last = progress.rows_done >= progress.rows_total;
  const Clock::time_point now = Clock::now();
  if (!is_last && now - last_line_ < kLineEvery) return;
  last_line_ = now;
  print(stderr, "{} {}\n", is_of_column(progress) ? std::string(progress.phase) + ":" : "Processed",
        count_text(progress));
}

void ProgressView::show_json(const Progress& progress) {
  JsonWriter json;
  json.begin_object().key("phase").text(progress.phase);
  json.key("rows_done").number(progress.rows_done).key("rows_total").number(progress.rows_total);
  json.key("rows_per_second").rounded(progress.rows_per_second, 1);
  json.key("eta_seconds").rounded(progress.eta_seconds, 0).end_object();
  print(stderr, "{}\n", json.take());
}

void ProgressView::finish() {
  if (bar_is_open_) print(stderr, "\r\033[K");
  bar_is_open_ = false;
}

}  // namespace colvec::cli
