// One embedding column in a refresh: its encoder, its store, and the steps from what is missing to
// what is handed out.
//
// Call in this order: open(), look_up(), then, unless it is a dry run, embed(), append_keys(),
// shorten(), activate().
//
// Thread-safety: thread-compatible. Errors: those of models, of ColumnStore and of Connection, with
// the column's name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/refresh.h"
#include "dataset/column_lookup.h"
#include "dataset/processed.h"
#include "dataset/projection.h"
#include "job/embed_texts.h"
#include "store/column_store.h"

namespace colvec {

struct ColumnSetup {
  std::string column;
  EmbeddingStep step{};
  std::string model{};  // As it is opened: that of the step, or a path below the home.
  StepColumns columns{};
  std::size_t index = 0;               // Of its hashes in source_rows.
  std::filesystem::path store{};       // The folder.
  std::filesystem::path base_store{};  // Read before `store`, never written; may be empty.
  std::uint64_t base_version = 0;      // Of its keys.
  bool is_kept = false;  // Not refreshed: the vectors of `active` are handed out as they are.
  std::filesystem::path siblings{};  // The folder of stores that may have vectors of the model too.
  std::optional<ColumnVectors> active{};  // As dataset.json has them.
  std::optional<ColumnVectors> target{};
};

class ColumnRefresh {
 public:
  // Opens the model. kConflict: its folder holds another model than that of `active`, although the
  // settings are the same (unless the options accept that).
  static Result<std::unique_ptr<ColumnRefresh>> open(ColumnSetup setup,
                                                     const RefreshOptions& options);
  // For vectors whose model need not be opened as long as all of them are there.
  // REQUIRES: setup.active.
  static std::unique_ptr<ColumnRefresh> over(ColumnSetup setup);
  // Opens the model after over(). kConflict: it is another than that of the vectors.
  Status open_model(const RefreshOptions& options);

  const ColumnSetup& setup() const { return setup_; }
  Encoder& encoder() { return *encoder_; }
  ColumnRun& run() { return run_; }
  // What is being filled in: its fingerprint is that of the base until shorten() is through.
  const ColumnVectors& target() const { return target_; }
  LookupColumn lookup() const;

  // Opens the store (makes it, unless `read_only`), and finds what it lacks for source_rows.
  // kNotFound: there is none of a column that is kept.
  Status look_up(Database& database, Connection& connection, bool read_only);

  // Leaves the missing texts of other shards alone. Call it after look_up().
  Status keep_shard(Connection& connection, const Shard& shard);
  // kNotFound where texts are missing.
  Status refuse_missing() const;

  using Report = std::function<void(const TextsEmbedded& so_far, std::uint64_t texts)>;
  // Fills in the missing vectors: from the siblings, then with the encoder.
  Result<TextsEmbedded> embed(Database& database, Connection& connection, const CancelToken* cancel,
                              double commit_seconds, const Report& report);
  // Appends the keys of rows whose text has a vector.
  Status append_keys();
  // Whether the vectors that are handed out have fewer numbers than the model's.
  bool shortens() const;
  // Finds or makes what shortens the vectors, where it shortens().
  Status shorten(Connection& connection);
  // Makes the base the active model of the store.
  Status activate();

  // Checks that the vectors are there and as they were written. Once for each file.
  Status check_files();
  // What is handed out, for processed.h; after shorten().
  Result<ProcessedVectors> processed(Connection& connection);
  // Rows with an issue go to run().
  Status find_issues(Connection& connection);

 private:
  explicit ColumnRefresh(ColumnSetup setup) : setup_(std::move(setup)) {}

  // Whether what shortens them is there.
  bool is_shorter() const { return target_.fingerprint != target_.base; }
  Status choose_target(const RefreshOptions& options);
  Status open_store(Database& database, bool read_only);
  Status refresh_view();
  Status copy_from(Database& database, Connection& connection,
                   const std::filesystem::path& sibling);
  Result<Projection> fit(Connection& connection);
  void say_what_is_missing();

  ColumnSetup setup_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<ColumnStore> store_;  // Null where a dry run finds none; never of what is kept.
  std::unique_ptr<ColumnStore> base_;   // Null without a base store.
  StoreView view_;
  StoreView base_view_;
  VectorSet set_;
  StoredRows stored_;
  ColumnVectors target_;
  std::optional<Projection> projection_;
  std::function<void()> on_commit_;
  ColumnRun run_;
};

}  // namespace colvec
