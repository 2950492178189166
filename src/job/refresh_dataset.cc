// The refresh of a dataset, from top to bottom: is anything different, open, read, look up, embed,
// append, shorten, write, record.
#include "colvec/refresh.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/size.h"
#include "base/uuid.h"
#include "colvec/version.h"
#include "dataset/home.h"
#include "dataset/processed.h"
#include "dataset/run_record.h"
#include "dataset/source_rows.h"
#include "duck/interrupt_guard.h"
#include "job/column_refresh.h"
#include "job/dataset_columns.h"
#include "job/progress_meter.h"
#include "job/refresh_state.h"
#include "job/refresh_sync.h"
#include "job/refresh_turn.h"
#include "remote/staged_files.h"
#include "store/open_store.h"
#include "store/remote_stores.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Adds to a total how long its scope took, however that is left.
class Timed {
 public:
  explicit Timed(double* seconds) : seconds_(seconds) {}
  ~Timed() { *seconds_ += seconds_since(begin_); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double* seconds_;
  Clock::time_point begin_ = Clock::now();
};

// What the steps of one refresh share.
class Refresh {
 public:
  Refresh(const RefreshOptions& options, DatasetRun* run) : options_(options), run_(*run) {}

  Status open(const fs::path& spill_beside) {
    COLVEC_ASSIGN(Database database,
                  open_store_database(spill_beside, {.memory_limit = options_.memory_limit,
                                                     .threads = options_.threads}));
    database_ = std::make_unique<Database>(std::move(database));
    COLVEC_ASSIGN(Connection connection, database_->connect());
    connection_ = std::make_unique<Connection>(std::move(connection));
    return connection_->execute("SET TimeZone = 'UTC'");
  }

  Database& database() { return *database_; }
  Connection& connection() { return *connection_; }
  std::vector<std::unique_ptr<ColumnRefresh>>& columns() { return columns_; }

  Status open_columns(const std::vector<ColumnSetup>& setups) {
    say("opening models");
    for (const ColumnSetup& setup : setups) {
      texts_.push_back(
          {.column = setup.columns.text, .takes_empty = setup.step.on_empty == Policy::kKeep});
      if (setup.is_kept) {
        kept_.push_back(ColumnRefresh::over(setup));
        continue;
      }
      COLVEC_ASSIGN(columns_.emplace_back(), ColumnRefresh::open(setup, options_));
    }
    return {};
  }

  // Reads the source once, and checks the keys of each column.
  Status read(const SourceTable& source) {
    say("reading the source");
    const InterruptGuard guard(connection(), options_.cancel);
    const Timed timed(&scan_seconds_);
    std::vector<std::string> names;
    for (const SourceColumn& column : source.columns)
      if (!options_.shard || is_needed(column.name)) names.push_back(column.name);
    COLVEC_TRY(read_source_rows(connection(), source, names, texts_));
    std::vector<std::vector<KeyColumn>> checked;
    for (const auto& column : columns_) {
      const std::vector<KeyColumn>& key = column->setup().columns.source_key;
      if (std::find(checked.begin(), checked.end(), key) != checked.end()) continue;
      COLVEC_TRY(check_keys(connection(), key,
                            "column " + column->setup().column + ": primary_key_column"));
      checked.push_back(key);
    }
    return {};
  }

  Status look_up() {
    say("looking up");
    const InterruptGuard guard(connection(), options_.cancel);
    const Timed timed(&scan_seconds_);
    for (const auto& column : columns_)
      COLVEC_TRY(column->look_up(database(), connection(), false));
    run_.rows = columns_.empty() ? 0 : columns_.front()->run().rows;
    if (options_.shard)
      for (const auto& column : columns_)
        COLVEC_TRY(column->keep_shard(connection(), *options_.shard));
    if (options_.only_stored)
      for (const auto& column : columns_) COLVEC_TRY(column->refuse_missing());
    return look_up_kept();
  }

  // Embeds and appends, one column after the other. Keys are not a matter of shards.
  Status embed() {
    for (const auto& column : columns_) {
      if (is_cancelled()) return {};
      note_model(*column);
      const std::string phase = "embedding " + column->setup().column;
      const Clock::time_point begin = Clock::now();
      std::optional<ProgressMeter> meter;
      std::uint64_t tokens = 0;
      COLVEC_ASSIGN(
          const TextsEmbedded embedded,
          column->embed(database(), connection(), options_.cancel, options_.commit_seconds,
                        [&](const TextsEmbedded& so_far, std::uint64_t texts) {
                          if (!meter) meter.emplace(texts, begin, reporter(phase, &tokens));
                          tokens = so_far.tokens;
                          meter->update(so_far.texts, Clock::now());
                        }));
      if (meter) meter->finish(embedded.texts, Clock::now());
      add_times(embedded);
      if (options_.shard) continue;
      say("appending the keys of " + column->setup().column);
      {
        const Timed timed(&append_seconds_);
        COLVEC_TRY(column->append_keys());
      }
      // A text that nobody has embedded yet is no bad vector.
      if (!embedded.cancelled) COLVEC_TRY(column->find_issues(connection()));
    }
    return {};
  }

  Status shorten() {
    for (const auto& column : columns_) {
      if (column->shortens()) say("shortening the vectors of " + column->setup().column);
      COLVEC_TRY(column->shorten(connection()));
    }
    return {};
  }

  using WriteProcessed =
      std::function<Result<ProcessedWritten>(Connection&, const ProcessedTable&)>;
  Status write(const SourceTable& source, const WriteProcessed& write_processed) {
    say("writing the table");
    const Timed timed(&write_seconds_);
    COLVEC_ASSIGN(const std::uint64_t memory_bytes, parse_size(options_.memory_limit));
    ProcessedTable table{
        .columns = source.columns, .rows = run_.rows, .memory_bytes = memory_bytes};
    for (const auto* columns : {&columns_, &kept_})
      for (const auto& column : *columns) {
        COLVEC_ASSIGN(table.vectors.emplace_back(), column->processed(connection()));
      }
    std::sort(table.vectors.begin(), table.vectors.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    COLVEC_ASSIGN(const ProcessedWritten written, write_processed(connection(), table));
    run_.notes.insert(run_.notes.end(), written.notes.begin(), written.notes.end());
    return {};
  }

  // Whether the vectors of a column are in the table: those of one that is kept may be lost.
  bool has(const ColumnSetup& setup) const {
    return !setup.is_kept || std::any_of(kept_.begin(), kept_.end(), [&](const auto& column) {
      return column->setup().index == setup.index;
    });
  }

  bool is_cancelled() const { return options_.cancel != nullptr && options_.cancel->requested(); }

  void say(std::string_view phase) const {
    if (options_.on_progress) options_.on_progress(Progress{.phase = phase});
  }

  // How a run ends whose steps have come to `steps`, true: all that there was to do. A query that
  // was broken off is none that has failed, but the end of a cancelled run.
  Status finish(const Result<bool>& steps) {
    if (!steps && !(is_broken_off(steps) && is_cancelled()))
      return tl::make_unexpected(steps.error());
    run_.outcome = steps && *steps ? "done" : "cancelled";
    run_.columns.clear();
    for (const auto& column : columns_) run_.columns.push_back(column->run());
    run_.stage_seconds = {{"scan", scan_seconds_},         {"read", read_seconds_},
                          {"tokenise", tokenise_seconds_}, {"encode", encode_seconds_},
                          {"append", append_seconds_},     {"write", write_seconds_}};
    return {};
  }

 private:
  // Before anything is embedded: what is wrong with the vectors of others stops nobody.
  Status look_up_kept() {
    std::vector<std::unique_ptr<ColumnRefresh>> found;
    for (auto& column : kept_) {
      const std::string& name = column->setup().column;
      Status opened = open_kept(*column);
      if (is_broken_off(opened)) return opened;
      if (!opened) {
        run_.notes.push_back(note_left_out(name, opened.error()));
        continue;
      }
      if (column->run().texts_missing > 0)
        run_.notes.push_back("column " + name + ": was not refreshed: it lacks " +
                             std::to_string(column->run().texts_missing) + " of its vectors");
      found.push_back(std::move(column));
    }
    kept_ = std::move(found);
    return {};
  }

  Status open_kept(ColumnRefresh& column) {
    COLVEC_TRY(column.look_up(database(), connection(), true));
    COLVEC_TRY(column.shorten(connection()));
    return column.check_files();
  }

  // What the user should know of a model that is about to make vectors.
  void note_model(ColumnRefresh& column) {
    const std::string& note = column.encoder().info().note;
    if (column.run().texts_missing == 0 || note.empty()) return;
    run_.notes.push_back("column " + column.setup().column + ": " + note);
  }

  // Whether a column of the source is a text that is embedded, or part of a key.
  bool is_needed(const std::string& name) const {
    return std::any_of(columns_.begin(), columns_.end(), [&](const auto& column) {
      const StepColumns& step = column->setup().columns;
      return step.text == name ||
             std::any_of(step.source_key.begin(), step.source_key.end(),
                         [&](const KeyColumn& key) { return key.name == name; });
    });
  }

  std::function<void(Progress)> reporter(std::string_view phase, const std::uint64_t* tokens) {
    return [this, phase, tokens](Progress progress) {
      progress.phase = phase;
      progress.tokens_done = *tokens;
      if (options_.on_progress) options_.on_progress(progress);
    };
  }

  void add_times(const TextsEmbedded& embedded) {
    constexpr double kSeconds = 1e-9;
    read_seconds_ += kSeconds * static_cast<double>(embedded.read_ns);
    tokenise_seconds_ += kSeconds * static_cast<double>(embedded.tokenise_ns);
    encode_seconds_ += kSeconds * static_cast<double>(embedded.encode_ns);
    append_seconds_ += kSeconds * static_cast<double>(embedded.write_ns);
  }

  const RefreshOptions& options_;
  DatasetRun& run_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::vector<std::unique_ptr<ColumnRefresh>> columns_;
  std::vector<std::unique_ptr<ColumnRefresh>> kept_;  // In the table too, but not refreshed.
  std::vector<HashedText> texts_;                     // By the index of all of them.
  double scan_seconds_ = 0;
  double read_seconds_ = 0;
  double tokenise_seconds_ = 0;
  double encode_seconds_ = 0;
  double append_seconds_ = 0;
  double write_seconds_ = 0;
};

bool has_processed(const fs::path& home, std::string_view dataset) {
  std::error_code ignored;
  return fs::exists(processed_folder(home, dataset) / "part-00000.parquet", ignored);
}

// The state of a run that left the table as it was: of the table it says nothing.
std::string without_table(const std::string& state) { return "without table: " + state; }

// Whether nothing has changed since the last run.
Result<bool> is_unchanged(Refresh& refresh, const fs::path& home, const Dataset& dataset,
                          const SourceTable& source, const std::vector<ColumnSetup>& setups,
                          const RefreshOptions& options, DatasetRun* run) {
  COLVEC_ASSIGN(const std::optional<DatasetRun> last, last_run(home, dataset.name));
  const bool could_be = last && last->outcome == "done" && !last->state.empty() &&
                        (!options.write_processed || has_processed(home, dataset.name)) &&
                        std::all_of(setups.begin(), setups.end(), [](const ColumnSetup& setup) {
                          return setup.is_kept || (setup.active && !setup.target);
                        });
  if (!could_be) return false;
  refresh.say("looking for changes");
  const InterruptGuard guard(refresh.connection(), options.cancel);
  COLVEC_ASSIGN(const SourceDigest digest, digest_source(refresh.connection(), source));
  COLVEC_ASSIGN(const std::string state, refresh_state(refresh.database(), setups, digest.digest));
  const bool is_same =
      last->state == state || (!options.write_processed && last->state == without_table(state));
  if (!is_same) return false;
  run->rows = digest.rows;
  run->columns = unchanged_columns(*last);
  return true;
}

// Whether they have come to their end; a cancel while the table is written comes too late.
Result<bool> run_steps(Refresh& refresh, const fs::path& home, const Dataset& dataset,
                       const RefreshOptions& options, DatasetRun* run) {
  fs::path spill = dataset_folder(home, dataset.name) / "refresh";
  std::optional<ReplicaScratch> scratch;
  if (options.shard) {
    // Shards of one home on several machines have a disk of their own each.
    COLVEC_ASSIGN(ReplicaScratch made, ReplicaScratch::make());
    spill = scratch.emplace(std::move(made)).path();
  }
  COLVEC_TRY(refresh.open(spill));
  COLVEC_ASSIGN(const SourceTable source,
                open_dataset_source(refresh.connection(), home, dataset, options.cancel));
  const bool writes_table = options.write_processed && !options.shard;
  COLVEC_ASSIGN(std::vector<ColumnSetup> setups,
                writes_table ? set_up_table(home, dataset, source, options.columns, &run->notes)
                             : set_up_columns(home, dataset, source, options.columns));
  if (!options.shard) {
    COLVEC_ASSIGN(const bool unchanged,
                  is_unchanged(refresh, home, dataset, source, setups, options, run));
    if (unchanged) run->outcome = "unchanged";
    if (unchanged) return true;
  }
  // Of a run that fails, these say whose failure it is.
  for (const ColumnSetup& setup : setups)
    if (!setup.is_kept) run->columns.push_back({.column = setup.column, .model = setup.model});

  COLVEC_TRY(refresh.open_columns(setups));
  COLVEC_TRY(refresh.read(source));
  COLVEC_TRY(refresh.look_up());
  COLVEC_TRY(note_vectors(home, dataset.name, refresh.columns(), false));
  COLVEC_TRY(refresh.embed());
  if (refresh.is_cancelled() || options.shard) return !refresh.is_cancelled();
  COLVEC_TRY(refresh.shorten());
  if (options.write_processed)
    COLVEC_TRY(refresh.write(source, [&](Connection& connection, const ProcessedTable& table) {
      return write_processed_folder(connection, table, processed_folder(home, dataset.name));
    }));
  for (const auto& column : refresh.columns()) COLVEC_TRY(column->activate());
  COLVEC_TRY(note_vectors(home, dataset.name, refresh.columns(), true));
  std::erase_if(setups, [&](const ColumnSetup& setup) { return !refresh.has(setup); });
  COLVEC_ASSIGN(const std::string digest, digest_source_rows(refresh.connection(), source));
  COLVEC_ASSIGN(run->state, refresh_state(refresh.database(), setups, digest));
  if (!options.write_processed) run->state = without_table(run->state);
  return true;
}

Status run_refresh(const fs::path& home, const Dataset& dataset, const RefreshOptions& options,
                   DatasetRun* run) {
  Refresh refresh(options, run);
  const Result<bool> steps = run_steps(refresh, home, dataset, options, run);
  return run->outcome == "unchanged" ? Status() : refresh.finish(steps);
}

// Those of a run without a dataset.
Result<bool> run_steps(Refresh& refresh, const DatasetSource& input,
                       const std::vector<EmbedColumn>& columns, const fs::path& output,
                       const RefreshOptions& options) {
  COLVEC_TRY(refresh.open(output));
  fs::path staging = output;
  staging += ".sources";
  COLVEC_ASSIGN(const fs::path path, local_files(input.path, staging, options.cancel));
  COLVEC_ASSIGN(const SourceTable source, open_dataset_source(refresh.connection(), path, input));
  COLVEC_ASSIGN(const std::vector<ColumnSetup> setups, set_up_columns(columns, source));
  COLVEC_TRY(refresh.open_columns(setups));
  COLVEC_TRY(refresh.read(source));
  COLVEC_TRY(refresh.look_up());
  COLVEC_TRY(refresh.embed());
  if (refresh.is_cancelled()) return false;
  COLVEC_TRY(refresh.shorten());
  COLVEC_TRY(refresh.write(source, [&](Connection& connection, const ProcessedTable& table) {
    return write_processed_file(connection, table, output);
  }));
  return true;
}

// nullopt: cancelled while it waited.
Result<std::optional<RefreshTurn>> take_turn(const fs::path& home, const Dataset& dataset,
                                             const RefreshOptions& options) {
  if (options.shard) return RefreshTurn();
  std::vector<std::string> columns;
  for (const DatasetColumn& column : dataset.columns)
    if (column.embedding && is_wanted(column, options.columns)) columns.push_back(column.name);
  return RefreshTurn::take(
      home, dataset.name, columns, options.cancel, [&](std::string_view column) {
        const std::string phase = "waiting for another refresh of " + std::string(column);
        if (options.on_progress) options.on_progress({.phase = phase});
      });
}

DatasetRun new_run() {
  DatasetRun run;
  run.id = new_uuid();
  run.started_ms = now_ms();
  run.engine_version = "colvec/" + std::string(version());
  return run;
}

}  // namespace

Result<DatasetRun> refresh_dataset(const fs::path& home, std::string_view name,
                                   const RefreshOptions& given) {
  const ThreadLimit limit(given.threads);
  RefreshOptions options = given;
  DatasetRun run = new_run();
  COLVEC_ASSIGN(Dataset dataset, read_dataset(home, name));
  COLVEC_ASSIGN(const std::optional<RefreshTurn> turn, take_turn(home, dataset, options));
  if (!turn) {
    run.outcome = "cancelled";
    return run;
  }
  const std::unique_ptr<BackgroundSync> sync = begin_sync(home, dataset, &options, &run);
  if (sync != nullptr || turn->has_waited()) {
    COLVEC_ASSIGN(dataset, read_dataset(home, name));
  }
  const Clock::time_point begin = Clock::now();
  Status done = run_refresh(home, dataset, options, &run);
  run.seconds = seconds_since(begin);
  if (run.outcome == "unchanged") {
    finish_sync(sync.get(), options.cancel, &run);
    return run;
  }
  if (!done) {
    run.outcome = "failed";
    run.error = done.error().message;
  }
  // One that was cancelled before it knew that something has changed says nothing: recorded, it
  // would hide from the next that nothing has.
  const bool is_nothing = run.outcome == "cancelled" && run.columns.empty();
  Status recorded = options.shard || is_nothing ? Status() : record_run(home, name, run);
  finish_sync(sync.get(), options.cancel, &run);
  if (!done) return tl::make_unexpected(std::move(done).error());
  if (!recorded) return tl::make_unexpected(std::move(recorded).error());
  return run;
}

Result<DatasetRun> embed_columns(const DatasetSource& input,
                                 const std::vector<EmbedColumn>& columns, const fs::path& output,
                                 const RefreshOptions& options) {
  const ThreadLimit limit(options.threads);
  DatasetRun run = new_run();
  const Clock::time_point begin = Clock::now();
  Refresh refresh(options, &run);
  COLVEC_TRY(refresh.finish(run_steps(refresh, input, columns, output, options)));
  run.seconds = seconds_since(begin);
  return run;
}

}  // namespace colvec
