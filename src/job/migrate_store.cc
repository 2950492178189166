// A migration: the texts that lack a vector of the new model are listed, embedded, appended in
// commits of a few seconds, and when none is left the column is switched over in one commit.
//
// What is missing is found by a join, so that a migration which was killed goes on, and one back to
// the old model finds nothing to embed.
#include "base/parallel.h"
#include "colvec/store.h"
#include "duck/interrupt_guard.h"
#include "job/embed_texts.h"
#include "store/open_store.h"
#include "store/query_rows.h"
#include "store/vector_stage.h"

namespace colvec {
namespace {

// Makes the temporary table `missing` (text_hash, text_value): texts of the store (of its keys,
// where it has keys) without a vector in `set`. Returns how many.
Result<std::uint64_t> list_missing(Connection& connection, ColumnStore& store,
                                   const StoreView& view, const VectorSet& set,
                                   const CancelToken* cancel) {
  const InterruptGuard guard(connection, cancel);
  std::string texts;
  for (const VectorSet& other : store.sets(view)) {
    if (other == set) continue;
    texts += (texts.empty() ? "" : " UNION ALL ") +
             ("SELECT text_hash, text_value FROM " + store.vectors_sql(view, other));
  }
  if (texts.empty()) texts = "SELECT '' AS text_hash, '' AS text_value WHERE false";
  const std::string wanted =
      view.keys ? " SEMI JOIN " + store.keys_sql(view) + " k USING (text_hash)" : "";
  COLVEC_TRY(connection.execute(
      "CREATE OR REPLACE TEMP TABLE missing AS SELECT text_hash, any_value(text_value) AS "
      "text_value FROM (" +
      texts + ")" + wanted + " ANTI JOIN (SELECT text_hash FROM " + store.vectors_sql(view, set) +
      ") v USING (text_hash) GROUP BY text_hash"));
  COLVEC_ASSIGN(const Rows counted,
                connection.query("SELECT count(*), count(*) - count(text_value) FROM missing"));
  if (counted.number(0, 1) == 0) return counted.number(0, 0);
  return fail(ErrorCode::kUnsupported, store.folder().string() + ": the text of " +
                                           counted.text(0, 1) +
                                           " vectors is not kept: they cannot be embedded again");
}

}  // namespace

Result<StoreMigrated> migrate_store(
    const std::filesystem::path& folder, Encoder& encoder, const StoreOptions& options,
    const CancelToken* cancel,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(OpenedStore opened, open_store(folder, options, nullptr));
  ColumnStore& store = *opened.store;
  const EncoderInfo& info = encoder.info();
  COLVEC_TRY(store.add_model({.fingerprint = info.fingerprint,
                              .name = info.model,
                              .made_of = info.made_of,
                              .dimension = info.dimension}));
  const VectorSet set = vector_set_of(info.fingerprint, name_of(info.precision));
  COLVEC_ASSIGN(const StoreView view, store.view());
  // The rows are read on a connection of their own, while the store's appends.
  COLVEC_ASSIGN(Connection reader, opened.database->connect());
  StoreMigrated migrated;
  const Result<std::uint64_t> missing = list_missing(reader, store, view, set, cancel);
  migrated.cancelled = is_broken_off(missing);
  if (migrated.cancelled) return migrated;
  COLVEC_ASSIGN(migrated.texts, missing);
  COLVEC_ASSIGN(VectorStage stage, VectorStage::open(store, set, info.dimension));
  const std::string select = "SELECT text_value FROM missing";
  COLVEC_ASSIGN(const TextsEmbedded embedded,
                embed_texts({.reader = reader,
                             .select = select,
                             .encoder = encoder,
                             .stage = stage,
                             .cancel = cancel,
                             .on_progress = [&](const TextsEmbedded& so_far) {
                               if (on_progress) on_progress(so_far.texts, migrated.texts);
                             }}));
  migrated.texts_embedded = embedded.texts;
  migrated.cancelled = embedded.cancelled;
  if (migrated.cancelled || !store.has_keys()) return migrated;

  // Another writer may have added texts meanwhile, and a bad vector is not kept: look again.
  COLVEC_ASSIGN(const StoreView after, store.view());
  COLVEC_ASSIGN(const std::uint64_t left, list_missing(reader, store, after, set, nullptr));
  if (left > 0)
    return fail(ErrorCode::kConflict,
                folder.string() + ": " + std::to_string(left) +
                    " texts have no vector of the new model yet (added meanwhile, or with numbers "
                    "that are not finite): not switched over; run it again");
  COLVEC_TRY(store.activate(set, info.fingerprint));
  migrated.switched = true;
  return migrated;
}

}  // namespace colvec
