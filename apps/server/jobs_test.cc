#include "jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace colvec::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Waits until the job is over.
JobInfo wait_for(const Jobs& jobs, const std::string& id) {
  while (!jobs.get(id)->is_over()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return *jobs.get(id);
}

// Runs until it is asked to stop, or `open` is set.
NewJob waiting_job(const std::string& title, const std::string& dataset,
                   std::shared_future<void> open) {
  return {.kind = "refresh",
          .title = title,
          .dataset = dataset,
          .run = [open](const JobContext& context) -> Result<std::string> {
            while (!context.cancel.requested())
              if (open.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready)
                return std::string("{}");
            return fail(ErrorCode::kCancelled, "cancelled");
          }};
}

NewJob quick_job(const std::string& title, Result<std::string> result) {
  return {.kind = "compact", .title = title, .dataset = title, .run = [result](const JobContext&) {
            return result;
          }};
}

TEST(Jobs, EndWithTheirResultOrTheirError) {
  Jobs jobs(2, [](const JobInfo&) {});
  const JobInfo good = wait_for(jobs, jobs.add(quick_job("good", std::string(R"({"n":1})")))->id);
  EXPECT_EQ(good.state, JobState::kDone);
  EXPECT_EQ(good.result, R"({"n":1})");
  EXPECT_GE(good.finished_ms, good.started_ms);
  const JobInfo bad = wait_for(jobs, jobs.add(quick_job("bad", fail(ErrorCode::kIo, "full")))->id);
  EXPECT_EQ(bad.state, JobState::kFailed);
  EXPECT_EQ(bad.error->message, "full");
  EXPECT_THAT(to_json(bad), HasSubstr(R"("error":{"code":"input/output)")) << to_json(bad);
}

TEST(Jobs, RunOneAtATimeForEachDataset) {
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  Jobs jobs(3, [](const JobInfo&) {});
  const std::string first = jobs.add(waiting_job("first", "a", gate))->id;
  const std::string second = jobs.add(waiting_job("second", "a", gate))->id;
  const std::string other = jobs.add(waiting_job("other", "b", gate))->id;
  while (jobs.counts().running < 2) std::this_thread::yield();
  EXPECT_EQ(jobs.get(first)->state, JobState::kRunning);
  EXPECT_EQ(jobs.get(second)->state, JobState::kQueued);
  EXPECT_EQ(jobs.get(other)->state, JobState::kRunning);
  EXPECT_EQ(jobs.of_dataset("a")->id, first);
  EXPECT_FALSE(jobs.of_dataset("c"));
  open.set_value();
  EXPECT_EQ(wait_for(jobs, second).state, JobState::kDone);
  EXPECT_GE(jobs.get(second)->started_ms, jobs.get(first)->finished_ms);
}

// Those without a dataset take turns only where they have named one.
TEST(Jobs, WithoutADatasetRunBesideEachOther) {
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  Jobs jobs(4, [](const JobInfo&) {});
  const auto add = [&](const std::string& title, const std::string& turn) {
    NewJob job = waiting_job(title, "", gate);
    job.turn = turn;
    return jobs.add(std::move(job))->id;
  };
  const std::vector<std::string> beside = {add("pull a", "a"), add("pull b", "b"), add("x", "")};
  const std::string after = add("verify a", "a");
  while (jobs.counts().running < 3) std::this_thread::yield();
  for (const std::string& id : beside) EXPECT_EQ(jobs.get(id)->state, JobState::kRunning) << id;
  EXPECT_EQ(jobs.get(after)->state, JobState::kQueued);
  open.set_value();
  EXPECT_EQ(wait_for(jobs, after).state, JobState::kDone);
}

TEST(Jobs, AreCancelledWhileTheyWaitAndWhileTheyRun) {
  std::promise<void> never;
  const std::shared_future<void> gate = never.get_future().share();
  Jobs jobs(1, [](const JobInfo&) {});
  const std::string running = jobs.add(waiting_job("running", "a", gate))->id;
  const std::string queued = jobs.add(waiting_job("queued", "a", gate))->id;
  EXPECT_EQ(jobs.cancel(queued)->state, JobState::kCancelled);
  EXPECT_EQ(jobs.get(queued)->started_ms, 0);
  EXPECT_TRUE(jobs.cancel(running));
  EXPECT_EQ(wait_for(jobs, running).state, JobState::kCancelled);
  EXPECT_FALSE(jobs.get(running)->error);
  EXPECT_EQ(jobs.cancel(running).error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs.cancel("none").error().code, ErrorCode::kNotFound);
}

TEST(Jobs, RefuseASecondOneThatWouldDoTheSame) {
  std::promise<void> never;
  const std::shared_future<void> gate = never.get_future().share();
  Jobs jobs(1, [](const JobInfo&) {});
  const std::string running = jobs.add(waiting_job("refresh a", "a", gate))->id;
  while (jobs.counts().running < 1) std::this_thread::yield();
  EXPECT_TRUE(jobs.add(waiting_job("refresh a", "a", gate)));  // After the one that runs.
  EXPECT_EQ(jobs.add(waiting_job("refresh a", "a", gate)).error().code, ErrorCode::kConflict);
}

TEST(Jobs, TellEveryChange) {
  std::mutex mutex;
  std::vector<std::string> told;
  Jobs jobs(1, [&](const JobInfo& job) {
    const std::lock_guard lock(mutex);
    told.push_back(std::string(name_of(job.state)) + " " + std::to_string(job.progress.done));
  });
  const std::string id = jobs.add({.kind = "refresh",
                                   .title = "t",
                                   .dataset = "d",
                                   .run = [](const JobContext& context) -> Result<std::string> {
                                     context.report({.phase = "embedding", .done = 5, .total = 9});
                                     return std::string("{}");
                                   }})
                             ->id;
  wait_for(jobs, id);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, ElementsAre("queued 0", "running 0", "running 5", "done 5"));
}

TEST(Jobs, StopAndAreIdleThen) {
  std::promise<void> never;
  Jobs jobs(1, [](const JobInfo&) {});
  const std::shared_future<void> gate = never.get_future().share();
  const std::string running = jobs.add(waiting_job("a", "a", gate))->id;
  const std::string queued = jobs.add(waiting_job("b", "b", gate))->id;
  while (jobs.is_idle()) std::this_thread::yield();
  jobs.stop();
  EXPECT_EQ(wait_for(jobs, running).state, JobState::kCancelled);
  EXPECT_EQ(wait_for(jobs, queued).state, JobState::kCancelled);
  EXPECT_TRUE(jobs.is_idle());
  EXPECT_FALSE(jobs.add(quick_job("late", std::string("{}"))));
}

TEST(Jobs, ForgetTheOldestThatAreOver) {
  Jobs jobs(1, [](const JobInfo&) {});
  std::string last;
  for (int i = 0; i < 250; ++i)
    wait_for(jobs, last = jobs.add(quick_job(std::to_string(i), std::string("{}")))->id);
  EXPECT_LE(jobs.list().size(), 202u);
  EXPECT_EQ(jobs.list().front().id, last);
}

TEST(Jobs, ForgetAllThatAreTooManyAtOnce) {
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  Jobs jobs(1, [](const JobInfo&) {});
  std::string last;
  for (int i = 0; i < 300; ++i) last = jobs.add(waiting_job(std::to_string(i), "a", gate))->id;
  open.set_value();
  wait_for(jobs, last);
  jobs.add(quick_job("next", std::string("{}"))).value();
  EXPECT_LE(jobs.list().size(), 202u);
}

TEST(Jobs, CountTokensAtThePaceOfTheRows) {
  const JobProgress progress = job_progress({.phase = "embedding",
                                             .rows_done = 10,
                                             .rows_total = 20,
                                             .rows_per_second = 5,
                                             .tokens_done = 80});
  EXPECT_DOUBLE_EQ(progress.tokens_per_second, 40);
  EXPECT_EQ(job_progress({.phase = "x"}).tokens_per_second, 0);
}

}  // namespace
}  // namespace colvec::server
