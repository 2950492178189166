#include "job/column_refresh.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "dataset/embedding_step.h"
#include "dataset/fit_projection.h"
#include "dataset/source_rows.h"
#include "duck/vector_function.h"
#include "job/dataset_columns.h"
#include "job/shard_log.h"
#include "job/step_encoder.h"
#include "store/vector_stage.h"

namespace colvec {
namespace {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string shown(const std::vector<KeyColumn>& columns) {
  std::string names;
  for (const KeyColumn& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

}  // namespace

Result<std::unique_ptr<ColumnRefresh>> ColumnRefresh::open(ColumnSetup setup,
                                                           const RefreshOptions& options) {
  const std::string where = "column " + setup.column + ": embedding: model";
  const std::string settings = vector_settings(setup.step);
  // auto is decided once: what has been begun goes on as it was.
  Precision precision = setup.step.precision;
  for (const auto& known : {setup.active, setup.target})
    if (precision == Precision::kAuto && known && known->settings == settings)
      precision = known->precision;
  std::unique_ptr<ColumnRefresh> refresh(new ColumnRefresh(std::move(setup)));
  refresh->on_commit_ = options.on_commit;
  Result<std::unique_ptr<Encoder>> encoder =
      open_step_encoder(refresh->setup_.model, refresh->setup_.step, precision, options);
  if (!encoder) return at(where, std::move(encoder).error());
  refresh->encoder_ = std::move(*encoder);
  COLVEC_TRY(check_step_dimension(refresh->encoder().info(), refresh->setup_.column,
                                  refresh->setup_.step));
  Status chosen = refresh->choose_target(options);
  if (!chosen) return at(where, std::move(chosen).error());
  return refresh;
}

std::unique_ptr<ColumnRefresh> ColumnRefresh::over(ColumnSetup setup) {
  std::unique_ptr<ColumnRefresh> refresh(new ColumnRefresh(std::move(setup)));
  COLVEC_CHECK(refresh->setup_.active.has_value());
  refresh->target_ = *refresh->setup_.active;
  refresh->set_ = vector_set_of(refresh->target_.base, name_of(refresh->target_.precision));
  refresh->run_.column = refresh->setup_.column;
  refresh->run_.model = refresh->setup_.model;
  refresh->run_.vectors = refresh->target_;
  return refresh;
}

Status ColumnRefresh::open_model(const RefreshOptions& options) {
  const std::string where = "column " + setup_.column + ": embedding: model";
  Result<std::unique_ptr<Encoder>> encoder =
      open_step_encoder(setup_.model, setup_.step, target_.precision, options);
  if (!encoder) return at(where, std::move(encoder).error());
  encoder_ = std::move(*encoder);
  if (encoder_->info().fingerprint == target_.base) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("{}: {} is another model than the one that made the vectors (fingerprint "
                          "{:.16}, not {:.16})",
                          where, setup_.model, encoder_->info().fingerprint, target_.base));
}

// Decides which vectors are to be there: those of `active` or `target`, where the settings are the
// same, else new ones.
Status ColumnRefresh::choose_target(const RefreshOptions& options) {
  const EncoderInfo& info = encoder_->info();
  const EmbeddingStep& step = setup_.step;
  run_.column = setup_.column;
  run_.model = info.model;
  target_ = {.fingerprint = info.fingerprint,
             .base = info.fingerprint,
             .precision = info.precision,
             .dimension = info.dimension,
             .base_dimension = info.dimension,
             .settings = vector_settings(step)};
  set_ = vector_set_of(info.fingerprint, name_of(info.precision));
  const auto& active = setup_.active;
  const bool same_settings = active && active->settings == target_.settings;
  if (same_settings && active->base != info.fingerprint && !options.accept_changed_models)
    return fail(ErrorCode::kConflict,
                fmt::format("{}: holds another model than before (fingerprint {:.16}, not {:.16}); "
                            "--accept-changed-models embeds all texts again with it",
                            info.model, info.fingerprint, active->base));
  // What shortens the vectors is reused as long as it was made for these.
  for (const auto& known : {setup_.active, setup_.target})
    if (known && known->settings == target_.settings && known->base == target_.base) {
      target_.fingerprint = known->fingerprint;
      target_.dimension = known->dimension;
    }
  if (active && active->base != target_.base)
    run_.did.push_back(fmt::format(
        "the vectors come from another model now ({:.16}, not {:.16}): all texts are embedded for "
        "it; the former vectors stay",
        target_.base, active->base));
  else if (active && !same_settings && active->precision != target_.precision)
    run_.did.push_back(fmt::format("the precision is {} now: all texts are embedded in it",
                                   name_of(target_.precision)));
  else if (active && !same_settings)
    run_.did.emplace_back("settings changed, the stored vectors stay: nothing is embedded again");
  run_.vectors = target_;
  return {};
}

LookupColumn ColumnRefresh::lookup() const {
  return {.index = setup_.index,
          .columns = setup_.columns,
          .on_null = setup_.step.on_null,
          .on_empty = setup_.step.on_empty,
          .on_truncate = setup_.step.on_truncate,
          .on_bad_vector = setup_.step.on_bad_vector};
}

Status ColumnRefresh::open_store(Database& database, bool read_only) {
  FileSystem& files = local_file_system();
  auto opened = ColumnStore::open(files, database, setup_.store);
  if (!opened && (setup_.is_kept || opened.error().code != ErrorCode::kNotFound))
    return tl::make_unexpected(std::move(opened).error());
  const bool has_other_keys =
      opened && (*opened)->has_keys() && (*opened)->definition().key_columns != setup_.columns.key;
  if (has_other_keys)
    run_.did.push_back("the key is (" + shown(setup_.columns.key) + ") now, not (" +
                       shown((*opened)->definition().key_columns) +
                       "): keys are recorded anew, the vectors stay");
  if (read_only) {
    if (opened) store_ = std::move(*opened);
    return {};
  }
  if (!setup_.base_store.empty()) {
    COLVEC_ASSIGN(base_, ColumnStore::open(files, database, setup_.base_store));
    COLVEC_ASSIGN(base_view_, base_->view_at(setup_.base_version));
  }
  if (has_other_keys) COLVEC_TRY(ColumnStore::put_keys_aside(files, setup_.store));
  COLVEC_ASSIGN(store_, ColumnStore::open_or_create(files, database, setup_.store,
                                                    {.key_columns = setup_.columns.key,
                                                     .store_text = setup_.step.store_text}));
  const bool keeps_texts = setup_.step.store_text;
  COLVEC_ASSIGN(const bool is_changed, store_->keep_texts(keeps_texts));
  if (is_changed)
    run_.did.emplace_back(keeps_texts ? "the store keeps the texts from now on; of those that it "
                                        "has without, it still has only the hashes"
                                      : "the store keeps only hashes of texts from now on; the "
                                        "texts that it has stay there");
  if (encoder_ == nullptr) return {};
  const EncoderInfo& info = encoder_->info();
  return store_->add_model({.fingerprint = info.fingerprint,
                            .name = info.model,
                            .made_of = info.made_of,
                            .dimension = info.dimension});
}

Status ColumnRefresh::refresh_view() {
  if (store_ != nullptr) {
    COLVEC_ASSIGN(view_, store_->view());
  }
  stored_ = stored_rows(store_.get(), view_, set_, setup_.columns.key);
  if (base_ == nullptr) return {};
  // What the base has is not in the store beside it: it was looked for there first.
  const std::string columns = "SELECT text_hash, embedding, token_count, truncated, ";
  stored_.vectors = "(" + columns + "true AS is_base FROM " + base_->vectors_sql(base_view_, set_) +
                    " UNION ALL " + columns + "false AS is_base FROM " + stored_.vectors + ")";
  return {};
}

void ColumnRefresh::say_what_is_missing() {
  if (!setup_.columns.key.empty() && run_.rows_new + run_.rows_changed + run_.keys_removed > 0)
    run_.did.push_back(counted(run_.rows_new, "new row", "new rows") + ", " +
                       std::to_string(run_.rows_changed) + " with another text, " +
                       counted(run_.keys_removed, "key", "keys") +
                       " that the source no longer has (kept in the store)");
  if (run_.texts_missing > 0)
    run_.did.push_back(counted(run_.texts_missing, "text has", "texts have") + " no vector yet, " +
                       std::to_string(run_.distinct_texts - run_.texts_missing) + " have one");
}

Status ColumnRefresh::look_up(Database& database, Connection& connection, bool read_only) {
  Status opened = open_store(database, read_only);
  if (!opened) return at("column " + setup_.column, std::move(opened).error());
  COLVEC_TRY(refresh_view());
  COLVEC_ASSIGN(const LookupCounts counts, colvec::look_up(connection, lookup(), stored_));
  run_.rows = counts.rows;
  run_.rows_with_text = counts.rows_with_text;
  run_.distinct_texts = counts.distinct_texts;
  run_.rows_new = counts.rows_new;
  run_.rows_changed = counts.rows_changed;
  run_.keys_removed = counts.keys_removed;
  run_.texts_missing = counts.texts_missing;
  say_what_is_missing();
  return {};
}

Status ColumnRefresh::keep_shard(Connection& connection, const Shard& shard) {
  const HashRange range = hash_range(shard.index, shard.count);
  const std::string missing = missing_table(setup_.index);
  if (!range.is_all())
    COLVEC_TRY(connection.execute("DELETE FROM " + missing + " WHERE NOT (" +
                                  range.sql("replace(h::VARCHAR, '-', '')") + ")"));
  COLVEC_ASSIGN(const Rows counted, connection.query("SELECT count(*) FROM " + missing));
  run_.texts_missing = counted.number(0, 0);
  store_->work_on(range);
  store_->label_appends(labels_of(
      {.shard = shard, .run = new_uuid(), .begun_ms = now_ms(), .texts = run_.texts_missing}));
  return {};
}

Status ColumnRefresh::refuse_missing() const {
  if (run_.texts_missing == 0) return {};
  return fail(ErrorCode::kNotFound,
              fmt::format("column {}: {} no vector yet: run the shards again (dataset refresh "
                          "--shard), or without --finalise embed {} here",
                          setup_.column, counted(run_.texts_missing, "text has", "texts have"),
                          run_.texts_missing == 1 ? "it" : "them"));
}

// Takes vectors of missing texts from another column's store, with the same model and precision.
Status ColumnRefresh::copy_from(Database& database, Connection& connection,
                                const std::filesystem::path& sibling) {
  const auto other = ColumnStore::open(local_file_system(), database, sibling);
  if (!other) return {};  // No store there, or a damaged one: its texts are embedded instead.
  COLVEC_ASSIGN(const StoreView view, (*other)->view());
  const std::vector<VectorSet> sets = (*other)->sets(view);
  if (std::find(sets.begin(), sets.end(), set_) == sets.end()) return {};
  if (!(*other)->check_files(view, set_, true)) return {};
  const std::string missing = missing_table(setup_.index);
  const StoreRows rows{
      .set = set_,
      .dimension = target_.base_dimension,
      .vectors = "(SELECT v.text_hash, CAST(s." + quote_identifier(setup_.columns.text) +
                 " AS VARCHAR) AS text_value, v.embedding, v.token_count, v.truncated FROM " +
                 (*other)->vectors_sql(view, set_) + " v JOIN " + missing +
                 " m ON v.text_hash::UUID = m.h JOIN source_rows s ON s.colvec_n = m.n)"};
  COLVEC_ASSIGN(const StoreAppended appended, store_->append(rows));
  if (appended.vectors.rows_given == 0) return {};
  run_.texts_copied += appended.vectors.rows_given;
  run_.vectors_added += appended.vectors.rows_added;
  run_.did.push_back(counted(appended.vectors.rows_given, "vector", "vectors") + " copied from " +
                     sibling.filename().string() + ", which has these texts too");
  COLVEC_TRY(refresh_view());
  return connection.execute("DELETE FROM " + missing + " WHERE h IN (SELECT text_hash::UUID FROM " +
                            stored_.vectors + ")");
}

Result<TextsEmbedded> ColumnRefresh::embed(Database& database, Connection& connection,
                                           const CancelToken* cancel, double commit_seconds,
                                           const Report& report) {
  for (const std::filesystem::path& sibling : sibling_stores(setup_))
    if (run_.texts_copied < run_.texts_missing)
      COLVEC_TRY(copy_from(database, connection, sibling));
  const std::uint64_t texts = run_.texts_missing - run_.texts_copied;
  if (texts == 0) return TextsEmbedded{};
  COLVEC_ASSIGN(VectorStage stage, VectorStage::open(*store_, set_, target_.base_dimension));
  stage.on_commit([this] {
    if (on_commit_) on_commit_();
    return Status();
  });
  const std::string select = "SELECT CAST(s." + quote_identifier(setup_.columns.text) +
                             " AS VARCHAR) FROM source_rows s SEMI JOIN " +
                             missing_table(setup_.index) + " m ON s.colvec_n = m.n";
  Result<TextsEmbedded> embedded =
      embed_texts({.reader = connection,
                   .select = select,
                   .encoder = *encoder_,
                   .stage = stage,
                   .commit_seconds = commit_seconds,
                   .cancel = cancel,
                   .on_progress = [&](const TextsEmbedded& so_far) { report(so_far, texts); }});
  run_.vectors_added += stage.vectors_added();
  if (!embedded) return at("column " + setup_.column, std::move(embedded).error());
  run_.texts_embedded = embedded->texts;
  run_.tokens = embedded->tokens;
  run_.did.push_back(counted(embedded->texts, "text", "texts") + " embedded" +
                     (embedded->cancelled ? ", then stopped" : ""));
  return embedded;
}

Status ColumnRefresh::append_keys() {
  COLVEC_TRY(refresh_view());
  if (run_.rows_new + run_.rows_changed == 0) return {};
  const std::string hash = "s." + hash_column(setup_.index);
  const StoreRows rows{.set = set_,
                       .dimension = target_.base_dimension,
                       .keys = "(SELECT " + stored_key_list(setup_.columns) + ", replace(" + hash +
                               "::VARCHAR, '-', '') AS text_hash FROM source_rows s SEMI JOIN " +
                               new_pairs_table(setup_.index) +
                               " p ON s.colvec_n = p.n SEMI JOIN (SELECT text_hash FROM " +
                               stored_.vectors + ") v ON " + hash + " = v.text_hash::UUID)"};
  Result<StoreAppended> appended = store_->append(rows);
  if (!appended) return at("column " + setup_.column, std::move(appended).error());
  run_.keys_added = appended->keys.rows_added;
  if (on_commit_) on_commit_();
  return refresh_view();
}

// Vectors of the texts of source_rows, from which a PCA is fitted.
Result<Projection> ColumnRefresh::fit(Connection& connection) {
  const std::string wanted = "(SELECT v.* FROM " + stored_.vectors +
                             " v SEMI JOIN source_rows s ON v.text_hash::UUID = s." +
                             hash_column(setup_.index) + ")";
  COLVEC_TRY(store_->check_files(view_, set_, true));
  Result<FittedProjection> fitted =
      fit_projection(connection, {.vectors = wanted,
                                  .rows = run_.distinct_texts,
                                  .base = target_.base,
                                  .dimension_in = target_.base_dimension,
                                  .dimension_out = setup_.step.dimension,
                                  .compression = setup_.step.compression,
                                  .normalize = setup_.step.normalize,
                                  .trained_for = encoder_->info().shorter_dimensions});
  if (!fitted) return at("column " + setup_.column + ": compression", std::move(fitted).error());
  run_.explained_variance = fitted->projection.explained_variance;
  run_.overlap_at_10 = fitted->overlap_at_10;
  run_.did.push_back(fmt::format(
      "vectors are shortened from {} to {} numbers by {}; of the ten nearest "
      "neighbours in a sample {:.0f} % stay",
      target_.base_dimension, fitted->projection.out,
      fitted->projection.is_cut() ? std::string("a cut")
                                  : fmt::format("a PCA that explains {:.1f} % of the variance",
                                                100 * fitted->projection.explained_variance),
      100 * fitted->overlap_at_10));
  return fitted->projection;
}

bool ColumnRefresh::shortens() const {
  const EmbeddingStep& step = setup_.step;
  const bool asks_for_fewer = (step.dimension > 0 && step.dimension < target_.base_dimension) ||
                              step.compression.variance > 0;
  // What is kept stays as it was made, whatever its step has come to ask for since.
  return is_shorter() || (asks_for_fewer && !setup_.is_kept);
}

Status ColumnRefresh::shorten(Connection& connection) {
  if (!shortens()) return {};
  if (is_shorter()) {
    ColumnStore& keeper = base_ != nullptr ? *base_ : *store_;
    COLVEC_ASSIGN(projection_, read_projection(keeper, target_.fingerprint));
  } else {
    COLVEC_ASSIGN(projection_, fit(connection));
    COLVEC_TRY(save_projection(*store_, *projection_));
  }
  target_.fingerprint = projection_->fingerprint();
  target_.dimension = projection_->out;
  run_.explained_variance = projection_->explained_variance;
  run_.vectors = target_;
  return {};
}

Status ColumnRefresh::activate() { return store_->activate(set_, target_.base); }

Status ColumnRefresh::check_files() {
  COLVEC_TRY(store_->check_files(view_, set_, true));
  return base_ == nullptr ? Status() : base_->check_files(base_view_, set_, true);
}

Result<ProcessedVectors> ColumnRefresh::processed(Connection& connection) {
  COLVEC_TRY(check_files());
  ProcessedVectors vectors{.name = setup_.column + "_embedding",
                           .index = setup_.index,
                           .vectors = stored_.vectors,
                           .dimension = target_.dimension,
                           .skip_truncated = setup_.step.on_truncate != Policy::kKeep,
                           .explode = setup_.step.explode,
                           .says_where_from = base_ != nullptr,
                           .texts = run_.distinct_texts};
  if (!projection_) return vectors;
  vectors.function = "colvec_project_" + std::to_string(setup_.index);
  COLVEC_TRY(register_vector_function(
      connection,
      {.name = vectors.function,
       .in = projection_->in,
       .out = projection_->out,
       .apply = [projection = *projection_](auto in, auto out) { projection.apply(in, out); }}));
  return vectors;
}

Status ColumnRefresh::find_issues(Connection& connection) {
  COLVEC_ASSIGN(FoundIssues found, colvec::find_issues(connection, lookup(), stored_));
  run_.issues = std::move(found.issues);
  run_.examples = std::move(found.examples);
  run_.policy_errors = found.policy_errors;
  return {};
}

}  // namespace colvec
