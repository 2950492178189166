// A bundle on a host: checked, then used like a dataset whose stores are never written.
#include "colvec/bundle.h"

#include "base/file.h"
#include "base/parallel.h"
#include "base/size.h"
#include "base/work_folder.h"
#include "colvec/cached_encoder.h"
#include "dataset/bundle_file.h"
#include "dataset/processed.h"
#include "dataset/source_columns.h"
#include "dataset/source_rows.h"
#include "duck/interrupt_guard.h"
#include "job/column_refresh.h"
#include "job/golden_texts.h"
#include "job/projected_encoder.h"
#include "job/step_encoder.h"
#include "store/open_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDatasetBytesMax = 64u << 20;

struct CheckedBundle {
  fs::path folder;
  BundleContents contents{};
  Dataset dataset{};
};

Result<CheckedBundle> check_bundle(const fs::path& folder) {
  CheckedBundle bundle{.folder = fs::absolute(folder).lexically_normal()};
  COLVEC_ASSIGN(bundle.contents, read_bundle(bundle.folder));
  COLVEC_TRY(check_bundle_files(bundle.folder, bundle.contents));
  const fs::path path = bundle.folder / bundle.contents.dataset;
  COLVEC_ASSIGN(const std::string text, read_file(path, kDatasetBytesMax));
  COLVEC_ASSIGN(bundle.dataset, parse_dataset(text, path.string()));
  for (const BundleColumn& bundled : bundle.contents.columns) {
    const DatasetColumn* const column = bundle.dataset.find(bundled.column);
    if (column == nullptr || !column->embedding || !column->active)
      return fail(ErrorCode::kCorruption,
                  path.string() + ": column " + bundled.column + ": has no vectors");
  }
  return bundle;
}

std::string model_in(const CheckedBundle& bundle, const BundleColumn& column) {
  return column.model.starts_with("models/") ? (bundle.folder / column.model).string()
                                             : column.model;
}

ColumnSetup setup_of(const CheckedBundle& bundle, const BundleColumn& bundled) {
  const DatasetColumn& column = *bundle.dataset.find(bundled.column);
  return {.column = column.name,
          .step = *column.embedding,
          .model = model_in(bundle, bundled),
          .base_store = bundle.folder / bundled.store,
          .base_version = bundled.keys_version,
          .active = column.active};
}

Result<double> self_check(const CheckedBundle& bundle, const BundleColumn& bundled,
                          Encoder& encoder) {
  return check_golden(encoder, bundle.folder / bundled.golden_texts,
                      bundle.folder / bundled.golden_vectors);
}

// The columns of the bundle whose text the input has.
Result<std::vector<ColumnSetup>> set_up(const CheckedBundle& bundle, const SourceTable& source,
                                        const fs::path& work) {
  std::vector<ColumnSetup> setups;
  std::string wanted;
  for (const BundleColumn& bundled : bundle.contents.columns) {
    ColumnSetup setup = setup_of(bundle, bundled);
    const std::string& text = text_column_of(setup.step, setup.column);
    wanted += (wanted.empty() ? "" : ", ") + text;
    const SourceColumn* const found = source.find(text);
    if (found == nullptr) continue;
    if (!is_text_type(found->type))
      return fail(ErrorCode::kInvalidArgument, source.shown + ": " + found->name + " is " +
                                                   found->type +
                                                   ": must be VARCHAR, JSON or an ENUM");
    setup.columns.text = found->name;
    setup.index = setups.size();
    setup.store = work / std::to_string(setup.index);
    setups.push_back(std::move(setup));
  }
  if (!setups.empty()) return setups;
  return fail(ErrorCode::kInvalidArgument,
              source.shown + ": has none of the text columns of the bundle: " + wanted);
}

const BundleColumn& bundled_of(const CheckedBundle& bundle, const std::string& column) {
  for (const BundleColumn& bundled : bundle.contents.columns)
    if (bundled.column == column) return bundled;
  return bundle.contents.columns.front();
}

// Embeds what the bundle does not have; a model that has nothing to do is not opened.
Status fill(const CheckedBundle& bundle, Database& database, Connection& connection,
            ColumnRefresh& column, const RefreshOptions& options) {
  {
    const InterruptGuard guard(connection, options.cancel);
    COLVEC_TRY(column.look_up(database, connection, false));
  }
  const std::uint64_t known = column.run().distinct_texts - column.run().texts_missing;
  column.run().did = {std::to_string(known) + " texts answered from the bundle, " +
                      std::to_string(column.run().texts_missing) + " embedded"};
  if (column.run().texts_missing > 0) {
    COLVEC_TRY(column.open_model(options));
    COLVEC_TRY(self_check(bundle, bundled_of(bundle, column.setup().column), column.encoder()));
    COLVEC_ASSIGN(const TextsEmbedded embedded,
                  column.embed(database, connection, options.cancel, options.commit_seconds,
                               [](const auto&, auto) {}));
    // A table that lacks vectors is no answer.
    if (embedded.cancelled) return fail(ErrorCode::kCancelled, "cancelled");
    COLVEC_TRY(column.append_keys());
  }
  COLVEC_TRY(column.find_issues(connection));
  return column.shorten(connection);
}

}  // namespace

Result<BundleVerified> verify_bundle(const fs::path& folder, const DeployOptions& options) {
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(const CheckedBundle bundle, check_bundle(folder));
  BundleVerified verified{.dataset = bundle.dataset.name,
                          .id = bundle.contents.id,
                          .files = bundle.contents.files.size(),
                          .columns = {}};
  for (const BundleFile& file : bundle.contents.files) verified.bytes += file.bytes;
  for (const BundleColumn& bundled : bundle.contents.columns) {
    const auto column = ColumnRefresh::over(setup_of(bundle, bundled));
    COLVEC_TRY(column->open_model({.open_encoder = options.open_encoder}));
    COLVEC_ASSIGN(const double cosine, self_check(bundle, bundled, column->encoder()));
    verified.cosine_min = std::min(verified.cosine_min, cosine);
    verified.columns.push_back(bundled.column);
  }
  return verified;
}

Result<BundleEncoded> encode_with_bundle(const fs::path& folder, const DatasetSource& input,
                                         const fs::path& output, const RefreshOptions& options) {
  if (output.extension() != ".parquet")
    return fail(ErrorCode::kInvalidArgument,
                "output: " + output.string() + ": must be a .parquet file");
  const ThreadLimit limit(options.threads);
  COLVEC_ASSIGN(const CheckedBundle bundle, check_bundle(folder));
  COLVEC_ASSIGN(const std::uint64_t memory_bytes, parse_size(options.memory_limit));
  COLVEC_ASSIGN(Database database,
                open_store_database(
                    output, {.memory_limit = options.memory_limit, .threads = options.threads}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_TRY(connection.execute("SET TimeZone = 'UTC'"));
  COLVEC_ASSIGN(const SourceTable source, open_source_table(connection,
                                                            {.path = input.path,
                                                             .table = input.table,
                                                             .path_setting = "input",
                                                             .table_setting = "--table"},
                                                            kSourceCatalog));
  const WorkFolder work = WorkFolder::make(output.string() + ".tmp");  // Of new vectors.
  COLVEC_ASSIGN(const std::vector<ColumnSetup> setups, set_up(bundle, source, work.path()));

  std::vector<std::string> names;
  for (const SourceColumn& column : source.columns) names.push_back(column.name);
  std::vector<HashedText> texts;
  for (const ColumnSetup& setup : setups)
    texts.push_back(
        {.column = setup.columns.text, .takes_empty = setup.step.on_empty == Policy::kKeep});
  {
    const InterruptGuard guard(connection, options.cancel);
    COLVEC_TRY(read_source_rows(connection, source, names, texts));
  }
  BundleEncoded encoded;
  ProcessedTable table{.columns = source.columns, .memory_bytes = memory_bytes};
  std::vector<std::unique_ptr<ColumnRefresh>> columns;
  for (const ColumnSetup& setup : setups) {
    columns.push_back(ColumnRefresh::over(setup));
    COLVEC_TRY(fill(bundle, database, connection, *columns.back(), options));
    COLVEC_ASSIGN(table.vectors.emplace_back(), columns.back()->processed(connection));
  }
  table.rows = encoded.rows = columns.front()->run().rows;
  COLVEC_TRY(check_processed_names(table.columns, table.vectors));
  const InterruptGuard guard(connection, options.cancel);
  COLVEC_ASSIGN(const ProcessedWritten written, write_processed_file(connection, table, output));
  encoded.notes = written.notes;
  for (const auto& column : columns) encoded.columns.push_back(column->run());
  return encoded;
}

Result<std::vector<BundleEncoder>> open_bundle_encoders(
    const fs::path& folder, const DeployOptions& options,
    const std::function<void(std::size_t)>& on_cached) {
  COLVEC_ASSIGN(const CheckedBundle bundle, check_bundle(folder));
  std::vector<BundleEncoder> encoders;
  for (const BundleColumn& bundled : bundle.contents.columns) {
    const DatasetColumn& column = *bundle.dataset.find(bundled.column);
    COLVEC_ASSIGN(
        std::unique_ptr<Encoder> encoder,
        open_step_encoder(model_in(bundle, bundled), *column.embedding, column.active->precision,
                          {.open_encoder = options.open_encoder}));
    if (encoder->info().fingerprint != column.active->base)
      return fail(ErrorCode::kConflict, "column " + column.name +
                                            ": the bundle's model is another than the one that "
                                            "made the vectors");
    COLVEC_TRY(self_check(bundle, bundled, *encoder));
    const fs::path store = bundle.folder / bundled.store;
    COLVEC_ASSIGN(encoder,
                  open_cached_encoder(std::move(encoder), {.store = store,
                                                           .writes = false,
                                                           .memory_limit = options.memory_limit,
                                                           .on_cached = on_cached}));
    if (column.active->fingerprint != column.active->base) {
      COLVEC_ASSIGN(const OpenedStore opened, open_store(store, {}, nullptr));
      COLVEC_ASSIGN(Projection projection,
                    read_projection(*opened.store, column.active->fingerprint));
      encoder = project_encoder(std::move(encoder), std::move(projection));
    }
    encoders.push_back({.column = column.name, .encoder = std::move(encoder)});
  }
  return encoders;
}

}  // namespace colvec
