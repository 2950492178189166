#include "jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "colvec/json_writer.h"
#include "guarded.h"

namespace colvec::server {
namespace {

constexpr std::size_t kQueuedMax = 1000;
constexpr std::ptrdiff_t kOverMax = 200;  // Jobs that are over and still listed.

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void write_time(std::string_view name, std::int64_t time_ms, JsonWriter* json) {
  json->key(name);
  time_ms == 0 ? json->null() : json->number(time_ms);
}

}  // namespace

std::string_view name_of(JobState state) {
  constexpr std::array<std::string_view, 5> kNames = {"queued", "running", "done", "failed",
                                                      "cancelled"};
  return kNames[static_cast<std::size_t>(state)];
}

JobProgress job_progress(const Progress& progress) {
  const double tokens_per_row =
      progress.rows_done == 0
          ? 0
          : static_cast<double>(progress.tokens_done) / static_cast<double>(progress.rows_done);
  return {.phase = std::string(progress.phase),
          .done = progress.rows_done,
          .total = progress.rows_total,
          .per_second = progress.rows_per_second,
          .tokens_done = progress.tokens_done,
          .tokens_per_second = progress.rows_per_second * tokens_per_row,
          .eta_seconds = progress.eta_seconds};
}

std::string to_json(const JobInfo& job) {
  JsonWriter json;
  json.begin_object().key("id").text(job.id).key("kind").text(job.kind);
  json.key("title").text(job.title).key("dataset").text(job.dataset);
  json.key("state").text(name_of(job.state));
  write_time("created_ms", job.created_ms, &json);
  write_time("started_ms", job.started_ms, &json);
  write_time("finished_ms", job.finished_ms, &json);
  json.key("progress").begin_object().key("phase").text(job.progress.phase);
  json.key("done").number(job.progress.done).key("total").number(job.progress.total);
  json.key("per_second").number(job.progress.per_second);
  json.key("tokens_done").number(job.progress.tokens_done);
  json.key("tokens_per_second").number(job.progress.tokens_per_second);
  json.key("eta_seconds").number(job.progress.eta_seconds).end_object().key("error");
  if (job.error)
    json.begin_object()
        .key("code")
        .text(colvec::name_of(job.error->code))
        .key("message")
        .text(job.error->message)
        .end_object();
  else
    json.null();
  json.key("result");
  job.result.empty() ? json.null() : json.json(job.result);
  return json.end_object().take();
}

Jobs::Jobs(std::size_t threads, std::function<void(const JobInfo&)> on_change)
    : on_change_(std::move(on_change)), started_ms_(now_ms()) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Jobs::~Jobs() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

Result<JobInfo> Jobs::add(NewJob job) {
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return fail(ErrorCode::kConflict, "the server stops");
  std::size_t queued = 0;
  for (const auto& entry : entries_) {
    if (entry->info.state != JobState::kQueued) continue;
    ++queued;
    if (entry->info.kind == job.kind && entry->info.title == job.title)
      return fail(ErrorCode::kConflict, "waits already: " + job.title + ": job " + entry->info.id);
  }
  forget_oldest();
  if (queued >= kQueuedMax) return fail(ErrorCode::kIo, "too many jobs wait: try again later");
  auto entry = std::make_shared<Entry>();
  entry->turn = job.dataset.empty() ? std::move(job.turn) : "dataset " + job.dataset;
  entry->info = {.id = fmt::format("{:x}-{}", started_ms_, ++count_),
                 .kind = std::move(job.kind),
                 .title = std::move(job.title),
                 .dataset = std::move(job.dataset),
                 .created_ms = now_ms()};
  entry->run = std::move(job.run);
  entries_.push_back(entry);
  on_change_(entry->info);
  wake_.notify_all();
  return entry->info;
}

std::vector<JobInfo> Jobs::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<JobInfo> jobs;
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    jobs.push_back((*entry)->info);
  return jobs;
}

void Jobs::visit(const std::function<void(const JobInfo&)>& look) const {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) look(entry->info);
}

Jobs::Entry* Jobs::find(std::string_view id) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->info.id == id; });
  return found == entries_.end() ? nullptr : found->get();
}

Result<JobInfo> Jobs::get(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const Entry* const entry = find(id);
  if (entry == nullptr) return fail(ErrorCode::kNotFound, "no such job: " + std::string(id));
  return entry->info;
}

Result<JobInfo> Jobs::cancel(std::string_view id) {
  const std::lock_guard lock(mutex_);
  Entry* const entry = find(id);
  if (entry == nullptr) return fail(ErrorCode::kNotFound, "no such job: " + std::string(id));
  if (entry->info.is_over())
    return fail(ErrorCode::kConflict,
                fmt::format("job {}: is {} already", id, name_of(entry->info.state)));
  entry->cancel.request();
  if (entry->info.state == JobState::kQueued) end(*entry, JobState::kCancelled);
  return entry->info;
}

std::optional<JobInfo> Jobs::of_dataset(std::string_view dataset) const {
  const std::lock_guard lock(mutex_);
  const JobInfo* queued = nullptr;
  for (const auto& entry : entries_) {
    if (entry->info.dataset != dataset || entry->info.is_over()) continue;
    if (entry->info.state == JobState::kRunning) return entry->info;
    if (queued == nullptr) queued = &entry->info;
  }
  if (queued == nullptr) return std::nullopt;
  return *queued;
}

void Jobs::stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  for (const auto& entry : entries_) {
    if (entry->info.is_over()) continue;
    entry->cancel.request();
    if (entry->info.state == JobState::kQueued) end(*entry, JobState::kCancelled);
  }
  wake_.notify_all();
}

bool Jobs::is_idle() const { return counts().running == 0; }

Jobs::Counts Jobs::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts;
  for (const auto& entry : entries_) {
    counts.queued += entry->info.state == JobState::kQueued;
    counts.running += entry->info.state == JobState::kRunning;
  }
  return counts;
}

void Jobs::work() {
  while (true) {
    std::shared_ptr<Entry> entry;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return is_stopping_ || (entry = next()) != nullptr; });
      if (entry == nullptr) return;
      entry->info.state = JobState::kRunning;
      entry->info.started_ms = now_ms();
      on_change_(entry->info);
    }
    run(entry);
  }
}

// The oldest job whose turn it is.
std::shared_ptr<Jobs::Entry> Jobs::next() {
  const auto is_free = [&](const std::string& turn) {
    return turn.empty() || std::none_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
             return entry->info.state == JobState::kRunning && entry->turn == turn;
           });
  };
  for (const auto& entry : entries_)
    if (entry->info.state == JobState::kQueued && is_free(entry->turn)) return entry;
  return nullptr;
}

void Jobs::run(const std::shared_ptr<Entry>& entry) {
  const JobContext context{.cancel = entry->cancel, .report = [&](const JobProgress& progress) {
                             const std::lock_guard lock(mutex_);
                             entry->info.progress = progress;
                             on_change_(entry->info);
                           }};
  Result<std::string> result = guarded([&] { return entry->run(context); }, ErrorCode::kIo);
  const std::lock_guard lock(mutex_);
  JobState state = JobState::kDone;
  if (result) {
    entry->info.result = *std::move(result);
  } else {
    state = result.error().code == ErrorCode::kCancelled ? JobState::kCancelled : JobState::kFailed;
    if (state == JobState::kFailed) entry->info.error = std::move(result).error();
  }
  end(*entry, state);
  wake_.notify_all();
}

void Jobs::end(Entry& entry, JobState state) {
  entry.info.state = state;
  entry.info.finished_ms = now_ms();
  entry.run = nullptr;
  on_change_(entry.info);
}

void Jobs::forget_oldest() {
  const auto is_over = [](const std::shared_ptr<Entry>& entry) { return entry->info.is_over(); };
  // Many may have come to their end since the last time.
  for (auto over = std::count_if(entries_.begin(), entries_.end(), is_over); over > kOverMax;
       --over)
    entries_.erase(std::find_if(entries_.begin(), entries_.end(), is_over));
}

}  // namespace colvec::server
