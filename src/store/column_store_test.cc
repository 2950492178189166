#include "store/column_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/column_store_fixture.h"
#include "store/store_tables.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const Result<std::unique_ptr<ColumnStore>>& store, ErrorCode code) {
  if (store) return "";
  EXPECT_EQ(store.error().code, code);
  return store.error().message;
}

TEST(ColumnStore, OpensOnlyWhatIsThere) {
  StoreFolder folder;
  EXPECT_THAT(error_of(ColumnStore::open(disk(), folder.database(), folder.path() / "s"),
                       ErrorCode::kNotFound),
              HasSubstr("s: no store there"));
  EXPECT_FALSE(fs::exists(folder.path() / "s"));
  open_products(disk(), folder.database(), folder.path() / "s");
  COLVEC_ASSERT_ASSIGN(const auto store,
                       ColumnStore::open(disk(), folder.database(), folder.path() / "s"));
  EXPECT_TRUE(store->has_keys());
  EXPECT_THAT(store->definition().key_columns, ElementsAre(KeyColumn{"id", "BIGINT"}));
  EXPECT_THAT(error_of(ColumnStore::open(disk(), folder.database(), folder.path() / "s*"),
                       ErrorCode::kInvalidArgument),
              HasSubstr("cannot hold *, ? or ["));
}

TEST(ColumnStore, KeepsItsDefinition) {
  StoreFolder folder;
  const StoreDefinition definition = {
      .key_columns = {{"shop id", "VARCHAR"}, {"day", "DATE"}, {"i0", "DECIMAL(20,0)"}},
      .store_text = false,
      .plain_floats = true};
  ASSERT_TRUE(ColumnStore::open_or_create(disk(), folder.database(), folder.path(), definition));
  COLVEC_ASSERT_ASSIGN(const auto store,
                       ColumnStore::open(disk(), folder.database(), folder.path()));
  EXPECT_EQ(store->definition().key_columns, definition.key_columns);
  EXPECT_FALSE(store->definition().store_text);
  EXPECT_TRUE(store->definition().plain_floats);
  StoreDefinition other = definition;
  other.key_columns.pop_back();
  EXPECT_THAT(
      error_of(ColumnStore::open_or_create(disk(), folder.database(), folder.path(), other),
               ErrorCode::kConflict),
      HasSubstr("its key columns are shop id VARCHAR, day DATE, i0 DECIMAL(20,0), not shop id"
                " VARCHAR, day DATE"));
}

TEST(ColumnStore, LeavesTextsOutWhereItKeepsNone) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const auto store,
                       ColumnStore::open_or_create(disk(), folder.database(), folder.path(),
                                                   {.key_columns = {}, .store_text = false}));
  ASSERT_TRUE(store->append(products({.first = 0, .count = 3, .with_keys = false})));
  COLVEC_ASSERT_ASSIGN(const StoreView view, store->view());
  COLVEC_ASSERT_ASSIGN(const Rows rows,
                       store->connection().query("SELECT count(*), count(text_value) FROM " +
                                                 store->vectors_sql(view, first_set())));
  EXPECT_EQ(rows.text(0, 0), "3");
  EXPECT_EQ(rows.text(0, 1), "0");
}

TEST(ColumnStore, WhetherItKeepsTextsCanBeChangedForWhatComesNext) {
  StoreFolder folder;
  const auto open = [&] { return open_products(disk(), folder.database(), folder.path()); };
  ASSERT_TRUE(open()->append(products({.first = 0, .count = 3})));
  EXPECT_FALSE(open()->keep_texts(true).value());
  EXPECT_TRUE(open()->keep_texts(false).value());
  ASSERT_TRUE(open()->append(products({.first = 3, .count = 5})));
  EXPECT_TRUE(open()->keep_texts(true).value());
  const auto store = open();
  ASSERT_TRUE(store->append(products({.first = 8, .count = 1})));
  COLVEC_ASSERT_ASSIGN(const StoreView view, store->view());
  COLVEC_ASSERT_ASSIGN(const Rows rows,
                       store->connection().query("SELECT count(*), count(text_value) FROM " +
                                                 store->vectors_sql(view, first_set())));
  EXPECT_EQ(rows.text(0, 0), "9");
  EXPECT_EQ(rows.text(0, 1), "4");
}

TEST(ColumnStore, AppendsWhatIsNotThere) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path() / "s");
  COLVEC_ASSERT_ASSIGN(const StoreAppended first, store->append(products({0, 10, 4})));
  EXPECT_EQ(first.vectors.rows_added, 4u);
  EXPECT_EQ(first.keys.rows_added, 10u);
  COLVEC_ASSERT_ASSIGN(const StoreAppended second, store->append(products({5, 10, 4})));
  EXPECT_EQ(second.vectors.rows_added, 0u);
  EXPECT_EQ(second.keys.rows_added, 5u);
  // A key with another text is another row.
  COLVEC_ASSERT_ASSIGN(const StoreAppended third, store->append(products({0, 10, 5})));
  EXPECT_EQ(third.vectors.rows_added, 1u);
  EXPECT_EQ(third.keys.rows_added, 6u);
  COLVEC_ASSERT_ASSIGN(const DeltaCommit commit, store->keys().log().commit_at(third.keys.version));
  EXPECT_EQ(commit.info->vectors_version, third.vectors.version);
  const StoreContents contents = contents_of(*store);
  EXPECT_EQ(contents.keys.size(), 21u);
  EXPECT_EQ(contents.vectors.size(), 5u);
  EXPECT_EQ(contents_of(*open_products(disk(), folder.database(), folder.path() / "s")), contents);
}

TEST(ColumnStore, TheSameTextHasAVectorForEachModelAndPrecision) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  const VectorSet small = vector_set_of(fingerprint_of('a'), "bf16");
  EXPECT_EQ(store->append(products({0, 3}))->vectors.rows_added, 3u);
  EXPECT_EQ(store->append(products({0, 3}, second_set()))->vectors.rows_added, 3u);
  EXPECT_EQ(store->append(products({0, 3}, small))->vectors.rows_added, 3u);
  EXPECT_EQ(store->append(products({0, 3}, small))->vectors.rows_added, 0u);
  COLVEC_ASSERT_ASSIGN(const StoreView view, store->view());
  EXPECT_EQ(store->sets(view).size(), 3u);
}

TEST(ColumnStore, TwoWritersAddEachRowOnce) {
  StoreFolder folder;
  Database other =
      Database::open({.memory_limit = "500MB", .temp_directory = folder.path() / "x"}).value();
  const auto one = open_products(disk(), folder.database(), folder.path() / "s");
  const auto two = open_products(disk(), other, folder.path() / "s");
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(one->append(products({i * 10, 15})));
    ASSERT_TRUE(two->append(products({i * 10 + 5, 15})));
  }
  const StoreContents contents = contents_of(*one);
  EXPECT_EQ(contents, contents_of(*two));
  EXPECT_EQ(contents.keys.size(), 110u);
  EXPECT_EQ(contents.vectors.size(), 110u);
}

TEST(ColumnStore, KeysAreOfAnyTypeAndName) {
  StoreFolder folder;
  const std::string source =
      "(SELECT 'shop ' || i AS a, i % 2 = 0 AS b, DATE '2024-01-01' + i::INTEGER AS c,"
      " (i * 1.25)::DECIMAL(9,2) AS d, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS e,"
      " i::UBIGINT AS f, 't' || i AS t FROM range(20) numbers(i))";
  COLVEC_ASSERT_ASSIGN(const std::vector<KeyColumn> columns,
                       key_columns_of({{"shop, name", "VARCHAR"},
                                       {"is open", "BOOLEAN"},
                                       {"day", "DATE"},
                                       {"price", "DECIMAL(9,2)"},
                                       {"at", "TIMESTAMP"},
                                       {"colvec_identity_9", "UBIGINT"}}));
  COLVEC_ASSERT_ASSIGN(const auto store,
                       ColumnStore::open_or_create(disk(), folder.database(), folder.path(),
                                                   {.key_columns = columns}));
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i)
    list += stored_key_sql(std::string(1, static_cast<char>('a' + i)), columns[i]) + " AS " +
            stored_name(columns[i]) + ", ";
  StoreRows rows;
  rows.keys = "(SELECT " + list + text_hash_sql("t") + " AS text_hash FROM " + source + ")";
  EXPECT_EQ(store->append(rows)->keys.rows_added, 20u);
  EXPECT_EQ(store->append(rows)->keys.rows_added, 0u);
  COLVEC_ASSERT_ASSIGN(const auto again,
                       ColumnStore::open(disk(), folder.database(), folder.path()));
  EXPECT_EQ(again->append(rows)->keys.rows_added, 0u);
  COLVEC_ASSERT_ASSIGN(const StoreView view, again->view());
  COLVEC_ASSERT_ASSIGN(const Rows read,
                       again->connection().query("SELECT concat_ws('|', COLUMNS(* EXCLUDE seen_at))"
                                                 " FROM (SELECT * FROM " +
                                                 again->keys_sql(view) + " LIMIT 1)"));
  EXPECT_EQ(read.text(0, 0), "shop 0");
  EXPECT_EQ(read.text(0, 4), "2024-01-01 00:00:00+00");
}

TEST(ColumnStore, RefusesKeysThatAreNull) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  StoreRows rows;
  rows.keys =
      "(SELECT CASE WHEN i < 2 THEN i END::BIGINT AS id, md5(i::VARCHAR) AS text_hash"
      " FROM range(5) numbers(i))";
  const auto appended = store->append(rows);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(appended.error().message, HasSubstr("NULL: in 3 rows"));
}

TEST(ColumnStore, LargeAppendsMakeSeveralFiles) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  StoreRows rows = products({0, kSpreadKeysMin, 2 * kVectorRowsOfFile});
  // A relation is read several times: this one costs too much for that.
  ASSERT_TRUE(
      store->connection().execute("CREATE TEMP TABLE large_vectors AS FROM " + rows.vectors));
  ASSERT_TRUE(store->connection().execute("CREATE TEMP TABLE large_keys AS FROM " + rows.keys));
  rows.vectors = "large_vectors";
  rows.keys = "large_keys";
  ASSERT_TRUE(store->append(products({0, 1000})));
  COLVEC_ASSERT_ASSIGN(const StoreAppended appended, store->append(rows));
  EXPECT_EQ(appended.vectors.rows_added, 2 * kVectorRowsOfFile - 1000);
  EXPECT_EQ(appended.keys.rows_added, kSpreadKeysMin - 1000);
  EXPECT_EQ(store->vectors().snapshot().files.size(), 4u);
  for (const auto& [path, file] : store->vectors().snapshot().files)
    EXPECT_LE(rows_of(file), kVectorRowsOfFile);
  // 1,000 of the keys were there: too few are left to be spread.
  EXPECT_EQ(store->keys().snapshot().files.size(), 2u);
  rows = products({kSpreadKeysMin, kSpreadKeysMin, 10});
  ASSERT_TRUE(store->connection().execute("CREATE TEMP TABLE more_keys AS FROM " + rows.keys));
  rows.keys = "more_keys";
  ASSERT_TRUE(store->append(rows));
  EXPECT_EQ(store->keys().snapshot().files.size(), 2u + kKeyBuckets);
  COLVEC_ASSERT_ASSIGN(const StoreView view, store->view());
  for (std::size_t bucket = 0; bucket < kKeyBuckets; ++bucket) {
    const auto files = view.keys->files_of({{"pk_bucket", std::to_string(bucket)}});
    ASSERT_EQ(files.size(), 1u);
    COLVEC_ASSERT_ASSIGN(
        const Rows wrong,
        store->connection().query(
            "SELECT count(*) FROM " + read_files_sql(store->keys().folder(), files) + " WHERE " +
            bucket_sql(store->definition().key_columns) + " <> " + std::to_string(bucket)));
    EXPECT_EQ(wrong.number(0, 0), 0u);
  }
  EXPECT_EQ(view.keys->rows(), 2 * kSpreadKeysMin);
}

TEST(ColumnStore, ACacheCanBecomeAStoreOfKeys) {
  StoreFolder folder;
  {
    const auto cache = open_cache(disk(), folder.database(), folder.path());
    EXPECT_FALSE(cache->has_keys());
    ASSERT_TRUE(cache->append(products({.first = 0, .count = 5, .with_keys = false})));
  }
  const auto store = open_products(disk(), folder.database(), folder.path());
  EXPECT_TRUE(store->has_keys());
  COLVEC_ASSERT_ASSIGN(const StoreAppended appended, store->append(products({0, 6})));
  EXPECT_EQ(appended.vectors.rows_added, 1u);
  EXPECT_EQ(appended.keys.rows_added, 6u);
  // Who asks for no keys gets the store as it is.
  EXPECT_TRUE(open_cache(disk(), folder.database(), folder.path())->has_keys());
}

TEST(ColumnStore, ModelsAreKept) {
  StoreFolder folder;
  const auto store = open_cache(disk(), folder.database(), folder.path());
  StoreModel model = {.fingerprint = "0123456789abcdef" + std::string(48, '0'),
                      .name = "org/\"name\"",
                      .made_of = R"({"kind":"test","n":[1,2]})",
                      .dimension = 384};
  ASSERT_TRUE(store->add_model(model));
  ASSERT_TRUE(store->add_model(model));
  COLVEC_ASSERT_ASSIGN(const StoreModel back, store->model("f0123456789abcdef"));
  EXPECT_EQ(back.fingerprint, model.fingerprint);
  EXPECT_EQ(back.name, model.name);
  EXPECT_EQ(back.made_of, model.made_of);
  EXPECT_EQ(back.dimension, 384u);
  model.fingerprint.back() = '1';
  const Status other = store->add_model(model);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_THAT(other.error().message, HasSubstr("f0123456789abcdef.json: is of fingerprint"));
  EXPECT_EQ(store->model("f0000000000000000").error().code, ErrorCode::kNotFound);
}

TEST(ColumnStore, DamagedModelsAreNamed) {
  StoreFolder folder;
  const auto store = open_cache(disk(), folder.database(), folder.path());
  const fs::path path = folder.path() / "models" / (first_set().model + ".json");
  for (const char* json : {"", "{", "{}", R"({"fingerprint":"aa","name":"","dimension":2})"}) {
    put_file(path, json);
    const auto model = store->model(first_set().model);
    ASSERT_FALSE(model) << json;
    EXPECT_THAT(model.error().message, StartsWith(path.string()));
  }
}

TEST(ColumnStore, ReadersWhoNameNoneGetTheActiveSet) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  EXPECT_EQ(store->default_set(store->view().value()).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(store->append(products({0, 3})));
  EXPECT_EQ(store->default_set(store->view().value()).value(), first_set());
  ASSERT_TRUE(store->append(products({0, 3}, second_set())));
  const auto unclear = store->default_set(store->view().value());
  ASSERT_FALSE(unclear);
  EXPECT_EQ(unclear.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(unclear.error().message, HasSubstr(second_set().model + " f32"));
  EXPECT_EQ(store->active_set(store->view().value()), std::nullopt);
  ASSERT_TRUE(store->activate(second_set(), fingerprint_of('b')));
  EXPECT_EQ(store->default_set(store->view().value()).value(), second_set());
  const std::optional<std::uint64_t> version = store->keys().snapshot().version;
  ASSERT_TRUE(store->activate(second_set(), fingerprint_of('b')));
  EXPECT_EQ(store->keys().snapshot().version, version);
  const auto again = open_products(disk(), folder.database(), folder.path());
  EXPECT_EQ(again->active_set(again->view().value()), second_set());
  EXPECT_EQ(again->definition().key_columns, store->definition().key_columns);
}

TEST(ColumnStore, EarlierVersionsCanBeRead) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  ASSERT_TRUE(store->append(products({0, 3})));
  ASSERT_TRUE(store->append(products({3, 3})));
  ASSERT_TRUE(store->activate(first_set(), fingerprint_of('a')));
  const std::vector<std::uint64_t> keys = {0, 3, 6, 6};
  for (std::uint64_t version = 0; version < keys.size(); ++version) {
    COLVEC_ASSERT_ASSIGN(const StoreView view, store->view_at(version));
    EXPECT_EQ(view.keys->version, version);
    EXPECT_EQ(view.keys->rows(), keys[version]);
    EXPECT_EQ(view.vectors.rows(), keys[version]);
  }
  EXPECT_EQ(store->view_at(4).error().code, ErrorCode::kNotFound);
}

TEST(ColumnStore, EarlierVersionsOfACacheCanBeRead) {
  StoreFolder folder;
  const auto store = open_cache(disk(), folder.database(), folder.path());
  ASSERT_TRUE(store->append(products({.first = 0, .count = 3, .with_keys = false})));
  EXPECT_EQ(store->view_at(0)->vectors.rows(), 0u);
  EXPECT_EQ(store->view_at(1)->vectors.rows(), 3u);
  EXPECT_FALSE(store->view_at(1)->keys.has_value());
}

TEST(ColumnStore, DamagedFilesAreNamedBeforeTheyAreRead) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  ASSERT_TRUE(store->append(products({0, 3})));
  ASSERT_TRUE(store->append(products({3, 3}, second_set())));
  const fs::path path = store->vectors().folder() /
                        store->vectors().snapshot().files_of(first_set().partition()).at(0)->path;
  std::string bytes = contents_of(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 16);
  put_file(path, bytes);
  COLVEC_ASSERT_ASSIGN(const StoreView view, store->view());
  EXPECT_TRUE(store->check_files(view, first_set(), false));
  const Status checked = store->check_files(view, first_set(), true);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(checked.error().message, StartsWith(path.string()));
  // Other reads go on.
  EXPECT_TRUE(store->check_files(view, second_set(), true));
}

TEST(ColumnStore, ADamagedLogIsNamed) {
  StoreFolder folder;
  open_products(disk(), folder.database(), folder.path());
  const fs::path entry = folder.path() / "keys" / "_delta_log" / "00000000000000000000.json";
  const std::string bytes = contents_of(entry);
  const auto open = [&] {
    return error_of(ColumnStore::open(disk(), folder.database(), folder.path()),
                    ErrorCode::kCorruption);
  };
  put_file(entry, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(open(), HasSubstr(entry.string()));
  std::string renamed = bytes;
  renamed.replace(renamed.find("colvec.keyColumns"), 17, "colvec.keyBolumns");
  put_file(entry, renamed);
  EXPECT_THAT(open(), HasSubstr(entry.string()));
}

TEST(ColumnStore, TablesOfOthersAreRefused) {
  StoreFolder folder;
  Connection& connection = folder.connection();
  COLVEC_ASSERT_ASSIGN(DeltaLog log, DeltaLog::open(disk(), connection, folder.path() / "vectors"));
  ASSERT_TRUE(log.try_commit(first_commit()));
  EXPECT_THAT(error_of(ColumnStore::open(disk(), folder.database(), folder.path()),
                       ErrorCode::kUnsupported),
              HasSubstr("vectors: not a table of colvec"));
}

TEST(ColumnStore, FormatsOfTheFutureAreRefused) {
  StoreFolder folder;
  {
    const auto store = open_cache(disk(), folder.database(), folder.path());
    ASSERT_TRUE(
        store->vectors().commit({.operation = "TEST"}, [](const auto& snapshot, auto* commit) {
          commit->meta_data = snapshot.meta_data;
          commit->meta_data->configuration["colvec.formatVersion"] = "2";
          return Result<bool>(true);
        }));
  }
  EXPECT_THAT(error_of(ColumnStore::open(disk(), folder.database(), folder.path()),
                       ErrorCode::kUnsupported),
              HasSubstr("format version 2; we know 1"));
}

TEST(ColumnStore, TextHashesAreThoseOfTheFormat) {
  StoreFolder folder;
  for (const char* text : {"", "text 0", "Käse"})
    EXPECT_EQ(folder.rows("SELECT " + text_hash_sql(quote_literal(text))).front(), text_hash(text));
}

TEST(ColumnStore, AppendsAndActivationsAreWholeAfterACrash) {
  StoreFolder folder;
  const fs::path path = folder.path() / "s";
  {
    const auto store = open_products(disk(), folder.database(), path);
    ASSERT_TRUE(store->append(products({0, 10, 7})));
  }
  expect_whole_after_crashes(
      path, [](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        const auto appended = store->append(products({5, 10, 9}));
        return appended ? Status() : tl::make_unexpected(appended.error());
      });
  expect_whole_after_crashes(
      path, [](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        return store->activate(first_set(), fingerprint_of('a'));
      });
}

TEST(ColumnStore, CreationIsWholeAfterACrash) {
  StoreFolder folder;
  bool is_over = false;
  for (std::size_t step = 0; !is_over; ++step) {
    for (const bool power_goes : {false, true}) {
      const fs::path path = folder.path() / fmt::format("s{}{}", step, power_goes);
      {
        FaultyFileSystem files(path);
        files.stop_before(step);
        const auto store = try_open_products(files, folder.database(), path);
        if (store) (void)(*store)->append(products({0, 3}));
        is_over = files.steps() <= step;
        if (power_goes && !files.lose_power(PowerLoss::kNamesLost)) continue;
      }
      SCOPED_TRACE(step);
      const auto store = open_products(disk(), folder.database(), path);
      ASSERT_TRUE(store->append(products({0, 3})));
      EXPECT_EQ(contents_of(*store).keys.size(), 3u);
      EXPECT_EQ(contents_of(*store).vectors.size(), 3u);
    }
  }
}

}  // namespace
}  // namespace colvec
