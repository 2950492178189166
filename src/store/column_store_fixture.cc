#include "store/column_store_fixture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "store/verify.h"
#include "testdata.h"

namespace colvec {

namespace fs = std::filesystem;

namespace {

StoreDefinition product_definition(bool with_keys) {
  StoreDefinition definition;
  if (with_keys) definition.key_columns = {{"id", "BIGINT"}};
  return definition;
}

Result<std::unique_ptr<ColumnStore>> open_store(FileSystem& files, Database& database,
                                                const fs::path& folder, bool with_keys) {
  COLVEC_ASSIGN(
      std::unique_ptr<ColumnStore> store,
      ColumnStore::open_or_create(files, database, folder, product_definition(with_keys)));
  for (const char digit : {'a', 'b'})
    COLVEC_TRY(store->add_model({.fingerprint = fingerprint_of(digit),
                                 .name = "test",
                                 .made_of = R"({"kind":"test"})",
                                 .dimension = 2}));
  return store;
}

std::unique_ptr<ColumnStore> opened(Result<std::unique_ptr<ColumnStore>> store) {
  if (!store) ADD_FAILURE() << store.error().message;
  COLVEC_CHECK(store.has_value());
  return std::move(*store);
}

std::vector<std::string> sorted_lines(Connection& connection, const std::string& sql) {
  const Result<Rows> rows = connection.query(sql);
  if (!rows) ADD_FAILURE() << rows.error().message;
  std::vector<std::string> lines;
  for (std::size_t r = 0; rows && r < rows->size(); ++r) lines.push_back(rows->text(r, 0));
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

std::string fingerprint_of(char digit) { return std::string(64, digit); }
VectorSet first_set() { return vector_set_of(fingerprint_of('a'), "f32"); }
VectorSet second_set() { return vector_set_of(fingerprint_of('b'), "f32"); }

std::unique_ptr<ColumnStore> open_products(FileSystem& files, Database& database,
                                           const fs::path& folder) {
  return opened(open_store(files, database, folder, true));
}
std::unique_ptr<ColumnStore> open_cache(FileSystem& files, Database& database,
                                        const fs::path& folder) {
  return opened(open_store(files, database, folder, false));
}
Result<std::unique_ptr<ColumnStore>> try_open_products(FileSystem& files, Database& database,
                                                       const fs::path& folder) {
  return open_store(files, database, folder, true);
}

StoreRows products(const ProductRange& range, const VectorSet& set) {
  const std::string keys =
      fmt::format("SELECT i AS id, i % {} AS text_number FROM range({}, {}) numbers(i)",
                  range.texts, range.first, range.first + range.count);
  const double phase = set == first_set() ? 0 : 0.5;
  StoreRows rows;
  rows.set = set;
  rows.dimension = 2;
  rows.vectors = fmt::format(
      "(SELECT {} AS text_hash, t AS text_value, [cos(n + {}), sin(n + {})]::FLOAT[] AS embedding,"
      " 3 AS token_count, false AS truncated FROM (SELECT DISTINCT text_number AS n, 'text ' || "
      "text_number AS t FROM ({})))",
      text_hash_sql("t"), phase, phase, keys);
  if (range.with_keys)
    rows.keys = fmt::format("(SELECT id, {} AS text_hash FROM ({}))",
                            text_hash_sql("'text ' || text_number"), keys);
  return rows;
}

std::string hash_of_text(std::uint64_t number) { return text_hash(fmt::format("text {}", number)); }

StoreContents contents_of(ColumnStore& store) {
  StoreContents contents;
  const Result<StoreView> view = store.view();
  if (!view) ADD_FAILURE() << view.error().message;
  COLVEC_CHECK(view.has_value());
  for (const VectorSet& set : store.sets(*view)) {
    const std::vector<std::string> lines = sorted_lines(
        store.connection(),
        fmt::format("SELECT concat_ws('|', '{}', '{}', text_hash, text_value, embedding,"
                    " token_count, truncated, engine_version) FROM {}",
                    set.model, set.precision, store.vectors_sql(*view, set)));
    contents.vectors.insert(contents.vectors.end(), lines.begin(), lines.end());
  }
  if (view->keys)
    contents.keys = sorted_lines(
        store.connection(), "SELECT concat_ws('|', id, text_hash) FROM " + store.keys_sql(*view));
  return contents;
}

std::vector<fs::path> live_files(AppendTable& table) {
  std::vector<fs::path> paths;
  for (const auto& [path, file] : table.snapshot().files) paths.push_back(table.folder() / path);
  return paths;
}

namespace {

struct Crash {
  bool is_over = false;        // The change was over before it.
  bool is_power_felt = false;  // What is left is not what is left where the power stays.
};

// What a crash before `step` leaves.
Crash crash_before(const fs::path& folder, const StoreChange& change, std::size_t step,
                   std::optional<PowerLoss> loss, StoreFolder& place, const fs::path& copy) {
  fs::remove_all(copy);
  fs::copy(folder, copy, fs::copy_options::recursive);
  FaultyFileSystem files(copy);
  files.stop_before(step);
  const Status changed = change(files, place.database(), copy);
  const bool is_over = files.steps() <= step;
  if (is_over && !changed) ADD_FAILURE() << changed.error().message;
  return {is_over, loss && files.lose_power(*loss, static_cast<unsigned>(step))};
}

void expect_no_problem(StoreFolder& place, const fs::path& folder) {
  const Result<StoreVerified> verified =
      verify_store(local_file_system(), place.database(), folder);
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_THAT(verified->problems, ::testing::IsEmpty());
}

}  // namespace

void expect_whole_after_crashes(const fs::path& folder, const StoreChange& change) {
  StoreFolder place;
  FileSystem& local = local_file_system();
  const StoreContents before = contents_of(*open_products(local, place.database(), folder));
  const fs::path copy = place.path() / "copy";
  crash_before(folder, change, 1'000'000, std::nullopt, place, copy);
  const StoreContents after = contents_of(*open_products(local, place.database(), copy));
  const std::vector<std::optional<PowerLoss>> losses = {
      std::nullopt, PowerLoss::kNamesLost, PowerLoss::kNamesKept, PowerLoss::kSomeNames};
  bool is_over = false;
  for (std::size_t step = 0; !is_over; ++step) {
    for (const std::optional<PowerLoss>& loss : losses) {
      // Under sanitizers the kinds take turns; the optimised build has all for each step.
      if (kSanitized && loss && static_cast<std::size_t>(*loss) != step % 3) continue;
      const Crash crash = crash_before(folder, change, step, loss, place, copy);
      is_over = crash.is_over;
      if (loss && !crash.is_power_felt) continue;
      SCOPED_TRACE(fmt::format("stopped before step {}, power loss {}", step,
                               loss ? static_cast<int>(*loss) : -1));
      const std::unique_ptr<ColumnStore> store = open_products(local, place.database(), copy);
      const StoreContents left = contents_of(*store);
      EXPECT_TRUE(left.keys == before.keys || left.keys == after.keys);
      EXPECT_TRUE(left.vectors == before.vectors || left.vectors == after.vectors);
      if (is_over) {
        EXPECT_EQ(left, after);
      }
      expect_no_problem(place, copy);
      if (loss) continue;
      // What is left can be worked with: the change succeeds, and means the same.
      const Status again = change(local, place.database(), copy);
      ASSERT_TRUE(again.has_value()) << again.error().message;
      EXPECT_EQ(contents_of(*open_products(local, place.database(), copy)), after);
    }
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace colvec
