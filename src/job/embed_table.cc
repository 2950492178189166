// The table job, from top to bottom: open, find what is pending, embed it, finish.
#include <algorithm>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/parallel.h"
#include "colvec/table_job.h"
#include "duck/interrupt_guard.h"
#include "job/finish.h"
#include "job/input.h"
#include "job/open_job.h"
#include "job/output.h"
#include "job/output_claim.h"
#include "job/pending.h"
#include "job/pipeline.h"
#include "job/progress_meter.h"
#include "job/store_cache.h"
#include "job/writers.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

// One run of the job, with what its steps share.
class TableRun {
 public:
  TableRun(const TableJobConfig& config, Encoder& encoder, const RunOptions& options)
      : config_(config), encoder_(encoder), options_(options) {
    summary_.encoder = encoder.info();
    summary_.threads = thread_count();
  }

  // The database, the output file and the store.
  Status open() {
    say("looking for pending rows");
    COLVEC_ASSIGN(claim_, OutputClaim::take(config_.output_db_path));
    COLVEC_ASSIGN(database_, open_database_for(config_));
    COLVEC_ASSIGN(reader_, database_->connect());
    COLVEC_TRY(attach_output(*reader_, config_));
    if (config_.store.empty()) return {};
    COLVEC_ASSIGN(store_, StoreCache::open(*database_, config_, encoder_.info(), options_.cancel));
    config_.store = store_->folder();
    return {};
  }

  // Finds what is pending and embeds it. kCancelled: a query was broken off; what follows is
  // finish(), as after a cancel that stopped between two windows.
  Status look_and_embed() {
    COLVEC_TRY(look());
    if (pending_.rows == 0) return {};
    COLVEC_TRY(take_known_vectors());
    COLVEC_TRY(plan());
    COLVEC_TRY(embed());
    if (store_ != nullptr) summary_.vectors_to_store = store_->stage().vectors_added();
    if (summary_.texts_embedded > summary_.distinct_texts)
      summary_.texts_again = summary_.texts_embedded - summary_.distinct_texts;
    return {};
  }

  Status finish() {
    summary_.cancelled = is_cancelled();
    say("finishing");
    if (output_.has_staging) COLVEC_TRY(swap_staged_rows(*reader_, config_, output_));
    const bool is_complete =
        !summary_.cancelled && (!config_.limit || pending_.rows <= *config_.limit);
    if (is_complete && config_.on_delete == OnDelete::kRemove) {
      COLVEC_ASSIGN(summary_.rows_removed, remove_deleted_rows(*reader_, config_, output_));
    }
    if (is_complete && output_.is_rebuild) {
      COLVEC_TRY(swap_rebuilt_tables(*reader_, output_));
      summary_.rebuilt = true;
    }
    return {};
  }

  bool is_cancelled() const { return options_.cancel != nullptr && options_.cancel->requested(); }
  TableJobSummary& summary() { return summary_; }

 private:
  Status look() {
    COLVEC_TRY(open_and_check_input());
    COLVEC_ASSIGN(output_, find_output(*reader_, config_, input_, encoder_.info()));
    COLVEC_TRY(check_rebuild_keeps_rows(*reader_, config_, output_));
    if (!output_.exists)
      COLVEC_TRY(create_output(*reader_, config_, input_, encoder_.info(), &output_));
    COLVEC_TRY(make_output_views(*reader_, config_, output_));
    add_notes();
    if (output_.has_staging) COLVEC_TRY(clean_staging(*reader_, config_, output_));

    const InterruptGuard guard(*reader_, options_.cancel);
    COLVEC_ASSIGN(pending_, find_pending(*reader_, config_, input_, output_));
    if (store_ != nullptr) COLVEC_TRY(list_pending(*reader_, config_, &pending_));
    summary_.pending_rows = pending_.rows;
    summary_.rows_changed = pending_.changed;
    return {};
  }

  Status open_and_check_input() {
    const InterruptGuard guard(*reader_, options_.cancel);
    COLVEC_ASSIGN(input_, open_input(*reader_, config_, options_.cancel));
    COLVEC_TRY(check_ids(*reader_, config_, &input_));
    summary_.input_rows = input_.rows;
    return {};
  }

  void add_notes() {
    const EncoderInfo& encoder = summary_.encoder;
    if (!output_.isa_before.empty() && output_.isa_before != encoder.isa)
      summary_.notes.push_back("earlier rows were made with " + output_.isa_before +
                               ", these with " + encoder.isa + ": equal but for the last bits");
  }

  // Fills pending rows whose text the output or the store has.
  Status take_known_vectors() {
    if (pending_.changed > 0) COLVEC_TRY(create_staging(*reader_, config_, input_, &output_));
    if (output_.has_rows) {
      COLVEC_ASSIGN(const std::uint64_t reused,
                    reuse_written_vectors(*reader_, config_, input_, output_, options_.cancel));
      summary_.vectors_reused = reused;
      summary_.rows_written = reused;
      COLVEC_ASSIGN(summary_.issues, count_copied_issues(*reader_, config_));
      pending_.rows -= reused;
    }
    if (store_ != nullptr) COLVEC_TRY(take_from_store());
    return options_.only_stored ? store_->refuse_missing(*reader_, input_) : Status();
  }

  Status take_from_store() {
    COLVEC_ASSIGN(const std::uint64_t taken,
                  store_->fill(*reader_, config_, input_, output_, &summary_.issues));
    summary_.vectors_from_store = taken;
    summary_.vectors_reused += taken;
    summary_.rows_written += taken;
    pending_.rows -= taken;
    return {};
  }

  Status plan() {
    const InterruptGuard guard(*reader_, options_.cancel);
    COLVEC_TRY(plan_reading(*reader_, config_, &pending_));
    summary_.distinct_texts = pending_.distinct_texts;
    return {};
  }

  // Streams the pending rows through the pipeline into the output.
  Status embed() {
    const std::size_t dimension = encoder_.info().dimension;
    COLVEC_ASSIGN(std::size_t writers_max, writer_count(config_, output_, dimension));
    // What a commit writes to the store is what was given to it before: in order, with one writer.
    if (store_ != nullptr) writers_max = 1;
    COLVEC_ASSIGN(const std::unique_ptr<Writers> writers,
                  Writers::open(*database_, config_, output_, dimension,
                                {.count = writers_max, .commit_seconds = options_.commit_seconds}));
    if (store_ != nullptr) writers->before_commit([this] { return store_->stage().commit(); });
    ProgressMeter meter(config_.limit ? std::min(*config_.limit, pending_.rows) : pending_.rows,
                        Clock::now(), options_.on_progress);
    meter.update(0, Clock::now());
    Result<PipelineTotals> totals = move_rows(*writers, &meter);
    // What was written before an error of another stage is whole, and stays.
    Status finished = writers->finish();
    if (!totals) return tl::make_unexpected(std::move(totals).error());
    if (!finished)
      return at("output_db_path: " + config_.output_db_path.string(), std::move(finished).error());
    meter.finish(writers->rows_done(), Clock::now());
    count(*totals, writers->committed());
    return {};
  }

  Result<PipelineTotals> move_rows(Writers& writers, ProgressMeter* meter) {
    const InterruptGuard guard(*reader_, options_.cancel);
    COLVEC_ASSIGN(Stream rows, reader_->stream(pending_.sql));
    const PipelineJob job{
        .config = config_,
        .text_is_blob = input_.text_is_blob,
        .encoder = encoder_,
        .rows = rows,
        .writers = writers,
        .cancel = options_.cancel,
        .stage = store_ == nullptr ? nullptr : &store_->stage(),
        .on_written = [&](std::uint64_t done) { meter->update(done, Clock::now()); }};
    const Clock::time_point begin = Clock::now();
    Result<PipelineTotals> totals = options_.serial ? run_serial(job) : run_pipeline(job);
    pipeline_seconds_ = seconds_since(begin);
    return totals;
  }

  void count(const PipelineTotals& totals, const WriterTotals& written) {
    summary_.rows_written += written.rows_written;
    summary_.policy_errors = written.policy_errors;
    summary_.commits = written.commits;
    for (const auto& [kind, count] : written.issues) summary_.issues[kind] += count;
    summary_.texts_embedded = totals.texts_embedded;
    summary_.vectors_reused += totals.vectors_reused;
    summary_.tokens = totals.tokens;
    const double thread_seconds = pipeline_seconds_ * static_cast<double>(summary_.threads);
    const auto seconds = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-9; };
    summary_.stage_seconds = {{"read", seconds(totals.read_ns)},
                              {"hash", seconds(totals.hash_ns)},
                              {"tokenise", seconds(totals.tokenise_ns)},
                              {"encode", seconds(totals.encode_ns)},
                              {"write", seconds(totals.write_ns)}};
    double busy = 0;
    for (const auto& [stage, stage_seconds] : summary_.stage_seconds) busy += stage_seconds;
    summary_.stage_seconds.emplace_back("wait", std::max(0.0, thread_seconds - busy));
  }

  void say(std::string_view phase) const {
    if (options_.on_progress) options_.on_progress(Progress{.phase = phase});
  }

  TableJobConfig config_;
  Encoder& encoder_;
  const RunOptions& options_;
  TableJobSummary summary_;
  std::optional<OutputClaim> claim_;
  std::optional<Database> database_;
  std::optional<Connection> reader_;
  std::unique_ptr<StoreCache> store_;
  Input input_;
  Output output_;
  Pending pending_;
  double pipeline_seconds_ = 0;
};

}  // namespace

Result<TableJobSummary> embed_table(const TableJobConfig& config, Encoder& encoder,
                                    const RunOptions& options) {
  const Clock::time_point begin = Clock::now();
  const ThreadLimit limit(config.threads);
  TableRun run(config, encoder, options);
  COLVEC_TRY(run.open());
  Status embedded = run.look_and_embed();
  if (!embedded && !(is_broken_off(embedded) && run.is_cancelled()))
    return tl::make_unexpected(std::move(embedded).error());
  COLVEC_TRY(run.finish());
  run.summary().wall_seconds = seconds_since(begin);
  return std::move(run.summary());
}

}  // namespace colvec
