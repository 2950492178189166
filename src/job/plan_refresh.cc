// The dry run of a refresh: what it would do and how long it would take, measured on a sample.
#include <algorithm>
#include <filesystem>

#include "base/json_writer.h"
#include "base/parallel.h"
#include "colvec/refresh.h"
#include "dataset/home.h"
#include "dataset/source_rows.h"
#include "duck/interrupt_guard.h"
#include "job/column_refresh.h"
#include "job/dataset_columns.h"
#include "job/measure_texts.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Status measure(Connection& connection, ColumnRefresh& column, const CancelToken* cancel,
               ColumnPlan* plan) {
  const ColumnSetup& setup = column.setup();
  COLVEC_ASSIGN(MeasuredTexts measured,
                measure_texts(connection,
                              "SELECT CAST(s." + quote_identifier(setup.columns.text) +
                                  " AS VARCHAR) FROM source_rows s SEMI JOIN " +
                                  missing_table(setup.index) + " m ON s.colvec_n = m.n",
                              column.encoder(), cancel));
  plan->sampled_texts = measured.texts;
  plan->token_histogram = std::move(measured.token_histogram);
  plan->tokens_mean = measured.tokens_mean;
  plan->truncated_share = measured.truncated_share;
  plan->texts_per_second = measured.texts_per_second;
  plan->bytes_predicted = plan->run.texts_missing * column.target().base_dimension * sizeof(float);
  if (measured.texts_per_second > 0)
    plan->seconds_predicted =
        static_cast<double>(plan->run.texts_missing) / measured.texts_per_second;
  plan->seconds_predicted +=
      seconds_to_write(plan->bytes_predicted) / static_cast<double>(thread_count());
  return {};
}

}  // namespace

Result<std::vector<ColumnPlan>> plan_refresh(const fs::path& home, const Dataset& dataset,
                                             const RefreshOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(Database database, open_store_database(dataset_folder(home, dataset.name) / "plan",
                                                       {.memory_limit = options.memory_limit,
                                                        .threads = options.threads}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_TRY(connection.execute("SET TimeZone = 'UTC'"));
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_ASSIGN(const SourceTable source,
                open_dataset_source(connection, home, dataset, options.cancel));
  COLVEC_ASSIGN(const std::vector<ColumnSetup> setups,
                set_up_columns(home, dataset, source, options.columns));
  std::vector<std::unique_ptr<ColumnRefresh>> columns;
  std::vector<std::string> kept;
  std::vector<HashedText> texts;
  for (const ColumnSetup& setup : setups) {
    COLVEC_ASSIGN(columns.emplace_back(), ColumnRefresh::open(setup, options));
    texts.push_back(
        {.column = setup.columns.text, .takes_empty = setup.step.on_empty == Policy::kKeep});
    std::vector<std::string> needed = {setup.columns.text};
    for (const KeyColumn& key : setup.columns.source_key) needed.push_back(key.name);
    for (const std::string& name : needed)
      if (std::find(kept.begin(), kept.end(), name) == kept.end()) kept.push_back(name);
  }
  COLVEC_TRY(read_source_rows(connection, source, kept, texts));
  std::vector<ColumnPlan> plans;
  for (const auto& column : columns) {
    COLVEC_TRY(check_keys(connection, column->setup().columns.source_key,
                          "column " + column->setup().column + ": primary_key_column"));
    COLVEC_TRY(column->look_up(database, connection, true));
    ColumnPlan& plan = plans.emplace_back();
    plan.run = column->run();
    COLVEC_TRY(measure(connection, *column, options.cancel, &plan));
  }
  return plans;
}

}  // namespace colvec
