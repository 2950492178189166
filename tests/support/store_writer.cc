// One of several processes that use a store at once, for tests and benches that need them quick.
//
//   store_writer append STORE WRITER BATCHES ROWS     appends batches, prints what it added
//   store_writer compact STORE STOP_FILE              compacts again and again until the file is
//   there
//
// Row r of batch b of writer w has the key (w * BATCHES + b) * ROWS + r. Every fifth text is one of
// 100 that all writers share; the others are like no other. A vector follows from its text, so that
// every row of the store can be computed again (text_sql(), vector_sql()).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "store/column_store.h"
#include "store/compact.h"

namespace {

using colvec::ColumnStore;
using colvec::Database;

constexpr std::size_t kDimension = 8;
const std::string kFingerprint(64, 'a');

int fail_with(const colvec::Error& error) {
  std::fprintf(stderr, "store_writer: %s\n", error.message.c_str());
  return static_cast<int>(colvec::exit_code(error.code));
}

// Of the key k.
std::string text_sql() {
  return "CASE WHEN k % 5 = 0 THEN 'shared text ' || hash(k) % 100 ELSE 'text of ' || k END";
}

// Of the column text_value.
std::string vector_sql() {
  return "list_transform(range(" + std::to_string(kDimension) +
         "), j -> (hash(text_value || '/' || j) % 2001 / 1000.0 - 1)::FLOAT)::FLOAT[]";
}

colvec::Status append_batch(ColumnStore& store, std::uint64_t first, std::uint64_t rows,
                            colvec::StoreAppended* appended) {
  const std::string range =
      "range(" + std::to_string(first) + ", " + std::to_string(first + rows) + ") r(k)";
  COLVEC_TRY(store.connection().execute(
      "CREATE OR REPLACE TEMP TABLE batch AS SELECT key, " + colvec::text_hash_sql("text_value") +
      " AS text_hash, text_value, " + vector_sql() +
      " AS embedding, NULL::INTEGER AS token_count, NULL::BOOLEAN AS truncated FROM (SELECT "
      "k::BIGINT AS key, " +
      text_sql() + " AS text_value FROM " + range + ")"));
  COLVEC_ASSIGN(*appended, store.append({.set = colvec::vector_set_of(kFingerprint, "f32"),
                                         .dimension = kDimension,
                                         .vectors = "batch",
                                         .keys = "(SELECT key, text_hash FROM batch)",
                                         .engine_version = "import"}));
  return {};
}

int append(const std::filesystem::path& folder, std::uint64_t writer, std::uint64_t batches,
           std::uint64_t rows) {
  auto database = Database::open({.memory_limit = "500MB", .temp_directory = "", .threads = 1});
  if (!database) return fail_with(database.error());
  auto store = ColumnStore::open_or_create(
      colvec::local_file_system(), *database, folder,
      {.key_columns = {{"key", "BIGINT"}}, .store_text = true, .plain_floats = false});
  if (!store) return fail_with(store.error());
  const auto model = (*store)->add_model(
      {.fingerprint = kFingerprint, .name = "test", .made_of = "", .dimension = kDimension});
  if (!model) return fail_with(model.error());
  std::uint64_t vectors = 0;
  std::uint64_t keys = 0;
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    colvec::StoreAppended appended;
    const auto done = append_batch(**store, (writer * batches + batch) * rows, rows, &appended);
    if (!done) return fail_with(done.error());
    vectors += appended.vectors.rows_added;
    keys += appended.keys.rows_added;
  }
  std::printf("{\"vectors\": %zu, \"keys\": %zu}\n", static_cast<std::size_t>(vectors),
              static_cast<std::size_t>(keys));
  return 0;
}

int compact_until(const std::filesystem::path& folder, const std::filesystem::path& stop) {
  auto database = Database::open({.memory_limit = "500MB", .temp_directory = "", .threads = 1});
  if (!database) return fail_with(database.error());
  std::uint64_t count = 0;
  while (!std::filesystem::exists(stop)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    // Opened anew each time, as a command would.
    auto store = ColumnStore::open(colvec::local_file_system(), *database, folder);
    if (!store && store.error().code == colvec::ErrorCode::kNotFound) continue;
    if (!store) return fail_with(store.error());
    const auto compacted = colvec::compact(**store);
    if (!compacted) return fail_with(compacted.error());
    if (compacted->files_after < compacted->files_before) ++count;
  }
  std::printf("{\"compactions\": %zu}\n", static_cast<std::size_t>(count));
  return 0;
}

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "append" && argc == 6)
    return append(argv[2], number(argv[3]), number(argv[4]), number(argv[5]));
  if (command == "compact" && argc == 4) return compact_until(argv[2], argv[3]);
  std::fprintf(stderr, "store_writer append STORE WRITER BATCHES ROWS | compact STORE STOP_FILE\n");
  return 2;
}
