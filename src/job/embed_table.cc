// The table job, from top to bottom: open, find what is pending, embed it, finish.
#include <filesystem>

#include "base/clock.h"
#include "base/parallel.h"
#include "colvec/table_job.h"
#include "job/finish.h"
#include "job/input.h"
#include "job/open_job.h"
#include "job/output.h"
#include "job/pending.h"
#include "job/pipeline.h"
#include "job/progress_meter.h"
#include "job/store_cache.h"
#include "job/writers.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;

void report_phase(const RunOptions& options, std::string_view phase) {
  if (options.on_progress) options.on_progress(Progress{.phase = phase});
}

bool is_cancelled(const RunOptions& options) {
  return options.cancel != nullptr && options.cancel->requested();
}

// Streams the pending rows through the pipeline into the output, and fills the summary's counts.
Status embed_pending(Database& database, Connection& reader, const TableJobConfig& config,
                     const Input& input, const Output& output, const Pending& pending,
                     Encoder& encoder, StoreCache* store, const RunOptions& options,
                     TableJobSummary* summary) {
  const std::size_t dimension = encoder.info().dimension;
  COLVEC_ASSIGN(std::size_t writers_max, writer_count(config, output, dimension));
  // What a commit writes to the store is what was given to it before: in order, with one writer.
  if (store != nullptr) writers_max = 1;
  COLVEC_ASSIGN(const std::unique_ptr<Writers> writers,
                Writers::open(database, config, output, dimension,
                              {.count = writers_max, .commit_seconds = options.commit_seconds}));
  if (store != nullptr) writers->before_commit([store] { return store->stage().commit(); });
  COLVEC_ASSIGN(Stream rows, reader.stream(pending.sql));
  const std::uint64_t total = config.limit ? std::min(*config.limit, pending.rows) : pending.rows;
  ProgressMeter meter(total, options.on_progress);
  meter.update(0, Clock::now());

  const PipelineJob job{
      .config = config,
      .text_is_blob = input.text_is_blob,
      .encoder = encoder,
      .rows = rows,
      .writers = *writers,
      .cancel = options.cancel,
      .stage = store == nullptr ? nullptr : &store->stage(),
      .on_written = [&](std::uint64_t done) { meter.update(done, Clock::now()); }};
  const Clock::time_point begin = Clock::now();
  Result<PipelineTotals> totals = options.serial ? run_serial(job) : run_pipeline(job);
  const double pipeline_seconds = seconds_since(begin);
  // What was written before an error of another stage is whole, and stays.
  Status finished = writers->finish();
  if (!totals) return tl::make_unexpected(std::move(totals).error());
  if (!finished)
    return at("output_db_path: " + config.output_db_path.string(), std::move(finished).error());
  meter.finish(writers->rows_done(), Clock::now());

  const WriterTotals written = writers->committed();
  summary->rows_written += written.rows_written;
  summary->policy_errors = written.policy_errors;
  summary->commits = written.commits;
  for (const auto& [kind, count] : written.issues) summary->issues[kind] += count;
  summary->texts_embedded = totals->texts_embedded;
  summary->vectors_reused += totals->vectors_reused;
  summary->tokens = totals->tokens;
  const double thread_seconds = pipeline_seconds * static_cast<double>(summary->threads);
  const auto seconds = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-9; };
  summary->stage_seconds = {{"read", seconds(totals->read_ns)},
                            {"hash", seconds(totals->hash_ns)},
                            {"tokenise", seconds(totals->tokenise_ns)},
                            {"encode", seconds(totals->encode_ns)},
                            {"write", seconds(totals->write_ns)}};
  double busy = 0;
  for (const auto& [stage, stage_seconds] : summary->stage_seconds) busy += stage_seconds;
  summary->stage_seconds.emplace_back("wait", std::max(0.0, thread_seconds - busy));
  return {};
}

// Fills pending rows whose text the store has.
Status take_from_store(Connection& reader, const TableJobConfig& config, const Input& input,
                       const Output& output, StoreCache& store, Pending* pending,
                       TableJobSummary* summary) {
  COLVEC_TRY(list_pending(reader, config, pending));
  COLVEC_ASSIGN(const std::uint64_t taken,
                store.fill(reader, config, input, output, &summary->issues));
  summary->vectors_from_store = taken;
  summary->vectors_reused += taken;
  summary->rows_written += taken;
  pending->rows -= taken;
  return {};
}

void add_notes(const Output& output, TableJobSummary* summary) {
  const EncoderInfo& encoder = summary->encoder;
  if (!output.isa_before.empty() && output.isa_before != encoder.isa)
    summary->notes.push_back("earlier rows were made with " + output.isa_before + ", these with " +
                             encoder.isa + ": equal but for the last bits");
}

}  // namespace

Result<TableJobSummary> embed_table(const TableJobConfig& given, Encoder& encoder,
                                    const RunOptions& options) {
  const Clock::time_point begin = Clock::now();
  TableJobConfig config = given;
  const ThreadLimit limit(config.threads);
  TableJobSummary summary;
  summary.encoder = encoder.info();
  summary.threads = thread_count();

  report_phase(options, "looking for pending rows");
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection reader, database.connect());
  COLVEC_TRY(attach_output(reader, config));
  std::unique_ptr<StoreCache> store;
  if (!config.store.empty()) {
    COLVEC_ASSIGN(store, StoreCache::open(database, config, encoder.info()));
    config.store = store->folder();
  }
  COLVEC_ASSIGN(Input input, open_input(reader, config));
  COLVEC_TRY(check_ids(reader, config, &input));
  COLVEC_ASSIGN(Output output, find_output(reader, config, input, encoder.info()));
  if (!output.exists) COLVEC_TRY(create_output(reader, config, input, encoder.info(), &output));
  COLVEC_TRY(make_output_views(reader, config, output));
  add_notes(output, &summary);

  if (output.has_staging) COLVEC_TRY(clean_staging(reader, config, output));
  COLVEC_ASSIGN(Pending pending, find_pending(reader, config, input, output));
  summary.input_rows = input.rows;
  summary.pending_rows = pending.rows;
  summary.rows_changed = pending.changed;

  if (pending.rows > 0) {
    if (pending.changed > 0) COLVEC_TRY(create_staging(reader, config, input, &output));
    if (output.has_rows) {
      COLVEC_ASSIGN(const std::uint64_t reused,
                    reuse_written_vectors(reader, config, input, output));
      summary.vectors_reused = reused;
      summary.rows_written = reused;
      COLVEC_ASSIGN(summary.issues, count_copied_issues(reader, config));
      pending.rows -= reused;
    }
    if (store != nullptr)
      COLVEC_TRY(take_from_store(reader, config, input, output, *store, &pending, &summary));
    if (options.only_stored) COLVEC_TRY(store->refuse_missing(reader, input));
    COLVEC_TRY(plan_reading(reader, config, &pending));
    summary.distinct_texts = pending.distinct_texts;
    COLVEC_TRY(embed_pending(database, reader, config, input, output, pending, encoder, store.get(),
                             options, &summary));
    if (store != nullptr) summary.vectors_to_store = store->stage().vectors_added();
    if (summary.texts_embedded > summary.distinct_texts)
      summary.texts_again = summary.texts_embedded - summary.distinct_texts;
  }

  summary.cancelled = is_cancelled(options);
  report_phase(options, "finishing");
  if (output.has_staging) COLVEC_TRY(swap_staged_rows(reader, config, output));
  const bool is_complete = !summary.cancelled && (!config.limit || pending.rows <= *config.limit);
  if (is_complete && config.on_delete == OnDelete::kRemove) {
    COLVEC_ASSIGN(summary.rows_removed, remove_deleted_rows(reader, config, output));
  }
  if (is_complete && output.is_rebuild) {
    COLVEC_TRY(swap_rebuilt_tables(reader, output));
    summary.rebuilt = true;
  }
  summary.wall_seconds = seconds_since(begin);
  return summary;
}

}  // namespace colvec
