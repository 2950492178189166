#include "colvec/json_writer.h"
#include "colvec/table_job.h"

namespace colvec {

std::string to_json(const TableJobSummary& summary) {
  JsonWriter json;
  const auto count = [&](std::string_view name, std::uint64_t value) {
    json.key(name).number(value);
  };
  json.begin_object();
  count("input_rows", summary.input_rows);
  count("pending_rows", summary.pending_rows);
  count("rows_written", summary.rows_written);
  count("distinct_texts", summary.distinct_texts);
  count("texts_embedded", summary.texts_embedded);
  count("texts_again", summary.texts_again);
  count("vectors_reused", summary.vectors_reused);
  count("vectors_from_store", summary.vectors_from_store);
  count("vectors_to_store", summary.vectors_to_store);
  count("rows_changed", summary.rows_changed);
  count("rows_removed", summary.rows_removed);
  count("tokens", summary.tokens);
  json.key("issues").begin_object();
  for (const auto& [kind, rows] : summary.issues) count(kind, rows);
  json.end_object();
  count("policy_errors", summary.policy_errors);
  count("commits", summary.commits);
  json.key("cancelled").boolean(summary.cancelled);
  json.key("rebuilt").boolean(summary.rebuilt);
  json.key("wall_seconds").number(summary.wall_seconds);
  count("threads", summary.threads);
  json.key("stage_seconds").begin_object();
  for (const auto& [stage, seconds] : summary.stage_seconds) json.key(stage).number(seconds);
  json.end_object();
  json.key("model").text(summary.encoder.model);
  json.key("fingerprint").text(summary.encoder.fingerprint);
  json.key("precision").text(name_of(summary.encoder.precision));
  json.key("isa").text(summary.encoder.isa);
  json.key("notes").texts(summary.notes).end_object();
  return json.take();
}

Status status_of(const TableJobConfig& config, const TableJobSummary& summary) {
  if (summary.cancelled) return fail(ErrorCode::kCancelled, "cancelled");
  if (summary.policy_errors == 0) return {};
  return fail(ErrorCode::kPolicy, std::to_string(summary.policy_errors) +
                                      " rows met a policy \"error\": see the table " +
                                      config.output_table + "_issues");
}

}  // namespace colvec
